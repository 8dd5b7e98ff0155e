"""The form of a game, with what only its type has, and the rows of its prizes."""

from copy import copy
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.core.exceptions import NON_FIELD_ERRORS
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from games.admin.fields import RowsField, TextsField, choice, color, number, word
from games.choices import GameType
from games.models import Game, Prize
from games.rules import config, lines
from games.rules.looks import COLORS, THEME
from games.rules.rewards import Reward, idle_columns, reward_faults
from games.rules.stamp_settings import ICON_TYPES, LAYOUTS, MOST_STAMPS
from games.rules.stamp_settings import TEXTS as STAMP_TEXTS
from games.services.game_parts import COLUMNS as PRIZE_COLUMNS
from games.services.game_parts import WIRE
from games.services.games import PLAIN, STAMPS, apply_changes
from loyalty.backoffice.fields import ObjectField
from loyalty.backoffice.forms import RecordForm
from loyalty.errors import ValidationFailed
from partners.models import Product, Shop

COLOR_NAMES = {
    "primary_color": _("Main color"),
    "secondary_color": _("Second color"),
    "background_color": _("Background"),
    "text_color": _("Text"),
    "button_color": _("Buttons"),
    "button_text_color": _("Text on buttons"),
}
LAYOUT_NAMES = {"grid": _("Grid"), "row": _("Row"), "circle": _("Circle")}
ICON_NAMES = {"icon": _("Name of an icon"), "image": _("Address of a picture"), "emoji": _("Emoji")}
STAMP_LOOK: dict[str, tuple[Any, forms.Field]] = {
    "layout": (_("Layout"), choice([(name, LAYOUT_NAMES[name]) for name in LAYOUTS])),
    "rows": (_("Rows"), number(1, MOST_STAMPS)),
    "columns": (_("Columns"), number(1, MOST_STAMPS)),
    "background_color": (_("Background"), color()),
    "text_color": (_("Text"), color()),
    "stamp_icon": (_("Icon of a stamp"), word(500)),
    "stamp_icon_type": (_("The icon is"), choice([(name, ICON_NAMES[name]) for name in ICON_TYPES])),
}
# Form fields that only one type has; the others do not show them.
OF_TYPE = {
    GameType.STAMPS: ("stamp_look", *STAMP_TEXTS),
    GameType.QUIZ: ("questions", "pass_score", "seconds_per_question"),
    GameType.MEMORY: ("pairs", "max_moves", "max_seconds"),
    GameType.COLLECTION: ("items",),
    GameType.SCRATCH: ("scratch_fields",),
    GameType.WHEEL: (),
}
EVERY_TYPE = tuple(name for names in OF_TYPE.values() for name in names)
# Where the service names a fault, and which field of the form that is.
PATHS = {
    "start_date": "starts_at",
    "end_date": "ends_at",
    "stamp_settings.stamp_icon": "stamp_look",
    **{f"reward.{name}": column for column, name in WIRE.items()},
}


