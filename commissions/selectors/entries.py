"""Reading lines of commission."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum

from commissions.choices import SourceType
from commissions.models import CommissionEntry, ManualLine
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
    """One page, each line with its rate and what it comes from."""
    narrowed = narrowed.filter(partner=partner)
    sums = narrowed.aggregate(total=Count("pk"), amount=Sum("amount"))
    ordered = narrowed.select_related("rate", "period").order_by("-local_on", "-pk")
    rows = list(ordered[page.offset : page.offset + page.size])
    _name_sources(partner, rows)
    return LinePage(rows, sums["total"], sums["amount"] or Decimal(0))


def get_line(*, partner: Partner, line_id: int) -> CommissionEntry:
    """One line as it is listed."""
    line = lines_of(partner).select_related("rate", "period").get(pk=line_id)
    _name_sources(partner, [line])
    return line


def _name_sources(partner: Partner, rows: list[CommissionEntry]) -> None:
    """The order of each sale's line; the reason of each line by hand, and which one it takes back."""

    def sources(kind: str) -> list[int]:
        return [row.source_id for row in rows if row.source_type == kind]

    sales = Transaction.objects.filter(partner=partner, pk__in=sources(SourceType.TRANSACTION))
    orders = dict(sales.values_list("pk", "order_id"))
    by_hand = ManualLine.objects.filter(partner=partner, pk__in=sources(SourceType.MANUAL)).annotate(
        reverses_line=Subquery(
            CommissionEntry.objects.filter(
                partner=partner, source_type=SourceType.MANUAL, source_id=OuterRef("reverses_id")
            ).values("pk")
        )
    )
    reasons = {why.pk: (why.reason, why.reverses_line) for why in by_hand}
    for row in rows:
        is_sale, is_manual = row.source_type == SourceType.TRANSACTION, row.source_type == SourceType.MANUAL
        row.order_id = orders.get(row.source_id) if is_sale else None  # type: ignore[attr-defined]
        row.reason, row.reverses = reasons[row.source_id] if is_manual else (None, None)  # type: ignore[attr-defined]
