"""Forgetting deliveries and events that have served their time."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from loyalty.models import OutboxEvent
from messaging.choices import DeliveryError, DeliveryState
from messaging.models import Delivery
from messaging.models.delivery import OPEN_DELIVERY

KEEP = timedelta(days=30)
BATCH = 2_000


def forget_deliveries(*, at: datetime, keep: timedelta = KEEP) -> int:
    """Give up deliveries that waited for `keep` (of a paused endpoint), delete those done for as long, then events that
    no delivery needs any more; how many rows were deleted. In short transactions; safe to run twice.
    """
    end = at - keep
    waiting = Delivery.objects.filter(state__in=OPEN_DELIVERY, created_at__lt=end, due_at__lt=end)
    waiting.update(state=DeliveryState.FAILED, error=DeliveryError.EXPIRED, finished_at=at)
    needed = Exists(Delivery.objects.filter(event=OuterRef("pk")))
    old = Q(recorded_at__lt=end) & ~Q(relayed_at=None)
    return _delete(Delivery.objects.filter(finished_at__lt=end)) + _delete(OutboxEvent.objects.filter(old, ~needed))


def _delete(rows: "QuerySet[Any]") -> int:
    deleted = 0
    while keys := list(rows.values_list("pk", flat=True)[:BATCH]):
        deleted += rows.model._default_manager.filter(pk__in=keys).delete()[0]
    return deleted
