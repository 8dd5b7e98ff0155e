"""How single values of a game are written."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cards.api.partner.serializers import PICTURE_TEXTS
from cards.rules.design import is_color
from cards.rules.images import read_picture
from games.rules.looks import COLORS, PICTURES
from games.selectors.looks import shown_branding
from loyalty.api.localized import LANGUAGES
from loyalty.files.images import Picture, PictureRefusedError

BIGINT = 2**63 - 1
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
# ISO 8601 knows more ways to write a day; taken for moments they would end at its start.
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}", re.ASCII)
_TEXT_SCHEMA = {
    "oneOf": [
        {"type": "string"},
        {
            "type": "object",
            "properties": {code: {"type": "string"} for code in LANGUAGES},
            "additionalProperties": False,
        },
    ]
}
web_address = URLValidator(schemes=["http", "https"])


@extend_schema_field(_TEXT_SCHEMA)
class TextField(serializers.Field):
    """A text for everybody, or `{"en": "…", "lt": "…"}` with one language or more; it is answered as it was written."""

    def __init__(self, *, max_length: int, min_length: int = 1, **kwargs: Any) -> None:
        self.most, self.least = max_length, min_length
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str | dict[str, str]:
        if isinstance(data, str):
            return self._checked(data)
        if not isinstance(data, Mapping):
            raise serializers.ValidationError(_("Must be a text, or an object with a text for each language."))
        texts: dict[str, str] = {}
        faults: dict[str, Any] = {}
        for code, text in data.items():
            try:
                if (checked := self._of_language(code, text)) is not None:
                    texts[code] = checked
            except serializers.ValidationError as error:
                faults[str(code)[:20]] = error.detail
        if faults:
            raise serializers.ValidationError(faults)
        if not texts:
            raise serializers.ValidationError(_("Give a text in at least one language."))
        return texts

    def _of_language(self, code: Any, text: Any) -> str | None:
        if code not in LANGUAGES:
            raise serializers.ValidationError(_("Unknown language."))
        if text is None:
            return None
        if not isinstance(text, str):
            raise serializers.ValidationError(_("Must be a text."))
        return self._checked(text)

    def _checked(self, text: str) -> str:
        text = text.strip()
        if not text:
            raise serializers.ValidationError(_("This field may not be blank."))
        if len(text) < self.least:
            raise serializers.ValidationError(_("Must be at least {least} characters.").format(least=self.least))
        if len(text) > self.most:
            raise serializers.ValidationError(_("Must be at most {most} characters.").format(most=self.most))
        return text

    def to_representation(self, value: Any) -> Any:
        return value


@extend_schema_field(
    {
        "oneOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}],
        "description": "A moment, in the partner's time zone where it names none; or a day of the partner.",
    }
)
class DayOrMomentField(serializers.Field):
    """A moment, or a day: its first second, or with `end_of_day` its last one."""

    def __init__(self, *, end_of_day: bool = False, **kwargs: Any) -> None:
        self.hour = time(23, 59, 59) if end_of_day else time.min
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> datetime:
        zone = ZoneInfo(self.context["view"].partner.time_zone)
        try:
            if not isinstance(data, str) or len(data) > 40:
                raise ValueError
            if _DAY.fullmatch(data):
                return datetime.combine(date.fromisoformat(data), self.hour, zone).astimezone(UTC)
            if not _MOMENT.match(data):
                raise ValueError
            moment = datetime.fromisoformat(data)
            return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            text = _("Must be a day such as 2026-11-23 or a moment such as 2026-11-23T21:00:00Z.")
            raise serializers.ValidationError(text) from error

    def to_representation(self, value: Any) -> Any:
        return value


class ColorField(serializers.CharField):
    """A hex color."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=9, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or not is_color(data):
            raise serializers.ValidationError(_("Must be a hex color such as #0055AA."))
        return data


class AddressField(serializers.CharField):
    """The address of a picture."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=500, validators=[web_address], **kwargs)


class IdsField(serializers.ListField):
    """Ids of other objects of the partner."""

    child = serializers.IntegerField(min_value=1, max_value=BIGINT)


class MoneyField(serializers.DecimalField):
    """An amount or a percentage, with at most two decimals; shown as a number."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=12, decimal_places=2, min_value=Decimal(0), coerce_to_string=False, **kwargs)


@extend_schema_field(
    {
        "type": "object",
        "properties": {
            **{
                key: {"type": "string", "description": "Write: data URI (PNG, JPEG, WebP; 256 KB)."} for key in PICTURES
            },
            **{f"{key}_url": {"type": "string", "readOnly": True, "nullable": True} for key in PICTURES},
            **{key: {"type": "string", "example": "#0055AA"} for key in COLORS},
        },
        "additionalProperties": False,
    }
)
class BrandingField(serializers.Field):
    """Colors and pictures. A change keeps the keys it does not name; null removes one."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, Mapping):
            raise serializers.ValidationError(_("Must be an object."))
        found, faults = {}, {}
        for key, value in data.items():
            if key in {f"{name}_url" for name in PICTURES}:
                continue  # as we answered it: nothing to store
            try:
                found[key] = _look(key, value)
            except serializers.ValidationError as error:
                faults[str(key)[:50]] = error.detail
        if faults:
            raise serializers.ValidationError(faults)
        return found

    def to_representation(self, value: Any) -> dict[str, Any]:
        return shown_branding(value)


def _look(key: str, value: Any) -> Any:
    if key not in {*PICTURES, *COLORS}:
        raise serializers.ValidationError(_("Unknown field."))
    if value is None:
        return None
    return picture_of(value) if key in PICTURES else ColorField().to_internal_value(value)


def picture_of(value: Any) -> Picture:
    """The picture of a data URI."""
    if not isinstance(value, str):
        raise serializers.ValidationError(PICTURE_TEXTS["not_a_data_uri"])
    try:
        return read_picture(value)
    except PictureRefusedError as error:
        raise serializers.ValidationError(PICTURE_TEXTS[error.reason]) from error
