"""Points that a coupon is worth, credited when it is used."""

from datetime import datetime

from django.utils.translation import gettext as _

from cards.models import IssuedCard
from games.choices import RewardType
from games.models import Coupon
from games.services.playable import get_working_card
from ledger.choices import EntryKind
from ledger.models import Transaction
from ledger.services.enrolment import rules_of
from ledger.services.points import Cause, post_points
from loyalty.errors import ValidationFailed
from loyalty.services.audit import Actor
from partners.models import Partner


def points_card_ids(*, coupon: Coupon, sale: Transaction | None, card_id: int | None) -> list[int]:
    """The cards that a use may credit, to be locked before the coupon."""
    if coupon.reward_type != RewardType.POINTS or coupon.issued_card_id is not None:
        return []
    return [one for one in (sale.issued_card_id if sale is not None else None, card_id) if one is not None]


def credit_coupon_points(
    *,
    actor: Actor,
    partner: Partner,
    coupon: Coupon,
    sale: Transaction | None,
    card_id: int | None,
    at: datetime,
) -> int:
    """Credit them to the coupon's card, or where nobody owns it to the purchase's or the named one; says how many.

    The caller's transaction holds the coupon. Raises ValidationFailed where there is no card, CardBlocked.
    """
    if coupon.reward_type != RewardType.POINTS or not coupon.reward_points:
        return 0
    card = _card_of(partner, coupon, sale, card_id)
    post_points(
        issued_card_id=card.pk,
        points=coupon.reward_points,
        cause=Cause(
            EntryKind.BONUS,
            f"coupon:{coupon.pk}",
            actor,
            occurred_at=at,
        ),
        at=at,
        expires_at=rules_of(card.card).expiry_of(at),
    )
    return coupon.reward_points


def _card_of(partner: Partner, coupon: Coupon, sale: Transaction | None, card_id: int | None) -> IssuedCard:
    wanted = coupon.issued_card_id or (sale.issued_card_id if sale is not None else None) or card_id
    if wanted is None:
        raise ValidationFailed(errors={"card_id": [_("Name the card that the points are credited to.")]})
    return get_working_card(partner=partner, card_id=wanted)
