"""What may stand in a template of one's own."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from messaging.rules.built_in import BUILT_IN, COMMON, WRITTEN, Text
from messaging.rules.placeholders import text_faults


def known_variables(code: str) -> dict[str, Text]:
    """The variables that a template's texts may name, and what they stand for."""
    built_in = BUILT_IN.get(code)
    return {**COMMON, **WRITTEN, "sender": _("Who wrote it")} if built_in is None else built_in.known


def takes_a_message(code: str) -> bool:
    """Whether staff can send it with words of their own."""
    return "message" in known_variables(code)


def template_faults(code: str, texts: Mapping[str, str]) -> dict[str, list[str]]:
    """What is wrong with `subject`, `body` and `button`, by field: unknown variables by name, and stray braces."""
    known = known_variables(code)
    faults: dict[str, list[str]] = {}
    for field, text in texts.items():
        if wrong := text_faults(text, known):
            faults[field] = wrong
    if "\n" in texts.get("subject", "").strip() or "\r" in texts.get("subject", "").strip():
        faults.setdefault("subject", []).append(_("The subject is one line."))
    if texts.get("button") and "link" not in known:
        faults.setdefault("button", []).append(_("This message has no link that a button could lead to."))
    return faults
