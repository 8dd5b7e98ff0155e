"""How the back office writes money, points and links."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import wraps
from typing import Any

from django.db.models import Model
from django.urls import NoReverseMatch, reverse
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from unfold.decorators import display as unfold_display
from unfold.utils import display_for_label

NOTHING = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"


def money(amount: Decimal | None, currency: str) -> str:
    """An amount with its currency, in the reader's notation."""
    if amount is None:
        return NOTHING
    text = number_format(abs(amount), decimal_pos=2, force_grouping=True)
    return f"{MINUS if amount < 0 else ''}{text} {currency}"


def listed(value: Any) -> str:
    """What JSON says, as a person writes it."""
    if isinstance(value, dict):
        return ", ".join(f"{name}: {listed(one)}" for name, one in value.items()) or NOTHING
    if isinstance(value, list):
        return ", ".join(map(listed, value)) or NOTHING
    return NOTHING if value is None else str(value)


def points(value: int) -> str:
    """Points that came or went, with their sign."""
    return f"{'+' if value > 0 else MINUS if value < 0 else ''}{number_format(abs(value), force_grouping=True)}"


def instant(value: Any) -> str:
    """A moment, short."""
    return date_format(localtime(value), "Y-m-d H:i") if value else NOTHING


def change_url(label: str, pk: Any) -> str:
    """The page of one object; `label` is `app.model`."""
    return reverse(f"admin:{label.replace('.', '_')}_change", args=[pk])


def list_url(label: str, **filters: Any) -> str:
    """The list of a model, filtered."""
    query = f"?{urlencode(filters)}" if filters else ""
    return reverse(f"admin:{label.replace('.', '_')}_changelist") + query


def link(subject: Model | None, text: str | None = None) -> SafeString | str:
    """A link to the page of an object."""
    if subject is None:
        return NOTHING
    try:
        url = change_url(subject._meta.label_lower, subject.pk)
    except NoReverseMatch:
        return text or str(subject)
    return format_html('<a class="text-link" href="{}">{}</a>', url, text or subject)


def to(url: str, text: Any) -> SafeString:
    """A link to any page of the back office."""
    return format_html('<a class="text-link" href="{}">{}</a>', url, text)


class Colors(dict[Any, Any]):
    """The colours of states; one without a colour is grey, and still called by its word."""

    def __missing__(self, state: Any) -> None:
        return None


class Labelled(tuple[Any, ...]):  # noqa: SLOT001 - it carries its colours
    """A state and its word: a list reads the pair, an object's page asks it for its markup."""

    colors: Any

    def __html__(self) -> SafeString:
        return display_for_label(tuple(self), NOTHING, self.colors)


def display(*, label: bool | Mapping[Any, str] | None = None, **options: Any) -> Callable[[Callable], Callable]:
    """Unfold's decorator of columns, whose labels look the same in a list and on an object's page."""

    def decorate(column: Callable) -> Callable:
        if not isinstance(label, Mapping):
            return unfold_display(label=label, **options)(column)
        colors = Colors(label)

        @wraps(column)
        def labelled(self: Any, subject: Any) -> Any:
            value = column(self, subject)
            if not isinstance(value, tuple):
                return value
            pair = Labelled(value)
            pair.colors = colors
            return pair

        return unfold_display(label=colors, **options)(labelled)

    return decorate
