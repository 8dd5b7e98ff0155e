"""The only thing a template's text can do: `{{ name }}` stands for a value. Nothing in it is ever run."""

import re
from collections.abc import Collection, Iterator, Mapping

from django.utils.translation import gettext as _

_PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
# What is left of these once the placeholders are out is a slip of the pen, or meant for a template engine.
_LEFTOVER = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}|\{\w+\}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]")


def names_in(text: str) -> Iterator[str]:
    """The variables that a text names, in its order."""
    return (found[1] for found in _PLACEHOLDER.finditer(text))


def unknown_names(text: str, known: Collection[str]) -> list[str]:
    """Those of its variables that nothing fills."""
    return sorted(set(names_in(text)) - set(known))


def stray_marks(text: str) -> list[str]:
    """Braces that are part of no placeholder."""
    return sorted(set(_LEFTOVER.findall(_PLACEHOLDER.sub("", text))))


def text_faults(text: str, known: Collection[str] | None) -> list[str]:
    """What is wrong with a text whose variables are `known` (None: any): unknown ones by name, and stray braces."""
    faults = []
    if known is not None and (unknown := unknown_names(text, known)):
        told = _("Unknown variable: {names}. There are: {known}.")
        faults.append(told.format(names=", ".join(unknown), known=", ".join(sorted(known))))
    if stray := stray_marks(text):
        told = _("Braces only stand around the name of a variable, not like here: {marks}")
        faults.append(told.format(marks=" ".join(stray)))
    return faults


def fill(text: str, values: Mapping[str, object]) -> str:
    """The text with its values, in one pass: what looks like a placeholder inside a value stays as it is."""
    return _PLACEHOLDER.sub(lambda found: str(values.get(found[1], "")), text)


def paragraphs(text: str, values: Mapping[str, object]) -> list[str]:
    """The filled paragraphs; one that names only empty values is left out."""
    found: list[str] = []
    for block in re.split(r"\n[ \t]*\n+", text.replace("\r\n", "\n").strip()):
        names = list(names_in(block))
        if names and not any(str(values.get(name, "")).strip() for name in names):
            continue
        found += [part.strip() for part in re.split(r"\n[ \t]*\n+", clean(fill(block, values))) if part.strip()]
    return found


def clean(text: str) -> str:
    """The text without characters that no reader sees; line ends are plain."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str, most: int) -> str:
    """Fit for a header: no line ends, no control characters, not too long."""
    line = " ".join(_CONTROL.sub(" ", text).split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"
