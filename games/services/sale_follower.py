"""What games have to do with a sale, in its transaction: the coupon it uses, the stamps it gives (decision 31).

A forgotten receipt gives its stamps when it is attached to a customer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from django.db.models import Q
from django.utils.translation import gettext as _

from cards.choices import IssuedCardStatus
from cards.models import IssuedCard
from games.choices import AutoStamp, GameType
from games.models import Coupon, Game, GameProduct
from games.selectors.coupons import find_coupon
from games.selectors.shop_games import are_sales_stamped, played_at
from games.services.coupons import Redemption, use_coupon
from games.services.stamping import StampCause, put_stamps
from ledger.errors import WrongCouponCode
from ledger.models import Transaction
from ledger.selectors.receipts import SaleReceipt
from ledger.services.locks import lock_cards
from ledger.services.reported import Caller, Sale
from loyalty.errors import ValidationFailed
from loyalty.services.audit import Actor
from partners.models import Partner

MOST_STAMPS = 100


class GamesFollower:
    """Registered with the ledger once."""

    def before_sale(self, *, partner: Partner, sale: Sale) -> None:
        """Lock what the coupon's holder holds. Raises WrongCouponCode, ValidationFailed (somebody else's coupon)."""
        if sale.coupon_code is None:
            return
        coupon = _coupon(partner, sale.coupon_code)
        if coupon.customer_id is None:
            return
        if sale.who.customer_id not in {None, coupon.customer_id}:
            raise ValidationFailed(errors={"coupon_code": [_("This coupon belongs to another customer.")]})
        cards = IssuedCard.objects.filter(partner=partner, customer_id=coupon.customer_id)
        lock_cards(issued_card_ids=cards.values_list("pk", flat=True))

    def after_sale(self, *, caller: Caller, partner: Partner, sale: Sale, receipt: SaleReceipt, at: datetime) -> None:
        """Use the coupon, and give the stamps."""
        if sale.coupon_code is not None:
            _use_coupon(caller, partner, sale, receipt, at)
        if receipt.loyalty_card_id is not None:
            bought = Bought(receipt.transaction_id, receipt.loyalty_card_id, sale.shop_id, sale.lines, at)
            stamp_purchase(actor=caller.actor, partner=partner, bought=bought, at=at)

    def after_attach(self, *, actor: Actor, partner: Partner, sale: Transaction, at: datetime) -> None:
        """Give the stamps of a forgotten receipt."""
        if sale.issued_card_id is not None:
            lines = tuple(sale.lines.all())
            bought = Bought(sale.pk, sale.issued_card_id, sale.shop_id, lines, sale.recorded_at)
            stamp_purchase(actor=actor, partner=partner, bought=bought, at=at)


class Line(Protocol):
    """What stamps look at in a line of a cart, reported or recorded."""

    @property
    def product_id(self) -> str: ...
    @property
    def sku(self) -> str: ...
    @property
    def quantity(self) -> Decimal: ...


@dataclass(frozen=True, slots=True)
class Bought:
    """A purchase as stamps see it; the games that ran when it was recorded count."""

    transaction_id: int
    issued_card_id: int
    shop_id: int | None
    lines: Sequence[Line]
    recorded_at: datetime


def stamp_purchase(*, actor: Actor, partner: Partner, bought: Bought, at: datetime) -> int:
    """Give the stamps that a purchase earns by itself, once; says how many. The caller has locked the card."""
    if not are_sales_stamped(partner=partner):
        return 0
    card = IssuedCard.objects.select_related("card", "customer").get(pk=bought.issued_card_id, partner=partner)
    if card.status != IssuedCardStatus.ACTIVE:
        return 0
    given = 0
    for game in _games(partner, bought):
        count = _stamps_of(game, bought.lines)
        if count and game.stamps_required:
            cause = StampCause(
                actor,
                at,
                shop_id=bought.shop_id,
                transaction_id=bought.transaction_id,
                business_key=f"sale:{bought.transaction_id}",
            )
            put_stamps(
                partner=partner, game=game, issued_card=card, required=game.stamps_required, count=count, cause=cause
            )
            given += count
    return given


def _games(partner: Partner, bought: Bought) -> list[Game]:
    then = bought.recorded_at
    games = Game.objects.filter(partner=partner, game_type=GameType.STAMPS, is_active=True, deleted_at=None)
    games = games.exclude(auto_stamp=AutoStamp.NONE).filter(created_at__lte=then)
    games = games.filter(Q(starts_at=None) | Q(starts_at__lte=then), Q(ends_at=None) | Q(ends_at__gt=then))
    # A sale that names no shop counts only where every shop does.
    return list(played_at(games, bought.shop_id or 0).order_by("pk"))


def _stamps_of(game: Game, lines: Sequence[Line]) -> int:
    if game.auto_stamp == AutoStamp.PER_PURCHASE:
        return 1
    links = GameProduct.objects.filter(game=game).select_related("product")
    names = {name for link in links for name in (link.product.external_id, link.product.sku) if name}
    bought = [line for line in lines if not names or not names.isdisjoint({line.product_id, line.sku} - {""})]
    pieces = sum((line.quantity for line in bought), Decimal(0))
    return min(int(pieces), MOST_STAMPS)


def _use_coupon(caller: Caller, partner: Partner, sale: Sale, receipt: SaleReceipt, at: datetime) -> None:
    row = Transaction.objects.get(pk=receipt.transaction_id, partner=partner)
    use_coupon(
        actor=caller.actor,
        partner=partner,
        coupon=_coupon(partner, sale.coupon_code or ""),
        redemption=Redemption(shop_id=sale.shop_id, card_id=receipt.loyalty_card_id),
        sale=row,
        at=at,
    )


def _coupon(partner: Partner, code: str) -> Coupon:
    coupon = find_coupon(partner=partner, code=code)
    if coupon is None:
        raise WrongCouponCode(errors={"coupon_code": [_("There is no such coupon.")]})
    return coupon
