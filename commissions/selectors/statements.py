"""Reading statements."""

from decimal import Decimal

from django.db.models import Count, QuerySet, Sum

from commissions.choices import EntryKind, StatementStatus
from commissions.models import CommissionEntry, CommissionPeriod, Statement
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


def drafts_of(*, partner: Partner, currency: str) -> Statements:
    """The drafts in the order in which they follow each other and are issued: by month."""
    drafts = Statement.objects.filter(partner=partner, currency=currency, status=StatementStatus.DRAFT)
    return drafts.order_by("month")
