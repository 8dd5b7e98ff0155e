"""Finding issued cards with what they hold."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import BooleanField, Count, ExpressionWrapper, Max, Q, QuerySet
from django.utils.translation import gettext as _

from cards.choices import IssuedCardStatus
from cards.errors import CardBlocked, LoyaltyCardNotFound
from cards.models import IssuedCard, RetiredCardNumber
from ledger.models import Transaction
from ledger.selectors.balances import PointsView, get_points_views
from ledger.selectors.sale import CustomerReference
from partners.models import Partner

_runs = ExpressionWrapper(Q(card__is_active=True, card__deleted_at=None), BooleanField())
_works = ExpressionWrapper(Q(status=IssuedCardStatus.ACTIVE), BooleanField())


@dataclass(frozen=True, slots=True)
class CardView:
    """An issued card with its points and how often it was used."""

    issued: IssuedCard
    points: PointsView
    transactions_count: int
    last_used_at: datetime | None


def list_issued_cards(*, partner: Partner, who: CustomerReference) -> QuerySet[IssuedCard]:
    """The partner's issued cards that match all that is given, the oldest first."""
    cards = IssuedCard.objects.filter(partner=partner).select_related("card", "customer", "partner")
    if who.issued_card_id is not None:
        cards = cards.filter(pk=who.issued_card_id)
    if who.customer_id is not None:
        cards = cards.filter(customer_id=who.customer_id)
    if who.email is not None:
        cards = cards.filter(customer__email__iexact=who.email)
    if who.card is not None:
        cards = cards.filter(Q(qr_value=who.card) if len(who.card) == 32 else Q(number=who.card))
    return cards.order_by("pk")


def get_card_view(*, partner: Partner, who: CustomerReference, at: datetime) -> CardView:
    """The one card that is meant, of several the one a sale would use.

    Raises LoyaltyCardNotFound, or CardBlocked for a number that was replaced.
    """
    view = find_card_view(partner=partner, who=who, at=at)
    if view is None:
        if who.card is not None and _is_retired(partner, who.card):
            raise CardBlocked
        raise LoyaltyCardNotFound(errors={_field(who): [_("There is no such card.")]})
    return view


def find_card_view(*, partner: Partner, who: CustomerReference, at: datetime) -> CardView | None:
    """The one card that is meant, or None."""
    issued = list_issued_cards(partner=partner, who=who).order_by(_runs.desc(), _works.desc(), "pk").first()
    return None if issued is None else with_points([issued], at=at)[0]


def with_points(cards: list[IssuedCard], *, at: datetime) -> list[CardView]:
    """Cards with their points and use, in three queries however many there are."""
    ids = [card.pk for card in cards]
    points = get_points_views(issued_card_ids=ids, at=at)
    customers = [card.customer_id for card in cards]
    rows = (
        Transaction.objects.filter(customer_id__in=customers, issued_card_id__in=ids)
        .values("issued_card_id")
        .annotate(count=Count("pk"), last=Max("occurred_at"))
    )
    used = {row["issued_card_id"]: row for row in rows}
    return [
        CardView(
            card,
            points.get(card.pk, PointsView()),
            used[card.pk]["count"] if card.pk in used else 0,
            used[card.pk]["last"] if card.pk in used else None,
        )
        for card in cards
    ]


def _is_retired(partner: Partner, card: str) -> bool:
    column = "qr_value" if len(card) == 32 else "number"
    return RetiredCardNumber.objects.filter(partner=partner, **{column: card}).exists()


def _field(who: CustomerReference) -> str:
    if who.issued_card_id is not None:
        return "card_id"
    if who.card is not None:
        return "card_number"
    return "user_id" if who.customer_id is not None else "user_email"
