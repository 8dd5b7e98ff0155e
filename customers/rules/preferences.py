"""What a person may keep as preferences: a small free map of plain values."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson
from django.utils.translation import gettext as _

from loyalty.errors import ValidationFailed

MOST_KEYS = 100
LONGEST_KEY = 60
MOST_BYTES = 8_192


def plain(value: Any) -> Any:
    """The value as JSON keeps it. Raises ValidationFailed for a number that no reader could take."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, int) and not -(2**53) < value < 2**53:
        raise ValidationFailed(errors={"preferences": [_("A number is too large.")]})
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def check_preferences(preferences: Mapping[str, Any]) -> None:
    """Raise ValidationFailed where they are too many, too long or too large together."""
    faults: dict[str, list[str]] = {}
    if len(preferences) > MOST_KEYS:
        faults["preferences"] = [_("At most {most} preferences can be kept.").format(most=MOST_KEYS)]
    for key in preferences:
        if not key or len(key) > LONGEST_KEY:
            faults[key[:LONGEST_KEY]] = [_("A name has 1 to {most} characters.").format(most=LONGEST_KEY)]
    if len(orjson.dumps(dict(preferences))) > MOST_BYTES:
        faults["preferences"] = [_("Preferences can have at most {most} bytes together.").format(most=MOST_BYTES)]
    if faults:
        raise ValidationFailed(errors=faults)
