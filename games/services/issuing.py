"""Making coupons. Whoever calls holds the anchor lock of the issued card (decision 7)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import F

from cards.models import IssuedCard
from games.choices import LIVE_COUPON, CouponStatus
from games.events import CouponIssued
from games.models import Coupon, Game, Prize
from games.rules.codes import new_code
from games.rules.rewards import Reward
from games.rules.validity import expiry_of_coupon
from loyalty import events
from partners.models import Partner

TRIES = 5


@dataclass(frozen=True, slots=True)
class Issued:
    """The coupon, and whether it was made now or is the live one that the game allows only once."""

    coupon: Coupon
    is_new: bool


@transaction.atomic
def issue_coupon(
    *,
    partner: Partner,
    issued_card: IssuedCard,
    reward: Reward,
    title: Any,
    at: datetime,
    expires_at: datetime | None,
    game: Game | None = None,
    prize: Prize | None = None,
    earned_by_id: int | None = None,
    **sources: Any,
) -> Issued:
    """A coupon for the holder of a card. `sources` are further columns, for example what it was bought with.

    Where the game allows one live coupon a customer and there is one that is not over, that one is answered.
    """
    is_exclusive = game is not None and _allows_one(game)
    for _ in range(TRIES):
        if is_exclusive and (live := _live_coupon(game, issued_card, at)) is not None:
            return Issued(live, is_new=False)
        coupon = Coupon(
            partner=partner,
            code=new_code(),
            title=title,
            customer_id=issued_card.customer_id,
            issued_card=issued_card,
            game=game,
            prize=prize,
            earned_by_id=earned_by_id,
            is_exclusive=is_exclusive,
            issued_at=at,
            expires_at=expires_at,
            **reward.columns(),
            **sources,
        )
        if _saved(coupon):
            events.publish(CouponIssued(coupon.pk, partner.pk, coupon.customer_id, at))
            return Issued(coupon, is_new=True)
    raise RuntimeError("no free coupon code in several draws of 59 bits")


def issue_game_coupon(
    *,
    partner: Partner,
    game: Game,
    issued_card: IssuedCard,
    reward: Reward,
    at: datetime,
    prize: Prize | None = None,
    earned_by_id: int | None = None,
) -> Issued:
    """The coupon of a won game, valid as long as the game, or else the card programme, says."""
    expires_at = expiry_of_coupon(
        mode=game.coupon_validity,
        days=game.coupon_validity_days,
        stamp_days=game.stamp_expiration_days,
        card_days=issued_card.card.default_coupon_validity_days,
        at=at,
    )
    return issue_coupon(
        partner=partner,
        issued_card=issued_card,
        reward=reward,
        title=game.reward_description if prize is None else prize.name,
        at=at,
        expires_at=expires_at,
        game=game,
        prize=prize,
        earned_by_id=earned_by_id,
    )


def _allows_one(game: Game) -> bool:
    """Whether a customer may hold one live coupon only: as it is now, not as it was when the game was read.

    The share of the row makes a change of it wait until our coupon can be counted; it hinders no other coupon.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT allow_multiple_active_coupons FROM games_game WHERE id = %s FOR KEY SHARE",
            [game.pk],
        )
        return not cursor.fetchone()[0]


def _live_coupon(game: Game | None, issued_card: IssuedCard, at: datetime) -> Coupon | None:
    held = Coupon.objects.filter(game=game, customer_id=issued_card.customer_id, status__in=LIVE_COUPON)
    # The hourly job may not have said so yet, and the unique index knows no clock.
    held.filter(expires_at__lte=at).update(
        status=CouponStatus.EXPIRED, pending_at=None, pending_shop=None, ended_at=F("expires_at")
    )
    return held.order_by("pk").first()


def _saved(coupon: Coupon) -> bool:
    """Whether it could be inserted: the code may be taken, or another card of the customer won in the same moment."""
    try:
        with transaction.atomic():
            coupon.save(force_insert=True)
    except IntegrityError as error:
        broken = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        if broken in {"coupon_code_unique", "coupon_one_live_per_game"}:
            return False
        raise
    return True
