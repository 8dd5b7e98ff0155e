"""How a game looks, with the addresses of its pictures in place of their files."""

from collections.abc import Mapping
from typing import Any

from cards.selectors.cards import address_of_file
from games.rules.looks import PICTURES, THEME


def shown_branding(branding: Mapping[str, Any]) -> dict[str, Any]:
    """Colors, and the addresses of pictures; the theme is shown apart."""
    shown = {key: value for key, value in branding.items() if key not in {*PICTURES, THEME}}
    for key in PICTURES:
        name = branding.get(key)
        shown[f"{key}_url"] = address_of_file(name) if name else None
    return shown
