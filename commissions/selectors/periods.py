"""Months of commission and their locks."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Max, QuerySet, Sum

from commissions.choices import PeriodState
from commissions.models import CommissionPeriod, PartnerLock
from commissions.rules.currency import unit_of
from commissions.rules.months import begins_at, month_of
from partners.models import Partner

# Every column that says something, in the order of the lines.
_CHECKSUM = """
SELECT encode(sha256(convert_to(coalesce(string_agg(line, E'\\n' ORDER BY id), ''), 'UTF8')), 'hex') FROM (
    SELECT id, concat_ws('|', id, origin_month, kind, component, source_type, source_id, category, revision, shop_id,
                         local_on, base, rate_id, amount, currency) AS line
    FROM commissions_commissionentry WHERE period_id = %s
) AS lines
"""


@dataclass(frozen=True, slots=True)
class LockStatus:
    """Whether a partner's commission, or one month of it, is locked, and what it comes to."""

    is_locked: bool
    scope: str
    period: str | None
    state: str
    version: int | None
    locked_at: datetime | None
    locked_by: str | None
    reason: str | None
    locked_until: datetime | None
    lines: int
    total: Decimal
    currency: str
    checksum: str | None


def current_month(partner: Partner, at: datetime) -> str:
    """The month that the partner's calendar shows."""
    return month_of(at.astimezone(ZoneInfo(partner.time_zone)).date())


def month_start(partner: Partner, month: str) -> datetime:
    """The instant at which a month begins on the partner's clock."""
    return begins_at(month).replace(tzinfo=ZoneInfo(partner.time_zone))


def list_periods(*, partner: Partner) -> QuerySet[CommissionPeriod]:
    """A partner's months."""
    return CommissionPeriod.objects.filter(partner=partner)


def last_closed_month(*, partner: Partner) -> str | None:
    """The latest month that is locked or settled."""
    closed = list_periods(partner=partner).exclude(state=PeriodState.OPEN)
    return closed.aggregate(last=Max("month"))["last"]


def closed_months(*, partner: Partner) -> set[str]:
    """The months that are locked or settled."""
    closed = list_periods(partner=partner).filter(currency=partner.currency).exclude(state=PeriodState.OPEN)
    return set(closed.values_list("month", flat=True))


def total_of(*, partner: Partner) -> Decimal:
    """What all months of a partner come to."""
    return list_periods(partner=partner).aggregate(total=Sum("total"))["total"] or Decimal(0)


def checksum_of(*, period: CommissionPeriod) -> str:
    """SHA-256 over the lines of a period."""
    with connection.cursor() as cursor:
        cursor.execute(_CHECKSUM, [period.pk])
        return cursor.fetchone()[0]


def get_lock_status(*, partner: Partner, month: str | None, at: datetime) -> LockStatus:
    """The state of a month, or (no month) of the partner as a whole; a lock that has run out reads as lifted."""
    unit = unit_of(partner.currency)
    if month is None:
        return _partner_status(partner, at, unit)
    period = list_periods(partner=partner).filter(month=month, currency=partner.currency).first()
    if period is None:
        period = CommissionPeriod(partner=partner, month=month, currency=partner.currency, total=Decimal(0))
    return LockStatus(
        is_locked=not period.is_open,
        scope="period",
        period=month,
        state=period.state,
        version=period.version,
        locked_at=period.locked_at,
        locked_by=period.locked_by or None,
        reason=period.reason or None,
        locked_until=None,
        lines=period.lines,
        total=period.total.quantize(unit),
        currency=partner.currency,
        checksum=period.checksum or None,
    )


def _partner_status(partner: Partner, at: datetime, unit: Decimal) -> LockStatus:
    lock = PartnerLock.objects.filter(partner=partner, is_locked=True).first()
    if lock is not None and lock.locked_until is not None and lock.locked_until <= at:
        lock = None
    sums = list_periods(partner=partner).aggregate(lines=Sum("lines"), total=Sum("total"))
    return LockStatus(
        is_locked=lock is not None,
        scope="partner",
        period=None,
        state="locked" if lock else "open",
        version=None,
        locked_at=lock.locked_at if lock else None,
        locked_by=(lock.locked_by or None) if lock else None,
        reason=(lock.reason or None) if lock else None,
        locked_until=lock.locked_until if lock else None,
        lines=sums["lines"] or 0,
        total=(sums["total"] or Decimal(0)).quantize(unit),
        currency=partner.currency,
        checksum=None,
    )