class GameForm(RecordForm):
    """A game's form: texts in both languages, colors, and lines for questions, pairs and items."""

    links: ClassVar[dict[str, str]] = {"played_in": "shops", "offered": "products"}
    name = TextsField(label=_("Name"), min_length=3, max_length=255)
    description = TextsField(label=_("Description"), min_length=10, max_length=10_000, rows=3)
    reward_description = TextsField(label=_("What can be won"), min_length=3, max_length=1_000)
    played_in = forms.ModelMultipleChoiceField(
        label=_("Shops"),
        queryset=Shop.objects.select_related("partner"),
        required=False,
        widget=AutocompleteSelectMultiple(Game._meta.get_field("shops"), admin.site),
        help_text=_("Where it is played; none means everywhere."),
    )
    offered = forms.ModelMultipleChoiceField(
        label=_("Products"),
        queryset=Product.objects.select_related("partner"),
        required=False,
        widget=AutocompleteSelectMultiple(Game._meta.get_field("products"), admin.site),
        help_text=_("What the winner may choose from."),
    )
    look = ObjectField(
        {THEME: (_("Theme"), word(50)), **{key: (COLOR_NAMES[key], color()) for key in COLORS}},
        label=_("Look"),
        required=False,
        columns=True,
    )
    stamp_look = ObjectField(STAMP_LOOK, label=_("Look of the stamp card"), required=False, columns=True)
    item_name_singular = TextsField(label=_("What one stamp is for"), max_length=100, required=False)
    item_name_plural = TextsField(label=_("What several stamps are for"), max_length=100, required=False)
    punch_text = TextsField(label=_("Said with a stamp"), max_length=255, required=False)
    reward_text = TextsField(label=_("Said with the reward"), max_length=255, required=False)
    questions = RowsField(
        label=_("Questions"),
        read=lines.read_questions,
        write=lines.write_questions,
        rows=18,
        help_text=_(
            "A question, then its answers: + before a right one, - before the others; a blank line before the next "
            "question. English | Lithuanian. [2] after a question gives it a score of 2."
        ),
    )
    pass_score = number(1, config.MOST_SCORE * config.MOST_QUESTIONS)
    seconds_per_question = number(*config.SECONDS_PER_QUESTION)
    pairs = RowsField(
        label=_("Pairs"),
        read=lines.read_pairs,
        write=lines.write_pairs,
        help_text=_("One a line: a text (English | Lithuanian), the address of a picture, or both."),
    )
    max_moves = number(1, config.MOST_MOVES)
    max_seconds = number(*config.SECONDS_OF_MEMORY)
    items = RowsField(
        label=_("Items"),
        read=lines.read_items,
        write=lines.write_items,
        help_text=_("One a line: name; weight; how many are needed; address of a picture; hint."),
    )
    scratch_fields = number(*config.SCRATCH_FIELDS)

    labels: ClassVar[dict[str, Any]] = {
        "pass_score": (_("Score to win"), _("Empty: every question right.")),
        "seconds_per_question": (_("Seconds a question"), _("Empty: no limit.")),
        "max_moves": (_("Most moves"), _("Empty: any number.")),
        "max_seconds": (_("Most seconds"), _("Empty: as long as the session.")),
        "scratch_fields": (_("Fields of the card"), _("Empty: 9.")),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        game = self.instance
        mine = OF_TYPE[GameType(game.game_type)] if game.pk else ()
        for name in set(EVERY_TYPE) - set(mine):
            self.fields.pop(name, None)
        for name, (label, help_text) in self.labels.items():
            if name in self.fields:
                self.fields[name].label, self.fields[name].help_text = label, help_text
        self.initial["look"] = game.branding
        self.initial["stamp_look"] = game.stamp_design
        for name in mine:
            if name in STAMP_TEXTS:
                self.initial[name] = game.stamp_design.get(name)
            elif name != "stamp_look":
                self.initial[name] = game.config.get(name)
            if isinstance(self.fields.get(name), RowsField):
                self.fields[name].present = game.config.get(name) or ()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if not self.errors:
            self._check_together()
        return cleaned

    def _check_together(self) -> None:
        """What the service would refuse, said at its field."""
        probe = Game(**self.cleaned_data_of_new()) if not self.instance.pk else copy(self._stored())
        try:
            apply_changes(probe, self.changes())
        except ValidationFailed as refusal:
            for path, texts in refusal.errors.items():
                field = PATHS.get(path, path.partition(".")[0])
                self.add_error(field if field in self.fields else None, [str(text) for text in texts])

    def cleaned_data_of_new(self) -> dict[str, Any]:
        """What a game is made with before anything is applied to it."""
        return {"partner": self.cleaned_data["partner"], "game_type": self.cleaned_data["game_type"]}

    def _stored(self) -> Game:
        return Game.objects.get(pk=self.instance.pk)

    def changes(self) -> dict[str, Any]:
        """What the service is asked to change: only what was changed on the page."""
        values = {name: self.cleaned_data[name] for name in self.changed_data if name in self.cleaned_data}
        data: dict[str, Any] = {name: values[name] for name in PLAIN if name in values}
        if {"coupon_validity", "coupon_validity_days"} & set(values):
            data |= {name: self.cleaned_data[name] for name in ("coupon_validity", "coupon_validity_days")}
        if not self.instance.pk:
            data["game_type"] = self.cleaned_data["game_type"]
        for name, key in (("played_in", "shop_ids"), ("offered", "product_ids")):
            if name in values:
                data[key] = sorted(one.pk for one in values[name])
        if "look" in values:
            data["branding"] = {key: values["look"].get(key) for key in (THEME, *COLORS)}
        reward = {column: values[column] for column in WIRE if column in values}
        if reward:
            data["reward"] = _without_idle(reward, self.cleaned_data)
        design = {name: values[name] or None for name in STAMP_TEXTS if name in values}
        if "stamp_look" in values:
            design |= {key: values["stamp_look"].get(key) for key in STAMP_LOOK}
        columns = {column: values[column] for column in STAMPS if column in values}
        if columns or design:
            data["stamp_settings"] = {"columns": columns, "design": design}
        wanted = {key: values[key] for key in config.ALL_KEYS if key in values}
        if wanted:
            data["config"] = wanted
        return data


def _without_idle(reward: dict[str, Any], cleaned: dict[str, Any]) -> dict[str, Any]:
    """A figure that was emptied or is of no use is none, whatever the page shows."""
    idle = idle_columns(cleaned["reward_type"], reward)
    return {column: value for column, value in reward.items() if column not in idle}


class PrizeForm(forms.ModelForm):
    """One prize of a wheel or a scratch card."""

    name = TextsField(label=_("Name"), max_length=255)
    image_url = forms.URLField(
        label=_("Picture address"),
        max_length=500,
        required=False,
        assume_scheme="https",
        widget=widgets.UnfoldAdminURLInputWidget(),
    )

    class Meta:
        model = Prize
        fields = ("name", *(column for column in PRIZE_COLUMNS if column != "name"), *WIRE, "position", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "position" in self.fields:
            self.fields["position"].required = False

    def clean_weight(self) -> int:
        if self.cleaned_data["weight"] > config.MOST_WEIGHT:
            raise forms.ValidationError(_("At most 1,000,000."))
        return self.cleaned_data["weight"]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        values = self.cleaned_data
        if not self.errors:
            reward = Reward(type=values["reward_type"], value=values["reward_value"], points=values["reward_points"])
            for column, text in reward_faults(reward).items():
                self.add_error(column, str(text))
            stock = values["stock"]
            if stock is not None and stock < self.instance.awarded:
                self.add_error("stock", _("So many of them were given away already: %d.") % self.instance.awarded)
        return cleaned

    def _post_clean(self) -> None:
        """The constraints of the table speak of all prizes together, which the formset knows better."""
        super()._post_clean()  # type: ignore[misc]
        self.errors.pop(NON_FIELD_ERRORS, None)

    def row(self) -> dict[str, Any]:
        """The prize as the service takes it."""
        values = self.cleaned_data
        reward = {column: values[column] for column in WIRE}
        idle = idle_columns(values["reward_type"], reward)
        return {
            "id": self.instance.pk,
            **{column: values[column] for column in PRIZE_COLUMNS},
            "reward": {column: value for column, value in reward.items() if column not in idle},
        }


class PrizeFormSet(forms.BaseInlineFormSet):
    """All prizes of a game, in the order of their positions."""

    def validate_unique(self) -> None:
        """Positions only sort; the service numbers them anew."""

    def rows(self) -> list[dict[str, Any]]:
        """The prizes that can be won from now on."""
        filled = [form for form in self.forms if form.has_changed() or form.instance.pk]
        kept = [form for form in filled if form.cleaned_data.get("is_active")]
        kept.sort(key=lambda form: (form.cleaned_data["position"] is None, form.cleaned_data["position"] or 0))
        return [form.row() for form in kept]  # type: ignore[attr-defined]
