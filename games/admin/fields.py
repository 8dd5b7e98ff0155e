"""Form fields for what games keep as JSON: people see inputs and lines, never braces."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinLengthValidator
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from games.rules.lines import LineError
from loyalty.backoffice.fields import Label, ObjectField


class TextsField(ObjectField):
    """What a partner wrote, a text or one for each language. Equal in every language, it is one plain text."""

    def __init__(self, *, max_length: int, min_length: int = 1, rows: int = 0, **options: Any) -> None:
        def part(code: str) -> forms.CharField:
            attrs = {"rows": rows, "lang": code} if rows else {"lang": code}
            widget = widgets.UnfoldAdminTextareaWidget(attrs) if rows else widgets.UnfoldAdminTextInputWidget(attrs)
            field = forms.CharField(max_length=max_length, required=False, widget=widget)
            field.validators.append(MinLengthValidator(min_length))
            return field

        parts: dict[str, tuple[Label, forms.Field]] = {code: (name, part(code)) for code, name in settings.LANGUAGES}
        super().__init__(parts, columns=True, **options)

    def prepare_value(self, value: Any) -> Any:
        return dict.fromkeys(self.keys, value) if isinstance(value, str) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)

    def compress(self, data_list: Sequence[Any]) -> Any:
        texts = super().compress(data_list)
        values = list(texts.values())
        is_plain = len(values) == len(self.keys) and len(set(values)) == 1
        return values[0] if is_plain else texts


class RowsField(forms.CharField):
    """Rows of a game's configuration as lines; `present` are the rows whose keys are kept."""

    def __init__(
        self,
        *,
        read: Callable[[str, Sequence[Mapping[str, Any]]], list[dict[str, Any]]],
        write: Callable[[Sequence[Mapping[str, Any]]], str],
        rows: int = 12,
        **options: Any,
    ) -> None:
        self.read, self.write = read, write
        self.present: Sequence[Mapping[str, Any]] = ()
        super().__init__(widget=widgets.UnfoldAdminTextareaWidget({"rows": rows}), required=False, **options)

    def prepare_value(self, value: Any) -> Any:
        return self.write(value) if isinstance(value, list | tuple) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.write(initial or []).split() != str(data or "").split()

    def to_python(self, value: Any) -> list[dict[str, Any]]:  # type: ignore[override]
        try:
            return self.read(value or "", self.present)
        except LineError as error:
            raise ValidationError(
                _("Line %(number)s: %(reason)s"), params={"number": error.number, "reason": error.reason}
            ) from error


def color(**options: Any) -> forms.CharField:
    """A color to pick, or none."""
    field = forms.RegexField(r"^#[0-9a-fA-F]{6}$", required=False, **options)
    field.widget = widgets.UnfoldAdminTextInputWidget({"placeholder": "#0055AA"})
    return field


def word(most: int = 100) -> forms.CharField:
    """A short text, or none."""
    return forms.CharField(max_length=most, required=False, widget=widgets.UnfoldAdminTextInputWidget())


def number(least: int, most: int) -> forms.IntegerField:
    """A whole number, or none."""
    widget = widgets.UnfoldAdminIntegerFieldWidget()
    return forms.IntegerField(min_value=least, max_value=most, required=False, widget=widget)


def choice(words: Sequence[tuple[str, Label]]) -> forms.ChoiceField:
    """One of some words, or none."""
    return forms.ChoiceField(choices=[("", "—"), *words], required=False, widget=widgets.UnfoldAdminSelectWidget())
