"""What issued cards hold, as of an instant: points that are over no longer count, even before they are posted so."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Min, Q, Sum

from ledger.models import PointsBalance, PointsLot

SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class PointsView:
    """Points of one card: `points` not expired, `available` can be spent now, `expiring_soon` within 30 days."""

    points: int = 0
    debt: int = 0
    available: int = 0
    expiring_soon: int = 0
    next_expiry_at: datetime | None = None
    earned: int = 0
    redeemed: int = 0
    expired: int = 0


def get_points_views(*, issued_card_ids: Iterable[int], at: datetime) -> dict[int, PointsView]:
    """The points of several cards, in two queries."""
    rows = list(PointsBalance.objects.filter(pk__in=list(issued_card_ids)))
    over = Q(expires_at__lte=at)
    lots = (
        PointsLot.objects.filter(issued_card_id__in=[row.pk for row in rows], remaining__gt=0)
        .filter(Q(expires_at__isnull=False) | Q(available_at__gt=at))
        .values("issued_card_id")
        .annotate(
            over=Sum("remaining", filter=over, default=0),
            held=Sum("remaining", filter=Q(available_at__gt=at) & ~over, default=0),
            soon=Sum("remaining", filter=Q(expires_at__gt=at, expires_at__lte=at + SOON), default=0),
            next=Min("expires_at", filter=Q(expires_at__gt=at)),
        )
    )
    by_card = {lot["issued_card_id"]: lot for lot in lots}
    return {row.pk: _view(row, by_card.get(row.pk)) for row in rows}


def _view(row: PointsBalance, lots: Mapping[str, Any] | None) -> PointsView:
    over = lots["over"] if lots else 0
    return PointsView(
        points=row.balance - over,
        debt=row.debt,
        available=row.balance - over - (lots["held"] if lots else 0),
        expiring_soon=lots["soon"] if lots else 0,
        next_expiry_at=lots["next"] if lots else None,
        earned=row.earned,
        redeemed=row.redeemed,
        expired=row.expired + over,
    )
