"""Which text somebody gets: the same choice for every template, whichever way it is sent."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from django.conf import settings
from django.db.models import Q, QuerySet

from messaging.models.own_text import OwnText
from partners.models import Partner

T = TypeVar("T", bound=OwnText)
B = TypeVar("B")
OURS = frozenset(code for code, _name in settings.LANGUAGES)


def choose(
    rows: "QuerySet[T]", *, partner: Partner | None, code: str, language: str, built_in: Callable[[str], B | None]
) -> T | B | None:
    """In this language, else in the partner's, else in ours; a partner's own before everybody's, and both before what
    is built in. In none of the languages that anybody asked for: better in some language than not at all.
    """
    found = rows.filter(Q(partner=partner) | Q(partner=None), code=code, is_active=True).order_by("-pk")
    stored = {(row.language, row.partner_id is not None): row for row in found}
    for wanted in languages_to_try(partner, language):
        for is_own in (True, False):
            if row := stored.get((wanted, is_own)):
                return row
        if (text := built_in(wanted)) is not None:
            return text
    return stored[min(stored)] if stored else None


def languages_to_try(partner: Partner | None, language: str) -> Iterator[str]:
    """The language asked for, then those that the reader is likely to know."""
    yield language
    if partner is not None:
        yield partner.default_language
    yield settings.LANGUAGE_CODE
