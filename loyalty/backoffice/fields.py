"""Form fields for what the database keeps as JSON or arrays: people see inputs, never braces."""

from collections.abc import Mapping, Sequence
from ipaddress import ip_network
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.forms.renderers import get_default_renderer
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from unfold import widgets

Label = str | Promise


class LabelledWidget(forms.MultiWidget):
    """Several inputs, each under its own label."""

    template_name = "loyalty/backoffice/labelled.html"
    # Unfold would otherwise lay it out as a checkbox.
    input_type = "group"

    def __init__(self, parts: Mapping[str, tuple[Label, forms.Widget]], *, columns: bool = False) -> None:
        self.labels = [label for label, _widget in parts.values()]
        self.keys = list(parts)
        self.columns = columns
        super().__init__({key: widget for key, (_label, widget) in parts.items()})

    def decompress(self, value: Mapping[str, Any] | None) -> list[Any]:
        return [(value or {}).get(key) for key in self.keys]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        inputs = context["widget"]["subwidgets"]
        renderer = get_default_renderer()
        context["parts"] = [
            (label, one, mark_safe(renderer.render(one["template_name"], {"widget": one})))  # noqa: S308 - escaped there
            for label, one in zip(self.labels, inputs, strict=True)
        ]
        context["columns"] = self.columns
        return context

    def id_for_label(self, id_: str) -> str:
        return f"{id_}_{self.keys[0]}" if id_ else id_

    def _render(self, template_name: str, context: dict[str, Any], renderer: Any = None) -> SafeString:
        return mark_safe(render_to_string(template_name, context))  # noqa: S308 - a template's output is escaped


class ObjectField(forms.MultiValueField):
    """A JSON object with known keys, one input for each; empty ones are left out."""

    def __init__(
        self, parts: Mapping[str, tuple[Label, forms.Field]], *, columns: bool = False, **options: Any
    ) -> None:
        self.keys = list(parts)
        widget = LabelledWidget({key: (label, field.widget) for key, (label, field) in parts.items()}, columns=columns)
        super().__init__(
            fields=[field for _label, field in parts.values()], widget=widget, require_all_fields=False, **options
        )

    def compress(self, data_list: Sequence[Any]) -> dict[str, Any]:
        return {key: value for key, value in zip(self.keys, data_list, strict=False) if value not in (None, "")}


class LocalizedField(ObjectField):
    """A text in every language of the platform, side by side."""

    def __init__(self, *, max_length: int | None = None, rows: int = 0, required: bool = True, **options: Any) -> None:
        def part(code: str) -> forms.CharField:
            attrs = {"rows": rows, "lang": code} if rows else {"lang": code}
            widget = widgets.UnfoldAdminTextareaWidget(attrs) if rows else widgets.UnfoldAdminTextInputWidget(attrs)
            missing: dict[str, Any] = {"incomplete": _("Enter the text in every language."), "required": ""}
            return forms.CharField(
                max_length=max_length, required=required, widget=widget, strip=True, error_messages=missing
            )

        parts: dict[str, tuple[Label, forms.Field]] = {code: (name, part(code)) for code, name in settings.LANGUAGES}
        super().__init__(parts, required=required, columns=True, **options)


class LinesField(forms.CharField):
    """A list of short texts, one a line."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=widgets.UnfoldAdminTextareaWidget({"rows": 3}), **options)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), "\n".join((data or "").split()))

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        return (value or "").split()


class NetworksField(LinesField):
    """IP addresses and networks, one a line."""

    def clean(self, value: Any) -> list[str]:
        found = super().clean(value)
        for text in found:
            try:
                ip_network(text, strict=False)
            except ValueError as error:
                raise ValidationError(_("Not an IP address or network: %(text)s"), params={"text": text}) from error
        return found


class LevelsField(forms.CharField):
    """Customer levels as `name: points`, one a line."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=widgets.UnfoldAdminTextareaWidget({"rows": 4}), **options)

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        # jsonb forgets the order of keys.
        return "\n".join(f"{name}: {points}" for name, points in sorted(value.items(), key=lambda level: level[1]))

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != initial)
        except ValidationError:
            return True

    def to_python(self, value: Any) -> dict[str, int]:  # type: ignore[override]
        levels: dict[str, int] = {}
        for line in (value or "").splitlines():
            if not line.strip():
                continue
            name, _colon, points = line.rpartition(":")
            if not name.strip() or not points.strip().isdecimal() or len(points.strip()) > 9:
                raise ValidationError(_("Write one level a line, for example: Gold: 5000"))
            levels[name.strip()] = int(points)
        return levels
