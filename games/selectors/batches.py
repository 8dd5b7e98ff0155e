"""Reading batches of coupon codes."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from games.choices import LIVE_COUPON, CouponStatus
from games.models import Coupon, CouponBatch
from games.selectors.coupons import status_of
from loyalty.errors import ResourceNotFound
from partners.models import Partner

FETCHED_AT_ONCE = 2_000
# A job that has made no progress for so long is taken up again.
PATIENCE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class BatchCounts:
    """What became of the codes of a batch."""

    active: int
    redeemed: int
    expired: int
    cancelled: int


def list_batches(*, partner: Partner) -> QuerySet[CouponBatch]:
    """The newest first, with their shops."""
    return CouponBatch.objects.filter(partner=partner).prefetch_related("shops").order_by("-pk")


def get_batch(*, partner: Partner, batch_id: int) -> CouponBatch:
    """Raises ResourceNotFound."""
    batch = list_batches(partner=partner).filter(pk=batch_id).first()
    if batch is None:
        raise ResourceNotFound(errors={"id": [_("There is no such batch of coupons.")]})
    return batch


def count_batch(*, batch: CouponBatch, at: datetime) -> BatchCounts:
    """In one query."""
    over, live = Q(expires_at__isnull=False, expires_at__lte=at), Q(status__in=LIVE_COUPON)
    counts = Coupon.objects.filter(partner_id=batch.partner_id, batch=batch).aggregate(
        active=Count("pk", filter=live & ~over),
        redeemed=Count("pk", filter=Q(status=CouponStatus.REDEEMED)),
        expired=Count("pk", filter=Q(status=CouponStatus.EXPIRED) | (live & over)),
        cancelled=Count("pk", filter=Q(status=CouponStatus.CANCELLED)),
    )
    return BatchCounts(**counts)


@dataclass(frozen=True, slots=True)
class BatchCode:
    """One line of the file of codes."""

    code: str
    qr_value: uuid.UUID
    status: str
    expires_at: datetime | None
    redeemed_at: datetime | None
    redeemed_shop_id: int | None


def iterate_codes(*, batch: CouponBatch, at: datetime) -> Iterator[BatchCode]:
    """Every code of a batch in the order it was made: a cursor in the server, so that memory does not grow with it."""
    fields = ("code", "qr_value", "status", "expires_at", "redeemed_at", "redeemed_shop_id")
    coupons = Coupon.objects.filter(partner_id=batch.partner_id, batch=batch).order_by("pk").only(*fields)
    for coupon in coupons.iterator(chunk_size=FETCHED_AT_ONCE):
        yield BatchCode(
            coupon.code,
            coupon.qr_value,
            status_of(coupon, at),
            coupon.expires_at,
            coupon.redeemed_at,
            coupon.redeemed_shop_id,
        )


def list_unfinished_batch_ids_across_partners(*, at: datetime) -> list[int]:
    """Batches that somebody should go on with."""
    waiting = CouponBatch.objects.filter(completed_at=None, created_at__lte=at - PATIENCE)
    return list(waiting.order_by("pk").values_list("pk", flat=True))
