"""How failed calls of API keys are asked for and shown, to the partner and to the platform."""

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from loyalty.api import envelope
from loyalty.api.filters import HouseFilterSet, NumberFilter, TextFilter
from loyalty.api.pagination import Page
from loyalty.models import FailedCall
from loyalty.selectors.request_log import failed_calls_of, list_failed_calls
from partners.models import Partner
from partners.selectors.credentials import credentials_by_id, find_credential_id

EXAMPLE: dict[str, Any] = {
    "id": 5120,
    "at": "2026-11-02T09:14:05Z",
    "key": "lty_7Yb2QmT0sVx4KpR9cWdE1f",
    "key_name": "Till 3",
    "method": "POST",
    "path": "/lt/shop/transactions/create",
    "parameters": [],
    "status": 422,
    "code": "VALIDATION_ERROR",
    "fields": ["order_total"],
    "request_id": "7b0e2d4c-9a51-4d0e-8a53-6d1f1c0c2f11",
}


class FailedCallFilters(HouseFilterSet):
    """Filters of failed calls; `context` holds `partner`."""

    key = TextFilter(method="of_key", max_length=64, help_text="One API key, by its public part.")
    status = NumberFilter(field_name="status", min_value=400, max_value=599, help_text="One HTTP status.")
    code = TextFilter(field_name="code", max_length=60, help_text="One error code.")

    def of_key(self, rows: Any, _name: str, key: str) -> Any:
        return rows.filter(credential_id=find_credential_id(partner=self.context["partner"], key=key))


class FailedCallAnswer(serializers.Serializer):
    """A refused call: where it went and what was wrong, nothing of what was sent."""

    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    key = serializers.CharField()
    key_name = serializers.CharField()
    method = serializers.CharField()
    path = serializers.CharField(help_text="Without the query; codes in it are replaced by their names.")
    parameters = serializers.ListField(child=serializers.CharField(), help_text="Names, never values.")
    status = serializers.IntegerField()
    code = serializers.CharField()
    fields = serializers.ListField(child=serializers.CharField())  # type: ignore[assignment]  # the name on the wire
    request_id = serializers.CharField()


def answer_failed_calls(*, partner: Partner, query: Any, page: Page) -> Response:
    """A page of the partner's failed calls."""
    filters = FailedCallFilters(query, failed_calls_of(partner_id=partner.pk), partner=partner)
    rows, total = list_failed_calls(partner_id=partner.pk, filtered=filters.narrowed, page=page)
    return envelope.ok(_shown(partner, rows), meta=page.meta(total))


def _shown(partner: Partner, rows: Sequence[FailedCall]) -> list[dict[str, Any]]:
    keys = credentials_by_id(partner=partner, ids=[row.credential_id for row in rows])
    return [
        {
            "id": row.pk,
            "at": serializers.DateTimeField().to_representation(row.at),
            "key": keys[row.credential_id].key,
            "key_name": keys[row.credential_id].name,
            "method": row.method,
            "path": row.path,
            "parameters": row.parameters,
            "status": row.status,
            "code": row.code,
            "fields": row.fields,
            "request_id": row.request_id,
        }
        for row in rows
    ]
