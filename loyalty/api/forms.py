"""Reading the fields of a JSON body by hand, for the few calls where a serializer costs too much.

A `Reader` collects every complaint and raises them together, so that a till's programmer sees all at once.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from loyalty.errors import ValidationFailed

CENT = Decimal("0.01")
FLOAT_NOISE = Decimal("1e-9")
BIGINT = 2**63 - 1
MOST_DIGITS = 19
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,20})?\Z", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Reader:
    """Reads typed fields of one JSON object; null counts as absent. `finish()` raises what was wrong."""

    def __init__(self, data: Mapping[str, Any], prefix: str = "") -> None:
        self.data = data
        self.prefix = prefix
        self.errors: dict[str, list[str]] = {}

    def refuse(self, name: str, text: str) -> None:
        self.errors.setdefault(self.prefix + name, []).append(text)

    def finish(self) -> None:
        if self.errors:
            raise ValidationFailed(errors=self.errors)

    def value(self, *names: str) -> tuple[str, Any]:
        """The first of several spellings that is there."""
        for name in names:
            found = self.data.get(name)
            if found is not None:
                return name, found
        return names[0], None

    def text(self, *names: str, most: int, required: bool = False) -> str | None:
        name, value = self.value(*names)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if value is None or value == "":
            if required:
                self.refuse(name, _("This field is required."))
            return None
        if not isinstance(value, str):
            self.refuse(name, _("Must be a text."))
            return None
        value = value.strip()
        if _CONTROL.search(value):
            self.refuse(name, _("Must not contain control characters."))
        if len(value) > most:
            self.refuse(name, _("Must have at most {most} characters.").format(most=most))
        if required and not value:
            self.refuse(name, _("This field is required."))
        return value or None

    def integer(self, *names: str, least: int = 0, most: int = BIGINT) -> int | None:
        name, value = self.value(*names)
        if value is None:
            return None
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 19:
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            self.refuse(name, _("Must be a whole number."))
            return None
        if not least <= value <= most:
            self.refuse(name, _("Must be between {least} and {most}.").format(least=least, most=most))
            return None
        return value

    def identifier(self, *names: str) -> int | None:
        """An id of ours. One that is too large to exist is -1, which nothing has: a 404, not a complaint."""
        name, value = self.value(*names)
        if isinstance(value, str) and len(value) >= MOST_DIGITS and value.isascii() and value.isdigit():
            value = int(value[: MOST_DIGITS + 1])
        if isinstance(value, int) and not isinstance(value, bool) and value > BIGINT:
            return -1
        return self.integer(name, least=-1)

    def number(self, *names: str, least: Decimal, most: Decimal) -> Decimal | None:
        name, value = self.value(*names)
        if value is None:
            return None
        if isinstance(value, str) and _NUMBER.match(value):
            value = Decimal(value)
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            self.refuse(name, _("Must be a number."))
            return None
        if not least <= value <= most:
            self.refuse(name, _("Must be between {least} and {most}.").format(least=least, most=most))
            return None
        return Decimal(value)

    def money(self, *names: str, most: Decimal) -> Decimal | None:
        """An amount to the cent; the noise of binary floats (0.1 + 0.2) is rounded off, a third decimal refused."""
        name, _value = self.value(*names)
        amount = self.number(*names, least=Decimal(0), most=most)
        if amount is None:
            return None
        rounded = amount.quantize(CENT, ROUND_HALF_UP)
        if abs(rounded - amount) > FLOAT_NOISE:
            self.refuse(name, _("Must have at most 2 decimals."))
            return None
        return rounded

    def email(self, *names: str) -> str | None:
        name, _value = self.value(*names)
        text = self.text(*names, most=254)
        if text is None:
            return None
        try:
            validate_email(text)
        except ValidationError:
            self.refuse(name, _("Enter a valid e-mail address."))
            return None
        return text.lower()

    def instant(self, name: str) -> datetime | None:
        text = self.text(name, most=40)
        if text is None:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            self.refuse(name, _("Must be an instant such as 2026-11-23T21:00:00Z."))
            return None
        if moment.tzinfo is None:
            self.refuse(name, _("Say the time zone, for example 2026-11-23T21:00:00Z."))
            return None
        return moment

    def mapping(self, name: str) -> Mapping[str, Any]:
        value = self.data.get(name)
        if value is None or value == []:
            return {}
        if not isinstance(value, Mapping):
            self.refuse(name, _("Must be an object."))
            return {}
        return value

    def rows(self, name: str, *, most: int) -> list[Mapping[str, Any]]:
        value = self.data.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
            self.refuse(name, _("Must be a list of objects."))
            return []
        if len(value) > most:
            self.refuse(name, _("At most {most} entries.").format(most=most))
            return []
        return value
