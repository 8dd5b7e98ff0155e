"""How far the close of a month is, over all partners."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Sum

from commissions.choices import EntryKind, PayoutStatus, PeriodState, StatementStatus
from commissions.models import BankDetails, CommissionEntry, CommissionPeriod, Payout, Statement, SyncRun
from commissions.selectors.cursors import list_partners_to_follow_across_partners
from loyalty.api.pagination import Page
from partners.models import Partner


@dataclass(frozen=True, slots=True)
class Progress:
    """The figures above the list: months by their state, and what became of their statements."""

    open: int
    locked: int
    settled: int
    issued: int
    failed: int
    totals: tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One partner's month; `no_rate` counts sales that no rate covers, `is_behind`: sales wait to be followed."""

    period: CommissionPeriod
    statement: Statement | None
    payout: Payout | None
    synced_at: datetime | None
    no_rate: int
    is_behind: bool
    has_bank: bool


@dataclass(frozen=True, slots=True)
class Board:
    """One page of the list."""

    rows: list[BoardRow]
    total: int


def progress_across_partners(*, month: str) -> Progress:
    """How far all of them are."""
    periods = CommissionPeriod.objects.filter(month=month).order_by()
    states = dict(periods.values_list("state").annotate(count=Count("pk")))
    totals = periods.values_list("currency").annotate(sum=Sum("total")).order_by("currency")
    live = Statement.objects.filter(month=month)
    counts = live.aggregate(
        issued=Count("pk", filter=Q(status=StatementStatus.ISSUED)),
        failed=Count("pk", filter=Exists(Payout.objects.filter(statement=OuterRef("pk"), status=PayoutStatus.FAILED))),
    )
    return Progress(
        open=states.get(PeriodState.OPEN, 0),
        locked=states.get(PeriodState.LOCKED, 0),
        settled=states.get(PeriodState.SETTLED, 0),
        issued=counts["issued"],
        failed=counts["failed"],
        totals=tuple(totals),
    )


def list_months_across_partners(*, most: int = 24) -> list[str]:
    """The months that there are, the newest first."""
    months = CommissionPeriod.objects.order_by("-month").values_list("month", flat=True).distinct()
    return list(months[:most])


def board_across_partners(*, month: str, state: str = "", search: str = "", page: Page) -> Board:
    """One page of a month's partners by name, with everything that its row says; a constant number of queries."""
    periods = CommissionPeriod.objects.filter(month=month)
    if state:
        periods = periods.filter(state=state)
    if search:
        periods = periods.filter(partner__name__icontains=search)
    ordered = periods.select_related("partner").order_by("partner__name", "pk")
    shown = list(ordered[page.offset : page.offset + page.size])
    return Board(_rows(shown), periods.count())


def _rows(periods: list[CommissionPeriod]) -> list[BoardRow]:
    partners = [period.partner_id for period in periods]
    statements = {row.period_id: row for row in _live_statements(periods)}
    payouts = {row.statement_id: row for row in Payout.objects.filter(statement__in=statements.values())}
    unrated = CommissionEntry.objects.filter(period__in=periods, kind=EntryKind.NO_RATE).order_by()
    no_rate = dict(unrated.values_list("period").annotate(count=Count("pk")))
    runs = SyncRun.objects.filter(partner__in=partners).order_by()
    synced = dict(runs.values_list("partner").annotate(at=Max("at")))
    behind = set(list_partners_to_follow_across_partners())
    known = set(BankDetails.objects.filter(partner__in=partners).values_list("partner", flat=True))
    rows = []
    for period in periods:
        statement = statements.get(period.pk)
        rows.append(
            BoardRow(
                period=period,
                statement=statement,
                payout=payouts.get(statement.pk) if statement else None,
                synced_at=synced.get(period.partner_id),
                no_rate=no_rate.get(period.pk, 0),
                is_behind=period.partner_id in behind,
                has_bank=period.partner_id in known,
            )
        )
    return rows


def _live_statements(periods: list[CommissionPeriod]) -> QuerySet[Statement]:
    return Statement.objects.filter(period__in=periods).exclude(status=StatementStatus.WITHDRAWN)


def partners_without_the_month(*, month: str) -> int:
    """Active partners who have nothing in a month: no sale, so nothing to close."""
    has = CommissionPeriod.objects.filter(partner=OuterRef("pk"), month=month)
    return Partner.objects.filter(~Exists(has), status="active").count()
