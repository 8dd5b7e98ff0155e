"""Forgetting what has served its time."""

from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db.models import Q, QuerySet

from loyalty.contributions import Subject
from loyalty.models import FailedCall, IdempotencyRecord, LoginSession
from loyalty.services.audit import Actor

BATCH = 2000
FAILED_CALLS = timedelta(days=30)


def forget_expired(*, at: datetime) -> int:
    """Delete answers kept for repeats, log-in sessions that have expired and failed calls that are long past; the
    number of rows. Safe to run twice."""
    return sum(
        _delete_in_batches(expired)
        for expired in (
            IdempotencyRecord.objects.filter(expires_at__lte=at),
            LoginSession.objects.filter(expires_at__lte=at),
            FailedCall.objects.filter(at__lte=at - FAILED_CALLS),
        )
    )


def forget_answers(subject: Subject, *, actor: Actor, at: datetime) -> int:
    """Delete answers kept for repeats that show the subject, before their three days are over."""
    shows = Q(pk=None)
    for address in subject.addresses:
        # As a whole value: another's address may end like this one.
        shows |= Q(body__contains=orjson.dumps(address).decode())
    if subject.person_id is not None:
        mine = f"person:{subject.person_id}"
        shows |= Q(scope__startswith=f"{mine} ") | Q(scope__startswith=f"{mine}@")
    return IdempotencyRecord.objects.filter(shows).delete()[0]


def export_answers(subject: Subject) -> dict[str, Any]:
    """Nothing: kept answers only repeat for three days what others hand out."""
    return {}


def _delete_in_batches(rows: "QuerySet[Any]") -> int:
    """Short transactions, so that nobody waits long for a row that is about to go."""
    deleted = 0
    while keys := list(rows.values_list("pk", flat=True)[:BATCH]):
        deleted += rows.model._default_manager.filter(pk__in=keys).delete()[0]
    return deleted
