"""The settings of a stamp card, put together from the game's columns and its design."""

from typing import Any

from cards.selectors.cards import address_of_file
from games.models import Game
from games.rules.stamp_settings import COLUMNS, DESIGN, IMAGE, UPLOADED


def shown_stamp_settings(game: Game) -> dict[str, Any]:
    """Every key of contract 3.6, texts as the partner wrote them."""
    shown = {key: getattr(game, column) for key, column in COLUMNS.items()}
    return {**shown, **dict.fromkeys(DESIGN), **shown_stamp_design(game)}


def shown_stamp_design(game: Game) -> dict[str, Any]:
    """What was said of a stamp card's look; an uploaded picture by its address."""
    design = {key: value for key, value in game.stamp_design.items() if key in DESIGN}
    uploaded = game.stamp_design.get(UPLOADED)
    return {**design, "stamp_icon": address_of_file(uploaded), "stamp_icon_type": IMAGE} if uploaded else design
