"""A game's configuration as a page shows it where nobody may change it."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from games.admin.forms import COLOR_NAMES, STAMP_LOOK
from games.models import Game
from games.rules import lines
from games.rules.looks import THEME
from loyalty.backoffice.display import NOTHING, display


class ConfigurationCells:
    """One cell for each field of the form that is no column of the game."""

    @display(description=_("Look"))
    def look(self, obj: Game) -> str:
        names = {THEME: _("Theme"), **COLOR_NAMES}
        return _described(obj.branding, names)

    @display(description=_("Look of the stamp card"))
    def stamp_look(self, obj: Game) -> str:
        return _described(obj.stamp_design, {key: label for key, (label, _field) in STAMP_LOOK.items()})

    @display(description=_("Questions"))
    def questions(self, obj: Game) -> str:
        return lines.write_questions(obj.config.get("questions") or ()) or NOTHING

    @display(description=_("Pairs"))
    def pairs(self, obj: Game) -> str:
        return lines.write_pairs(obj.config.get("pairs") or ()) or NOTHING

    @display(description=_("Items"))
    def items(self, obj: Game) -> str:
        return lines.write_items(obj.config.get("items") or ()) or NOTHING

    @display(description=_("Score to win"))
    def pass_score(self, obj: Game) -> Any:
        return obj.config.get("pass_score", NOTHING)

    @display(description=_("Seconds a question"))
    def seconds_per_question(self, obj: Game) -> Any:
        return obj.config.get("seconds_per_question", NOTHING)

    @display(description=_("Most moves"))
    def max_moves(self, obj: Game) -> Any:
        return obj.config.get("max_moves", NOTHING)

    @display(description=_("Most seconds"))
    def max_seconds(self, obj: Game) -> Any:
        return obj.config.get("max_seconds", NOTHING)

    @display(description=_("Fields of the card"))
    def scratch_fields(self, obj: Game) -> Any:
        return obj.config.get("scratch_fields", NOTHING)

    @display(description=_("What one stamp is for"))
    def item_name_singular(self, obj: Game) -> str:
        return _said(obj, "item_name_singular")

    @display(description=_("What several stamps are for"))
    def item_name_plural(self, obj: Game) -> str:
        return _said(obj, "item_name_plural")

    @display(description=_("Said with a stamp"))
    def punch_text(self, obj: Game) -> str:
        return _said(obj, "punch_text")

    @display(description=_("Said with the reward"))
    def reward_text(self, obj: Game) -> str:
        return _said(obj, "reward_text")


def _said(game: Game, name: str) -> str:
    text = game.stamp_design.get(name)
    return lines.write_text(text) if text else NOTHING


def _described(values: dict[str, Any], names: dict[str, Any]) -> str:
    return "; ".join(f"{label}: {values[key]}" for key, label in names.items() if values.get(key)) or NOTHING
