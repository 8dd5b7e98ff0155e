"""Values of commission on the wire."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from commissions.models.keys import MONTH

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?)?\Z", re.ASCII)


@extend_schema_field({"type": "string", "example": "2026-07-01"})
class ClockField(serializers.Field):
    """A day, or a day with a time, on the partner's own clock: `2026-07-01`, `2026-07-01T14:30:00`."""

    default_error_messages = {"invalid": _("Must be a day such as 2026-07-01, or 2026-07-01T14:30:00.")}

    def to_internal_value(self, data: Any) -> datetime:
        if not isinstance(data, str) or not _MOMENT.match(data):
            self.fail("invalid")
        try:
            return datetime.fromisoformat(data)
        except ValueError:
            self.fail("invalid")
        raise AssertionError  # fail() raises

    def to_representation(self, value: datetime) -> str:
        return shown_moment(value)


def shown_moment(value: datetime) -> str:
    """A day alone where it is midnight."""
    is_midnight = value.time() == datetime.min.time()
    return value.date().isoformat() if is_midnight else value.isoformat()


class PlainDecimalField(serializers.DecimalField):
    """A number without the zeros that a column adds: 4, not 4.0000."""

    def to_representation(self, value: Any) -> Any:
        return None if value is None else plain(Decimal(value))


def plain(value: Decimal) -> Decimal:
    """2.9000 as 2.9, 100 as 100."""
    return Decimal(format(value.normalize(), "f"))


class MonthField(serializers.RegexField):
    """`YYYY-MM`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            MONTH, max_length=7, error_messages={"invalid": _("Must be a month such as 2026-07.")}, **options
        )
