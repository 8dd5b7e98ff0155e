"""How a card looks: which keys a design has, and what a change of it makes of the present one."""

import re
from collections.abc import Mapping
from typing import Any

PICTURES = ("logo", "background_image")
COLORS = ("text_color", "text_color_labels", "qr_background_color", "qr_color", "background_color")
OPACITY = "background_color_opacity"
_HEX_COLOR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})")


def is_color(text: str) -> bool:
    """Whether a text is a hex color such as #0055AA."""
    return _HEX_COLOR.fullmatch(text) is not None


def six_digits(text: str) -> str:
    """A color as #rrggbb, however it was written, without its opacity; empty for what is no color."""
    if not is_color(text):
        return ""
    digits = text[1:].lower()
    return "#" + (digits[:6] if len(digits) > 3 else "".join(digit * 2 for digit in digits))


def changed_design(present: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The design after a change: keys that are not named stay, null removes one."""
    merged = {**present, **wanted}
    return {key: value for key, value in merged.items() if value is not None}


def clamp_faults(values: Mapping[str, Any]) -> list[str]:
    """The upper limits that lie below their lower limits."""
    pairs = (
        ("max_points_per_purchase", "min_points_per_purchase"),
        ("max_points_per_redemption", "min_points_for_redemption"),
    )
    return [most for most, least in pairs if values[most] is not None and values[most] < values[least]]
