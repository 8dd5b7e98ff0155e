"""The settings of a stamp card, put together from the game's columns and its design."""

from typing import Any

from cards.selectors.cards import address_of_file
from games.models import Game
from games.rules.stamp_settings import COLUMNS, DESIGN, IMAGE, UPLOADED


def shown_stamp_settings(game: Game) -> dict[str, Any]:
    """Every key of contract 3.6, texts as the partner wrote them; an uploaded picture by its address."""
    design = game.stamp_design or {}
    shown = {key: getattr(game, column) for key, column in COLUMNS.items()}
    shown |= {key: design.get(key) for key in DESIGN}
    if design.get(UPLOADED):
        shown |= {"stamp_icon": address_of_file(design[UPLOADED]), "stamp_icon_type": IMAGE}
    return shown
