"""Finds the translatable texts of a source file, as makemessages would, without the gettext tools."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation.template import templatize

# How many texts a call begins with; of two names one is a plural, the other a context.
SIMPLE = frozenset({"_", "gettext", "gettext_lazy", "gettext_noop"})
PLURAL = frozenset({"ngettext", "ngettext_lazy"})
CONTEXT = frozenset({"pgettext", "pgettext_lazy"})
CONTEXT_PLURAL = frozenset({"npgettext", "npgettext_lazy"})
LITERAL = r"u?('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
TEMPLATE_CALL = re.compile(rf"\b(_|n?p?gettext)\(\s*{LITERAL}(?:\s*,\s*{LITERAL})?(?:\s*,\s*{LITERAL})?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Text:
    """One text and where it stands."""

    place: str
    singular: str
    plural: str = ""
    context: str = ""

    @property
    def key(self) -> bytes:
        """How a compiled catalog names it."""
        text = f"{self.context}\x04{self.singular}" if self.context else self.singular
        return (f"{text}\0{self.plural}" if self.plural else text).encode()


class NotALiteralError(ValueError):
    """A text that is put together at run time: no translator will ever see it."""


def texts_of(path: Path, root: Path) -> Iterator[Text]:
    """Every translatable text of a Python file or a template."""
    place, source = str(path.relative_to(root)), path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        yield from python_texts(source, place)
    else:
        yield from template_texts(source, place)


def python_texts(source: str, place: str) -> Iterator[Text]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", "") or getattr(node.func, "attr", "")
        if count := _number_of_texts(name):
            where = f"{place}:{node.lineno}"
            parts = [part.value for part in node.args[:count] if isinstance(part, ast.Constant)]
            if len(parts) < count or not all(isinstance(part, str) for part in parts):
                raise NotALiteralError(where)
            yield _text(where, name, [str(part) for part in parts])


def template_texts(source: str, place: str) -> Iterator[Text]:
    """Django rewrites a template into calls for xgettext; these are read here."""
    calls = templatize(source)
    for found in TEMPLATE_CALL.finditer(calls):
        name = found[1]
        parts = [ast.literal_eval(part.replace("\n", "\\n")) for part in found.groups()[1:] if part]
        line = calls.count("\n", 0, found.start()) + 1
        yield _text(f"{place}:{line}", name, parts[: _number_of_texts(name)])


def _number_of_texts(name: str) -> int:
    if name in CONTEXT_PLURAL:
        return 3
    return 2 if name in PLURAL | CONTEXT else int(name in SIMPLE)


def _text(place: str, name: str, parts: list[str]) -> Text:
    context = parts.pop(0) if name in CONTEXT | CONTEXT_PLURAL else ""
    return Text(place, parts[0], parts[1] if len(parts) > 1 else "", context)
