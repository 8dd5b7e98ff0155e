"""The lines that a month gets when it is locked, and loses when it is unlocked."""

from decimal import Decimal

from django.db.models import Sum

from commissions.choices import Component, EntryKind, SourceType
from commissions.models import CommissionEntry, CommissionPeriod
from commissions.rules.months import last_day
from commissions.rules.statements import extra_of
from commissions.selectors.terms import get_terms

EXTRAS = (EntryKind.MINIMUM_TOPUP, EntryKind.CAP_REDUCTION)


def add_extra_line(*, period: CommissionPeriod) -> None:
    """Top a month that is about to be locked up to its minimum, or cut it to its cap, by a line of its own.

    What counts is the platform's part of sales and refunds; lines by hand stand beside it. The caller saves the period.
    """
    terms = get_terms(partner=period.partner, month=period.month)
    rows = CommissionEntry.objects.filter(
        period=period, component=Component.PLATFORM, source_type=SourceType.TRANSACTION
    )
    counted = rows.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
    extra = extra_of(counted, terms.minimum, terms.cap)
    if extra == 0:
        return
    CommissionEntry.objects.create(
        partner_id=period.partner_id,
        period=period,
        origin_month=period.month,
        kind=EntryKind.MINIMUM_TOPUP if extra > 0 else EntryKind.CAP_REDUCTION,
        component=Component.PLATFORM,
        source_type=SourceType.PERIOD,
        source_id=period.pk,
        revision=period.version,
        local_on=last_day(period.month),
        base=counted,
        amount=extra,
        currency=period.currency,
    )
    period.lines += 1
    period.total += extra


def remove_extra_line(*, period: CommissionPeriod) -> None:
    """Take it back from a month that has just been unlocked. The caller saves the period."""
    for line in CommissionEntry.objects.filter(period=period, kind__in=EXTRAS):
        period.lines -= 1
        period.total -= line.amount
        line.delete()
