"""The SMS API: `/{locale}/sms/…` with API credentials, and with the numbers that its documentation gives (contract 11).

Where the contract names a number, `code` is that number here, and the house's word stands beside it as `error_code`.
"""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from loyalty.api.schema import ErrorSerializer
from loyalty.errors import QuotaExceeded
from messaging.errors import SmsCredentialsInvalid, SmsRateExceeded
from partners.api.keys import KeyViewSet

NUMBERED = frozenset({1001, 1002, 1003, 2001, 2002})


@extend_schema_field({"oneOf": [{"type": "integer", "enum": sorted(NUMBERED)}, {"type": "string"}]})
class CodeField(serializers.Field):
    """A number of the SMS API, else the upper-snake code."""


class SmsErrorSerializer(ErrorSerializer):
    """As everywhere, with the SMS API's numbers."""

    code = CodeField()  # type: ignore[assignment]
    error_code = serializers.CharField(required=False, help_text="The upper-snake code, where `code` is a number.")


class SmsViewSet(KeyViewSet):
    """Unknown input is ignored, as at the till."""

    ignores_unknown_parameters = True
    unproven = SmsCredentialsInvalid

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, QuotaExceeded):
            exc = SmsRateExceeded(**exc.details)
        response = super().handle_exception(exc)
        return numbered(response)


def numbered(response: Response) -> Response:
    """A refusal with the number where there is one."""
    body: Any = response.data
    if isinstance(body, dict) and body.get("error_number") in NUMBERED:
        response.data = {**body, "code": body["error_number"], "error_code": body["code"]}
    return response
