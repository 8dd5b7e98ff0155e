"""Instants that may be given as days of the partner."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
# ISO 8601 knows more ways to write a day; taken for instants they would end at its start.
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}", re.ASCII)
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


@extend_schema_field({"type": "string", "format": "date-time", "example": "2026-12-01"})
class MomentField(serializers.Field):
    """An instant. A day means its start in the partner's time zone, or (`ends=True`) the end of that whole day; a time
    without a zone is the partner's local time.
    """

    def __init__(self, *, ends: bool = False, **kwargs: Any) -> None:
        self.ends = ends
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> datetime:
        if not isinstance(data, str) or len(data) > 40:
            raise serializers.ValidationError(_("Must be a day such as 2026-12-31, or an instant."))
        zone = ZoneInfo(self.context["view"].partner.time_zone)
        text = data.strip()
        try:
            if _DAY.match(text):
                day = date.fromisoformat(text) + timedelta(days=1 if self.ends else 0)
                moment = datetime.combine(day, time.min, zone)
            elif _INSTANT.match(text):
                moment = datetime.fromisoformat(text)
                moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
            else:
                raise ValueError
            moment = moment.astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise serializers.ValidationError(_("Must be a day such as 2026-12-31, or an instant.")) from error
        if not EARLIEST <= moment <= LATEST:
            raise serializers.ValidationError(_("Must be between the years 2000 and 2200."))
        return moment

    def to_representation(self, value: datetime) -> datetime:
        return value


def first_day(moment: datetime | None, zone: str) -> date | None:
    """The local day on which something begins."""
    return None if moment is None else moment.astimezone(ZoneInfo(zone)).date()


def last_day(moment: datetime | None, zone: str) -> date | None:
    """The last local day of something that ends before this instant."""
    return None if moment is None else (moment - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date()
