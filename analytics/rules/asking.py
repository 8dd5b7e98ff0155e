"""What can be asked of the statistics: which days, which partners. Nonsense is refused, never ignored."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from analytics.rules.windows import DEFAULT, EARLIEST, LATEST, MOST_DAYS, Window, is_period, window_of
from ledger.rules.ranges import RANGES
from loyalty.errors import ValidationFailed
from partners.choices import PartnerStatus

# `filter=franchise_network` alone: the partners of franchise networks, whichever network it is.
OF_NETWORKS = "franchise_network"
KEYS = ("network", "tier", "status", "country")
MOST_VALUES = 50
MOST_DIGITS = 19


@dataclass(frozen=True, slots=True)
class Asked:
    """Which period: a named one, which ends by each partner's own clock, or the same days for everybody."""

    name: str | None = None
    window: Window | None = None

    def on(self, today: date) -> Window:
        """The days that are meant, where it is this day."""
        return self.window or window_of(self.name or DEFAULT, today)


@dataclass(frozen=True, slots=True)
class Scope:
    """Of each filter any value, and all of the filters; none: every partner."""

    network: tuple[int, ...] = ()
    tier: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    country: tuple[str, ...] = ()
    is_of_networks: bool = False


def read_asked(*, period: str | None, first: date | None, last: date | None) -> Asked:
    """The period that is meant, by name or by its first and last day. Raises ValidationFailed."""
    if period and (first or last):
        raise ValidationFailed(errors={"period": [_("Give a period or dates, not both.")]})
    if first is None and last is None:
        name = period or DEFAULT
        if not is_period(name):
            words = ", ".join((*RANGES, "2026-07"))
            raise ValidationFailed(errors={"period": [_("Must be one of: {words}.").format(words=words)]})
        return Asked(name=name)
    if first is None or last is None:
        missing = "date_from" if first is None else "date_to"
        raise ValidationFailed(errors={missing: [_("Give both date_from and date_to.")]})
    if last < first:
        raise ValidationFailed(errors={"date_to": [_("Must not be before date_from.")]})
    if first < EARLIEST or last >= LATEST or (last - first).days >= MOST_DAYS:
        text = _("Must be at most {days} days from {first} on.").format(days=MOST_DAYS, first=EARLIEST)
        raise ValidationFailed(errors={"date_from": [text]})
    return Asked(window=Window(first, last + timedelta(days=1)))


def read_scope(*, words: Iterable[str], given: Mapping[str, Iterable[str]]) -> Scope:
    """The partners that are meant: `words` such as `tier:professional`, and values by key. Raises ValidationFailed."""
    found: dict[str, list[str]] = {key: [] for key in KEYS}
    is_of_networks = False
    for word in words:
        key, colon, value = word.strip().partition(":")
        if not colon and key == OF_NETWORKS:
            is_of_networks = True
        elif key not in found or not value.strip():
            shown = ", ".join((OF_NETWORKS, *(f"{key}:…" for key in KEYS)))
            raise ValidationFailed(errors={"filter": [_("Must be one of: {words}.").format(words=shown)]})
        else:
            found[key].append(value.strip())
    for key, values in given.items():
        found[key] += [value.strip() for value in values]
    for key, values in found.items():
        if len(values) > MOST_VALUES:
            raise ValidationFailed(errors={key: [_("At most {most} values.").format(most=MOST_VALUES)]})
    return Scope(
        network=tuple(_number(value) for value in found["network"]),
        tier=tuple(found["tier"]),
        status=tuple(_status(value) for value in found["status"]),
        country=tuple(_country(value) for value in found["country"]),
        is_of_networks=is_of_networks,
    )


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < MOST_DIGITS):
        raise ValidationFailed(errors={"network_id": [_("Must be a partner's number.")]})
    return int(text)


def _status(text: str) -> str:
    if text not in PartnerStatus.values:
        words = ", ".join(PartnerStatus.values)
        raise ValidationFailed(errors={"status": [_("Must be one of: {words}.").format(words=words)]})
    return text


def _country(text: str) -> str:
    if not (len(text) == 2 and text.isascii() and text.isalpha()):
        raise ValidationFailed(errors={"country": [_("Must be a country's two letters, such as LT.")]})
    return text.upper()
