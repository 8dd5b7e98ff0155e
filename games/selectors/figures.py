"""What games add to the figures and the export of those who play."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, Sum

from customers.models import Customer
from games.choices import CouponStatus, PlayStatus
from games.models import Coupon, Play, StampProgress
from loyalty.contributions import Subject

LIVE = (CouponStatus.ACTIVE, CouponStatus.PENDING)


def game_figures(*, customers: Sequence[Customer], at: datetime) -> dict[str, int]:
    """Coupons got and still good, and games finished: plays, and stamp cards filled."""
    mine = {
        "partner_id__in": {customer.partner_id for customer in customers},
        "customer__in": [customer.pk for customer in customers],
    }
    good = Q(status__in=LIVE) & (Q(expires_at=None) | Q(expires_at__gt=at))
    coupons = Coupon.objects.filter(**mine).aggregate(all=Count("pk"), good=Count("pk", filter=good))
    plays = Play.objects.filter(**mine, status=PlayStatus.COMPLETED).count()
    stamps = StampProgress.objects.filter(issued_card__customer__in=mine["customer__in"])
    rounds = stamps.aggregate(filled=Sum("rounds", default=0))["filled"]
    return {"total_coupons": coupons["all"], "active_coupons": coupons["good"], "completed_games": plays + rounds}


def export(subject: Subject) -> dict[str, Any]:
    """The subject's coupons, plays and stamp cards."""
    mine = {"partner_id__in": subject.customer_ids.keys(), "customer_id__in": subject.all_customer_ids}
    coupons = Coupon.objects.filter(**mine).order_by("pk")
    plays = Play.objects.filter(**mine).order_by("pk")
    stamps = StampProgress.objects.filter(issued_card__customer_id__in=subject.all_customer_ids).order_by("pk")
    return {
        "coupons": list(coupons.values("id", "partner_id", "code", "status", "issued_at", "redeemed_at", "expires_at")),
        "plays": list(plays.values("id", "partner_id", "game_id", "status", "score", "started_at", "completed_at")),
        "stamps": list(stamps.values("game_id", "issued_card_id", "current_step", "rounds", "started_at")),
    }
