"""Which messages there are, and what is sent in their place."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.conf import settings
from django.db.models import Count, Max, Q

from messaging.models import MessageTemplate
from messaging.rules.built_in import BUILT_IN, Text


@dataclass(frozen=True, slots=True)
class Replaced:
    """What staff wrote for one code in one language."""

    # The text that holds for everybody, if there is one in use.
    everybody_id: int | None = None
    # How many partners have one of their own in use, and how many texts are drafts.
    partners: int = 0
    drafts: int = 0


@dataclass(frozen=True, slots=True)
class Overview:
    """One message: built in, or made by staff (then it has no title)."""

    code: str
    title: Text
    is_built_in: bool
    languages: Mapping[str, Replaced] = field(default_factory=dict)


def overview_across_partners() -> list[Overview]:
    """Every built-in message in its order, then those that staff made; our own languages always, others where used."""
    rows = (
        MessageTemplate.objects.values("code", "language")
        .annotate(
            everybody=Max("pk", filter=Q(partner=None, is_active=True)),
            own=Count("pk", filter=Q(partner__isnull=False, is_active=True)),
            drafts=Count("pk", filter=Q(is_active=False)),
        )
        .order_by("code", "language")
    )
    written: dict[str, dict[str, Replaced]] = {}
    for row in rows:
        written.setdefault(row["code"], {})[row["language"]] = Replaced(row["everybody"], row["own"], row["drafts"])
    ours = {code: Replaced() for code, _name in settings.LANGUAGES}
    built_in = [Overview(one.code, one.title, True, ours | written.get(one.code, {})) for one in BUILT_IN.values()]
    made = [Overview(code, "", False, found) for code, found in written.items() if code not in BUILT_IN]
    return built_in + made
