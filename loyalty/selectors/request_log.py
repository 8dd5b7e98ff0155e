"""Reads of the failed calls of API keys."""

from django.db.models import QuerySet

from loyalty.api.pagination import Page
from loyalty.models import FailedCall


def failed_calls_of(*, partner_id: int) -> QuerySet[FailedCall]:
    """What was refused to the keys of one partner."""
    return FailedCall.objects.filter(partner_id=partner_id)


def list_failed_calls(*, partner_id: int, filtered: QuerySet[FailedCall], page: Page) -> tuple[list[FailedCall], int]:
    """A page of `filtered` calls of the partner's keys, the newest first, and how many there are."""
    rows = filtered.filter(partner_id=partner_id)
    return list(rows.order_by("-pk")[page.offset : page.offset + page.size]), rows.count()
