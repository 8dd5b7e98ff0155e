"""Rates as the rules want them."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet, Sum

from commissions.choices import Component
from commissions.models import CommissionEntry, CommissionRate, DefaultsPin, PartnerLock
from commissions.rules.months import month_of
from commissions.rules.rates import Rate, RateBook
from partners.models import Partner


def list_rates(*, partner: Partner | None) -> QuerySet[CommissionRate]:
    """The versions of a partner's own rates, or of the platform's defaults; those withdrawn left out."""
    return CommissionRate.objects.filter(partner=partner, withdrawn_at=None).order_by("component", "valid_from", "pk")


def list_scope_history(*, rate: CommissionRate) -> QuerySet[CommissionRate]:
    """Every version of one rate's scope, the newest first, those withdrawn among them."""
    scope = {name: getattr(rate, name) for name in ("partner_id", "shop_id", "category", "component", "currency")}
    return CommissionRate.objects.filter(**scope).order_by("-valid_from", "-pk")


def load_book(*, partner: Partner, drafts: list[Rate] | None = None) -> RateBook:
    """Every rate that can matter to a partner: its own (or a draft of them) and the platform's defaults."""
    versions = CommissionRate.objects.filter(withdrawn_at=None, currency=partner.currency)
    own = [as_rate(version) for version in versions.filter(partner=partner)] if drafts is None else drafts
    defaults = [
        replace(as_rate(piece.version), valid_from=piece.valid_from, valid_to=piece.valid_to)
        for piece in defaults_of(partner=partner)
    ]
    return RateBook([*defaults, *own])


@dataclass(frozen=True, slots=True)
class Piece:
    """A version of a default, and when it counts for one partner."""

    version: CommissionRate
    valid_from: datetime
    valid_to: datetime | None

    def is_valid_at(self, moment: datetime) -> bool:
        return self.valid_from <= moment and (self.valid_to is None or moment < self.valid_to)


def defaults_of(*, partner: Partner) -> list[Piece]:
    """The platform's defaults as they count for a partner.

    A change that was made while its commission was locked does not reach it: up to the end of the lock they stand as
    they were before the change.
    """
    live = [
        Piece(version, version.valid_from, version.valid_to)
        for version in CommissionRate.objects.filter(partner=None, withdrawn_at=None, currency=partner.currency)
    ]
    pin = last_pin(partner=partner)
    if pin is None:
        return live
    kept = {row["id"]: row for row in pin.rates}
    versions = CommissionRate.objects.in_bulk(kept)
    before = [Piece(versions[number], _moment(row["from"]), _moment(row["to"])) for number, row in kept.items()]
    if pin.until is None:
        return before
    until = wall_clock(partner, pin.until)
    return [*_clipped(before, None, until), *_clipped(live, until, None)]


def last_pin(*, partner: Partner) -> DefaultsPin | None:
    """What was kept for a partner last; earlier ones are part of it."""
    return DefaultsPin.objects.filter(partner=partner).order_by("-pk").first()


def _moment(text: str | None) -> Any:
    return None if text is None else datetime.fromisoformat(text)


def _clipped(pieces: list[Piece], since: datetime | None, until: datetime | None) -> list[Piece]:
    found = []
    for piece in pieces:
        begin = piece.valid_from if since is None else max(piece.valid_from, since)
        ends = [end for end in (piece.valid_to, until) if end is not None]
        end = min(ends, default=None)
        if end is None or begin < end:
            found.append(Piece(piece.version, begin, end))
    return found


def as_rate(version: CommissionRate) -> Rate:
    """One version, in the rules' words."""
    return Rate(
        id=version.pk,
        component=version.component,
        percent=version.percent,
        valid_from=version.valid_from,
        valid_to=version.valid_to,
        is_own=version.partner_id is not None,
        shop_id=version.shop_id,
        category=version.category,
        fixed=version.fixed,
        minimum=version.minimum,
        maximum=version.maximum,
        mode=version.mode,
        tiers=tuple((Decimal(tier["from"]), Decimal(tier["percent"])) for tier in version.tiers),
    )


def wall_clock(partner: Partner, at: datetime) -> datetime:
    """What a partner's clock shows at an instant."""
    return at.astimezone(ZoneInfo(partner.time_zone)).replace(tzinfo=None)


def latest_wall_clock(at: datetime) -> datetime:
    """What the clock of the easternmost partner shows: a default that begins then touches nobody's earlier sales."""
    zones = Partner.objects.order_by().values_list("time_zone", flat=True).distinct()
    clocks = [at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for zone in zones]
    return max(clocks, default=at.replace(tzinfo=None))


@dataclass(frozen=True, slots=True)
class Effective:
    """A rate in force, whose it is, which version of its scope, and how far the month has come in its tiers."""

    version: CommissionRate
    source: str
    number: int
    volume: Decimal | None


@dataclass(frozen=True, slots=True)
class RateCard:
    """All that concerns one partner's rates at one moment; `wide` by component is what most sales pay."""

    partner: Partner | None
    currency: str
    moment: datetime
    is_locked: bool
    own: list[CommissionRate]
    defaults: list[CommissionRate]
    effective: list[Effective]
    wide: dict[str, CommissionRate | None]


def get_rate_card(*, partner: Partner | None, at: datetime) -> RateCard:
    """A partner's rates with the defaults behind them, or (no partner) the defaults alone."""
    moment = latest_wall_clock(at) if partner is None else wall_clock(partner, at)
    currency = partner.currency if partner else "EUR"
    defaults = list(list_rates(partner=None))
    own = list(list_rates(partner=partner)) if partner else []
    fitting = [version for version in (*own, *defaults) if version.currency == currency]
    valid = [version for version in fitting if as_rate(version).is_valid_at(moment)]
    if partner is not None:
        kept = [piece.version for piece in defaults_of(partner=partner) if piece.is_valid_at(moment)]
        valid = [*(version for version in valid if version.partner_id is not None), *kept]
        fitting += [version for version in kept if version not in fitting]
    volumes = _volumes(partner, month_of(moment.date())) if partner and any(row.tiers for row in valid) else {}
    effective = [_effective(version, fitting, partner, volumes) for version in valid]
    wide: dict[str, CommissionRate | None] = {}
    for component in Component.values:
        plain = [row for row in valid if row.component == component and row.shop_id is None and not row.category]
        wide[component] = max(plain, key=lambda row: as_rate(row).rank(), default=None)
    lock = None if partner is None else PartnerLock.objects.filter(partner=partner, is_locked=True).first()
    is_locked = lock is not None and (lock.locked_until is None or lock.locked_until > at)
    return RateCard(partner, currency, moment, is_locked, own, defaults, effective, wide)


def _effective(
    version: CommissionRate, every: list[CommissionRate], partner: Partner | None, volumes: dict[int, Decimal]
) -> Effective:
    scope = as_rate(version).scope
    versions = [row for row in every if as_rate(row).scope == scope and row.valid_from <= version.valid_from]
    source = "global" if version.partner_id is None else "custom"
    volume = (
        sum((volumes.get(row.pk, Decimal(0)) for row in versions), Decimal(0)) if version.tiers and partner else None
    )
    return Effective(version, source, len(versions), volume)


def _volumes(partner: Partner, month: str) -> dict[int, Decimal]:
    """What was sold this month under each rate."""
    rows = CommissionEntry.objects.filter(partner=partner, origin_month=month, rate__isnull=False)
    return dict(rows.exclude(kind="reversal").order_by().values_list("rate").annotate(volume=Sum("base")))
