"""Reading SMS accounts and what was sent through them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from loyalty.errors import ResourceNotFound
from messaging.choices import SmsStatus
from messaging.models import SmsAccount, SmsMessage
from partners.models import Partner

FAILED = (SmsStatus.FAILED, SmsStatus.UNDELIVERABLE, SmsStatus.EXPIRED)
# What was given back cost nothing.
PAID = Q(refunded_at=None)
FIGURES: dict[str, Any] = {
    "messages": Count("pk"),
    "sent": Count("pk", filter=Q(sent_at__isnull=False)),
    "delivered": Count("pk", filter=Q(status=SmsStatus.DELIVERED)),
    "failed": Count("pk", filter=Q(status__in=FAILED)),
    "parts": Sum("parts"),
    "cost": Sum("cost", filter=PAID),
}
NOTHING: dict[str, Any] = {**dict.fromkeys(FIGURES, 0), "cost": Decimal(0)}


def accounts_of(partner: Partner) -> "QuerySet[SmsAccount]":
    """The accounts that are there, newest first."""
    return SmsAccount.objects.filter(partner=partner, deleted_at=None).order_by("-pk")


def get_account(*, partner: Partner, account_id: int) -> SmsAccount:
    """Raises ResourceNotFound."""
    found = accounts_of(partner).filter(pk=account_id).first()
    if found is None:
        raise ResourceNotFound
    return found


def find_active_account(partner: Partner | None) -> SmsAccount | None:
    """The account in whose name the partner's messages go; None: the platform's."""
    if partner is None:
        return None
    return SmsAccount.objects.filter(partner=partner, is_active=True).first()


def month_usage(*, partner: Partner, accounts: Iterable[SmsAccount], at: datetime) -> dict[int, dict[str, Any]]:
    """The figures of this month on the partner's clock, by account, in one query."""
    local = at.astimezone(ZoneInfo(partner.time_zone))
    since = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    wanted = [account.pk for account in accounts]
    rows = SmsMessage.objects.filter(partner=partner, account__in=wanted, queued_at__gte=since)
    grouped: Any = rows.values("account").annotate(**FIGURES)
    found: dict[int, dict[str, Any]] = {row.pop("account"): _filled(row) for row in grouped}
    return {pk: found.get(pk, NOTHING) for pk in wanted}


@dataclass(frozen=True, slots=True)
class Usage:
    """What a partner sent in some of its local days. Costs are those in `currency`, and each account's in its own."""

    since: date
    until: date
    currency: str
    totals: dict[str, Any]
    by_day: list[dict[str, Any]]
    by_country: list[dict[str, Any]]
    by_purpose: list[dict[str, Any]]
    by_template: list[dict[str, Any]]
    by_account: list[dict[str, Any]]


def get_usage(*, partner: Partner, since: date, until: date, account: SmsAccount | None = None) -> Usage:
    """Of all accounts or of one, `until` included, by the day on which a message was queued."""
    zone = ZoneInfo(partner.time_zone)
    begin = datetime.combine(since, datetime.min.time(), zone)
    end = datetime.combine(date.fromordinal(until.toordinal() + 1), datetime.min.time(), zone)
    rows = SmsMessage.objects.filter(partner=partner, queued_at__gte=begin, queued_at__lt=end)
    if account is not None:
        rows = rows.filter(account=account)
    payer = account or find_active_account(partner)
    currency = partner.currency if payer is None else payer.currency
    figures = {**FIGURES, "cost": Sum("cost", filter=PAID & Q(currency=currency))}

    def grouped(name: str, source: Any, figures: dict[str, Any] = figures) -> list[dict[str, Any]]:
        groups = rows.annotate(**{f"by_{name}": source}).values(f"by_{name}").annotate(**figures)
        found = groups.order_by(f"by_{name}")
        return [{name: row.pop(f"by_{name}"), **_filled(row)} for row in found]

    return Usage(
        since=since,
        until=until,
        currency=currency,
        totals=_filled(rows.aggregate(**figures)),
        by_day=grouped("day", TruncDate("queued_at", tzinfo=zone)),
        by_country=grouped("country", F("country")),
        by_purpose=grouped("purpose", F("purpose")),
        by_template=grouped("template", F("template")),
        by_account=grouped("account_id", F("account_id"), FIGURES),
    )


def _filled(row: dict[str, Any]) -> dict[str, Any]:
    """Sums of nothing are none."""
    return {name: NOTHING.get(name) if value is None else value for name, value in row.items()}
