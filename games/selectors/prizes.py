"""What can still be won, and by whom."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Q

from games.choices import RewardType
from games.models import Coupon, Game, Play, Prize
from games.selectors.coupons import of_status

STOCK, CUSTOMER, DAY, COUPON, WITHDRAWN = "stock", "per_customer", "per_day", "live_coupon", "withdrawn"


@dataclass(frozen=True, slots=True)
class Offered:
    """The odds of a play about to start, and why other prizes are not among them."""

    odds: list[dict[str, Any]]
    missing: dict[int, str]


def offered_prizes(*, game: Game, customer_id: int, local_on: date, at: datetime) -> Offered:
    """The game's prizes that this customer can win on this day, each with its weight, in their order on the wheel."""
    prizes = list(Prize.objects.filter(game=game, is_active=True, weight__gt=0).order_by("position", "pk"))
    counts = _counts(prizes, customer_id, local_on)
    has_coupon = has_exclusive_coupon(game=game, customer_id=customer_id, at=at)
    missing = {prize.pk: why for prize in prizes if (why := _why_not(prize, counts, has_coupon=has_coupon))}
    odds = [
        {"key": str(prize.pk), "name": prize.name, "weight": prize.weight}
        for prize in prizes
        if prize.pk not in missing
    ]
    return Offered(odds, missing)


def has_exclusive_coupon(*, game: Game, customer_id: int, at: datetime) -> bool:
    """Whether the customer holds the one unused coupon that the game allows."""
    if game.allow_multiple_active_coupons:
        return False
    held = Coupon.objects.filter(game=game, customer_id=customer_id)
    return of_status(held, "active", at).exists()


def limit_reached(*, prize: Prize, customer_id: int, local_on: date) -> str:
    """Which limit of a prize this customer or this day has used up, or nothing. The caller has locked the prize."""
    count = _counts([prize], customer_id, local_on).get(prize.pk, (0, 0))
    return _limit(prize, *count)


def _counts(prizes: list[Prize], customer_id: int, local_on: date) -> dict[int, tuple[int, int]]:
    """By prize: how often the customer won it, and how often it was won that day."""
    limited = [prize.pk for prize in prizes if prize.per_customer is not None or prize.per_day is not None]
    if not limited:
        return {}
    rows = (
        Play.objects.filter(prize__in=limited)
        .filter(Q(customer_id=customer_id) | Q(local_on=local_on))
        .values("prize_id")
        .annotate(
            by_customer=Count("pk", filter=Q(customer_id=customer_id)), by_day=Count("pk", filter=Q(local_on=local_on))
        )
        .order_by("prize_id")
    )
    return {row["prize_id"]: (row["by_customer"], row["by_day"]) for row in rows}


def _why_not(prize: Prize, counts: dict[int, tuple[int, int]], *, has_coupon: bool) -> str:
    if prize.stock is not None and prize.awarded >= prize.stock:
        return STOCK
    if has_coupon and prize.reward_type not in {RewardType.POINTS, RewardType.NONE}:
        return COUPON
    return _limit(prize, *counts.get(prize.pk, (0, 0)))


def _limit(prize: Prize, by_customer: int, by_day: int) -> str:
    if prize.per_customer is not None and by_customer >= prize.per_customer:
        return CUSTOMER
    return DAY if prize.per_day is not None and by_day >= prize.per_day else ""
