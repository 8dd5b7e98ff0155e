"""Whether a card may collect or play here and now: the refusals that stamps and games have in common."""

from datetime import datetime

from django.db.models import Count, Sum
from django.utils.translation import gettext as _

from cards.choices import IssuedCardStatus
from cards.errors import CardBlocked
from cards.models import IssuedCard
from games.choices import GameType
from games.errors import (
    GameEnded,
    GameHasNoStamps,
    GameInactive,
    GameNotAtShop,
    GameNotStarted,
    OperationNotAllowed,
)
from games.models import Game, GameShop
from ledger.choices import TransactionType
from ledger.models import Transaction
from loyalty.errors import ResourceNotFound, ValidationFailed
from partners.models import Partner


def check_running(*, game: Game, shop_id: int | None, at: datetime) -> None:
    """Raises GameInactive, GameNotStarted, GameEnded, or GameNotAtShop."""
    if not game.is_active:
        raise GameInactive
    if game.starts_at is not None and at < game.starts_at:
        raise GameNotStarted
    if game.ends_at is not None and at >= game.ends_at:
        raise GameEnded
    check_place(game=game, shop_id=shop_id)


def check_place(*, game: Game, shop_id: int | None) -> None:
    """Raises GameNotAtShop where the game names shops and this is none of them."""
    if shop_id is None:
        return
    places = set(GameShop.objects.filter(game=game).values_list("shop_id", flat=True))
    if places and shop_id not in places:
        raise GameNotAtShop


def check_stamp_card(game: Game) -> int:
    """How many stamps fill it. Raises GameHasNoStamps."""
    if game.game_type != GameType.STAMPS or game.stamps_required is None:
        raise GameHasNoStamps
    return game.stamps_required


def get_working_card(*, partner: Partner, card_id: int) -> IssuedCard:
    """A card that may collect. One that is absent is refused like one that is blocked (contract 6)."""
    card = IssuedCard.objects.filter(partner=partner, pk=card_id).select_related("card", "customer").first()
    if card is None or card.status != IssuedCardStatus.ACTIVE:
        raise CardBlocked
    return card


def get_purchase(*, partner: Partner, order_id: str) -> Transaction:
    """The purchase that a till names by its own order. Raises ResourceNotFound."""
    purchases = Transaction.objects.filter(partner=partner, order_id=order_id, type=TransactionType.PURCHASE)
    found = purchases.first()
    if found is None:
        raise ResourceNotFound(errors={"order_id": [_("There is no purchase with this order id.")]})
    return found


def check_purchase_stands(purchase: Transaction) -> None:
    """Raises OperationNotAllowed for one that was cancelled, or refunded as a whole: nothing would undo what it gives.

    A refund holds the anchor of the purchase's card; whoever holds it too is told for good.
    """
    undone = purchase.reversals.aggregate(parts=Count("pk"), total=Sum("order_total"))
    if undone["parts"] and undone["total"] >= purchase.order_total:
        raise OperationNotAllowed(reason=_("this purchase was cancelled."))


def get_purchase_of_card(*, partner: Partner, order_id: str, issued_card: IssuedCard) -> Transaction:
    """The same, which must have been made with this card."""
    found = get_purchase(partner=partner, order_id=order_id)
    if found.issued_card_id != issued_card.pk:
        raise ValidationFailed(errors={"order_id": [_("This order was not made with this card.")]})
    return found
