"""Reading statements."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, F, OuterRef, Q, QuerySet, Subquery, Sum, When

from commissions.choices import Component, EntryKind, SourceType, StatementStatus
from commissions.models import CommissionEntry, CommissionPeriod, ManualLine, Statement
from commissions.rules.statements import extra_of, settled_of
from commissions.selectors.terms import get_terms
from ledger.models import Transaction
from loyalty.api.pagination import Page
from loyalty.errors import ResourceNotFound
from partners.models import Partner

Statements = QuerySet[Statement]
ISSUED = (StatementStatus.ISSUED, StatementStatus.SETTLED)
# Where a line of each kind is counted on a statement.
PART_OF = {
    EntryKind.ACCRUAL: "accruals",
    EntryKind.NO_RATE: "accruals",
    EntryKind.LATE_ACCRUAL: "late_accruals",
    EntryKind.REVERSAL: "reversals",
    EntryKind.ADJUSTMENT: "adjustments",
    EntryKind.MANUAL: "manual",
    EntryKind.MINIMUM_TOPUP: "minimum_topup",
    EntryKind.CAP_REDUCTION: "cap_reduction",
}


def statements_of(*, partner: Partner) -> Statements:
    """A partner's statements, drafts among them; those withdrawn left out."""
    return Statement.objects.filter(partner=partner).exclude(status=StatementStatus.WITHDRAWN)


def issued_statements_of(*, partner: Partner) -> Statements:
    """What the partner itself may see."""
    return Statement.objects.filter(partner=partner, status__in=ISSUED)


def parts_of(*, period: CommissionPeriod) -> tuple[dict[str, Decimal], int]:
    """What the lines of a period come to by the part of a statement, and how many they are."""
    rows = CommissionEntry.objects.filter(period=period).order_by().values_list("kind")
    parts, lines = dict.fromkeys(PART_OF.values(), Decimal(0)), 0
    for kind, amount, count in rows.annotate(amount=Sum("amount"), count=Count("pk")):
        parts[PART_OF[EntryKind(kind)]] += amount
        lines += count
    return parts, lines


def last_issued(*, partner: Partner, currency: str) -> Statement | None:
    """The one with the highest number, whose closing balance the next one opens with."""
    return issued_statements_of(partner=partner).filter(currency=currency).order_by("-number").first()


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a month's statement would say if it were locked as it stands."""

    extra: Decimal
    total: Decimal
    opening: Decimal
    settled: Decimal


def foresee_statement(*, period: CommissionPeriod) -> Foreseen:
    """The effect of a lock, for a person to look at before; sales that are not followed yet may still come to it."""
    terms = get_terms(partner=period.partner, month=period.month)
    extra = extra_of(counted_of(period=period), terms.minimum, terms.cap)
    partner, currency = period.partner, period.currency
    before = drafts_of(partner=partner, currency=currency).filter(month__lt=period.month).last()
    last = before or last_issued(partner=partner, currency=currency)
    opening = last.closing if last else Decimal(0)
    total = period.total + extra
    return Foreseen(extra, total, opening, settled_of(opening + total, terms.threshold, pays_out=terms.pays_out))


def counted_of(*, period: CommissionPeriod) -> Decimal:
    """What counts for the minimum and the cap of a month: the platform's part of sales and refunds."""
    rows = CommissionEntry.objects.filter(
        period=period, component=Component.PLATFORM, source_type=SourceType.TRANSACTION
    )
    return rows.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)


def drafts_of(*, partner: Partner, currency: str) -> Statements:
    """The drafts in the order in which they follow each other and are issued: by month."""
    drafts = Statement.objects.filter(partner=partner, currency=currency, status=StatementStatus.DRAFT)
    return drafts.order_by("month")


@dataclass(frozen=True, slots=True)
class StatementPage:
    """One page of statements, the newest month first."""

    rows: list[Statement]
    total: int


@dataclass(frozen=True, slots=True)
class Group:
    """Lines of one kind, component, month of sale and shop, added up."""

    kind: str
    component: str
    origin_month: str
    shop_id: int | None
    shop_name: str | None
    lines: int
    base: Decimal
    amount: Decimal


def page_of(*, partner: Partner, narrowed: Statements, page: Page) -> StatementPage:
    """One page of what was asked for."""
    narrowed = narrowed.filter(partner=partner)
    rows = narrowed.order_by("-month", "-pk")[page.offset : page.offset + page.size]
    return StatementPage(list(rows), narrowed.count())


def get_statement(*, partner: Partner, statement_id: int) -> Statement:
    """One of a partner's statements. Raises ResourceNotFound."""
    return _one(statements_of(partner=partner), statement_id)


def get_issued_statement(*, partner: Partner, statement_id: int) -> Statement:
    """One that the partner may see. Raises ResourceNotFound."""
    return _one(issued_statements_of(partner=partner), statement_id)


def _one(rows: Statements, statement_id: int) -> Statement:
    found = rows.select_related("partner").filter(pk=statement_id).first()
    if found is None:
        raise ResourceNotFound
    return found


def groups_of(*, statement: Statement) -> list[Group]:
    """What the lines of a statement come to, the more important kinds first; they add up to its total."""
    rows = CommissionEntry.objects.filter(period_id=statement.period_id).order_by()
    keys = rows.values("kind", "component", "origin_month", "shop_id", shop_name=F("shop__name"))
    sums = keys.annotate(lines=Count("pk"), bases=Sum("base"), amounts=Sum("amount"))
    groups = []
    for found in sums:
        row: dict[str, Any] = dict(found)
        groups.append(Group(base=row.pop("bases"), amount=row.pop("amounts"), **row))
    order = list(PART_OF)
    return sorted(
        groups, key=lambda one: (order.index(EntryKind(one.kind)), one.origin_month, one.component, one.shop_id or 0)
    )


def iterate_lines(*, statement: Statement) -> Iterator[CommissionEntry]:
    """Every line of a statement as it was posted, with `order_id`, `shop_name` and `reason`, a batch at a time."""
    is_sale, is_manual = Q(source_type=SourceType.TRANSACTION), Q(source_type=SourceType.MANUAL)
    order = Transaction.objects.filter(pk=OuterRef("source_id"), partner_id=statement.partner_id).values("order_id")
    reason = ManualLine.objects.filter(pk=OuterRef("source_id"), partner_id=statement.partner_id).values("reason")
    rows = (
        CommissionEntry.objects.filter(period_id=statement.period_id)
        .select_related("rate")
        .annotate(
            order_id=Case(When(is_sale, then=Subquery(order)), default=None),
            reason=Case(When(is_manual, then=Subquery(reason)), default=None),
            shop_name=F("shop__name"),
        )
    )
    return rows.order_by("local_on", "pk").iterator(chunk_size=2_000)
