"""Reading lines of commission."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, QuerySet, Sum

from commissions.choices import SourceType
from commissions.models import CommissionEntry
from ledger.models import Transaction
from loyalty.api.pagination import Page
from partners.models import Partner

Entries = QuerySet[CommissionEntry]


@dataclass(frozen=True, slots=True)
class LinePage:
    """One page of lines, newest first, and what all of them come to."""

    rows: list[CommissionEntry]
    total: int
    amount: Decimal


def lines_of(partner: Partner, reach: frozenset[int] | None = None) -> Entries:
    """A partner's lines; with `reach`, only those of these shops."""
    rows = CommissionEntry.objects.filter(partner=partner)
    return rows if reach is None else rows.filter(shop_id__in=reach)


def list_lines(*, partner: Partner, narrowed: Entries, page: Page) -> LinePage:
    """One page, each line with its rate and its order."""
    narrowed = narrowed.filter(partner=partner)
    sums = narrowed.aggregate(total=Count("pk"), amount=Sum("amount"))
    ordered = narrowed.select_related("rate", "period").order_by("-local_on", "-pk")
    rows = list(ordered[page.offset : page.offset + page.size])
    ids = [row.source_id for row in rows if row.source_type == SourceType.TRANSACTION]
    orders = dict(Transaction.objects.filter(partner=partner, pk__in=ids).values_list("pk", "order_id"))
    for row in rows:
        row.order_id = orders.get(row.source_id)  # type: ignore[attr-defined]
    return LinePage(rows, sums["total"], sums["amount"] or Decimal(0))
