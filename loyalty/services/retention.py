"""Forgetting what has served its time."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from loyalty.models import IdempotencyRecord, LoginSession

BATCH = 2000


def forget_expired(*, at: datetime) -> int:
    """Delete answers kept for repeats and log-in sessions that have expired; the number of rows. Safe to run twice."""
    return sum(
        _delete_in_batches(expired)
        for expired in (
            IdempotencyRecord.objects.filter(expires_at__lte=at),
            LoginSession.objects.filter(expires_at__lte=at),
        )
    )


def _delete_in_batches(rows: "QuerySet[Any]") -> int:
    """Short transactions, so that nobody waits long for a row that is about to go."""
    deleted = 0
    while keys := list(rows.values_list("pk", flat=True)[:BATCH]):
        deleted += rows.model._default_manager.filter(pk__in=keys).delete()[0]
    return deleted
