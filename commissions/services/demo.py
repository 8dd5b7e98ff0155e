"""What a demo partner pays: a year of commission, months that were closed, and money that moved in every way."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F, Min

from commissions.choices import ClosePolicy, Component, PayoutDirection, PayoutMethod, RateMode
from commissions.models import CommissionEntry, CommissionPeriod, CommissionRate, Payout, Statement
from commissions.rules.cards import Draft
from commissions.rules.months import first_day, last_day, next_month
from commissions.selectors.periods import current_month
from commissions.services.bank import NewBankDetails, set_bank_details
from commissions.services.manual import NewLine, add_line
from commissions.services.payout_runs import NewRun, create_run
from commissions.services.payouts import issue_payout, mark_paid
from commissions.services.periods import lock_period
from commissions.services.rates import NewCard, set_rates
from commissions.services.statements import issue_statement
from commissions.services.sync import accrue_partner
from commissions.services.terms import set_terms
from ledger.models import Transaction
from loyalty.services.audit import SYSTEM
from messaging.choices import EmailStatus
from messaging.models import EmailMessage
from partners.models import Partner

SINCE = datetime(2020, 1, 1)  # noqa: DTZ001 - rates count on each partner's own clock
CLOSED_AFTER = timedelta(days=3)
PAID_AFTER = timedelta(days=9)
CREDIT = "Half of the autumn campaign, as agreed"
TIERS = ((Decimal(0), Decimal(3)), (Decimal(5_000), Decimal("2.5")), (Decimal(20_000), Decimal(2)))


@dataclass(frozen=True, slots=True)
class Agreement:
    """What one partner of the demo has agreed to, and how far its last month has come."""

    iban: str
    terms: Mapping[str, Any]
    tiers: tuple[tuple[Decimal, Decimal], ...] = ()
    # A credit in the month before the last, which turns its statement into a payout.
    credit: Decimal = Decimal(0)
    # The last whole month: its statement is issued, drafted, or the month is still open.
    last: str = "open"


AGREEMENTS = {
    "chain": Agreement(
        "LT601010012345678901",
        {"close_policy": ClosePolicy.AUTOMATIC, "close_after_days": 3, "threshold": Decimal(25)},
        last="issued",
    ),
    "bookshop": Agreement(
        "LT121000011101001000", {"pays_out": True, "minimum": Decimal(30)}, credit=Decimal(-1_400), last="drafted"
    ),
    "tea": Agreement("GB29NWBK60161331926819", {"cap": Decimal(400)}, tiers=TIERS),
}


class CommissionsDemo:
    """What commission adds to the demo."""

    def load(self, *, partner: Partner, key: str, at: datetime, say: Callable[[str], None]) -> None:
        """Rates, terms, lines, closed months and payouts of a partner, once."""
        if CommissionPeriod.objects.filter(partner=partner).exists():
            return
        with transaction.atomic():
            _set_defaults(at)
            _agree(partner, AGREEMENTS[key], at)
            accrue_partner(partner=partner, at=at)
            _close(partner, AGREEMENTS[key], at)
            _deliver_notices(partner, at)
        lines = CommissionEntry.objects.filter(partner=partner).count()
        closed = Statement.objects.filter(partner=partner).count()
        say(f"{partner.name}: {lines} lines of commission, {closed} statements")

    def handover(self, *, partner: Partner, at: datetime) -> dict[str, Any]:
        """Nothing: the back office and the partner's API show it."""
        return {}


def _set_defaults(at: datetime) -> None:
    if CommissionRate.objects.filter(partner=None).exists():
        return
    rates = [
        draft
        for currency in ("EUR", "GBP")
        for draft in (
            Draft(Component.PLATFORM, percent=Decimal(4), currency=currency, valid_from=SINCE),
            Draft(
                Component.PROCESSING,
                percent=Decimal("1.4"),
                fixed=Decimal("0.05"),
                currency=currency,
                valid_from=SINCE,
            ),
        )
    ]
    set_rates(actor=SYSTEM, partner=None, card=NewCard(rates=rates), reason="Demo", at=at)


def _agree(partner: Partner, agreement: Agreement, at: datetime) -> None:
    if agreement.tiers:
        own = Draft(
            Component.PLATFORM,
            mode=RateMode.MARGINAL,
            tiers=agreement.tiers,
            currency=partner.currency,
            valid_from=SINCE,
        )
        set_rates(actor=SYSTEM, partner=partner, card=NewCard(rates=[own]), reason="Demo", at=at)
    first = _first_month(partner, at)
    set_terms(actor=SYSTEM, partner=partner, said=agreement.terms, valid_from=first, at=at)
    holder = partner.legal_name or partner.name
    details = NewBankDetails(account_holder=holder, iban=agreement.iban, provider_account=f"acct_demo_{partner.pk}")
    set_bank_details(actor=SYSTEM, partner=partner, data=details, reason="Demo", at=at)


def _close(partner: Partner, agreement: Agreement, at: datetime) -> None:
    months = list(_whole_months(partner, at))
    if agreement.credit and len(months) > 1:
        new = NewLine(reason=CREDIT, amount=agreement.credit, month=months[-2])
        add_line(actor=SYSTEM, partner=partner, new=new, at=_after(months[-2], timedelta(0), at))
    for month in months:
        is_last = month == months[-1]
        if is_last and agreement.last == "open":
            return
        closed_at = _after(month, CLOSED_AFTER, at)
        lock_period(actor=SYSTEM, partner=partner, month=month, reason="Month end", at=closed_at)
        if is_last and agreement.last == "drafted":
            return
        draft = Statement.objects.get(partner=partner, month=month)
        issue_statement(actor=SYSTEM, statement=draft, at=closed_at)
        payout = Payout.objects.filter(statement=draft).first()
        if payout is not None:
            _move_money(payout, is_last, _after(month, PAID_AFTER, at))


def _move_money(payout: Payout, is_last: bool, at: datetime) -> None:
    """Older invoices are paid, the last one is still open; what the platform pays stands in a bank file."""
    if payout.direction == PayoutDirection.PAYOUT:
        create_run(actor=SYSTEM, data=NewRun(payout_ids=[payout.pk]), at=at)
        return
    issue_payout(actor=SYSTEM, payout=payout, method=PayoutMethod.MANUAL, at=at)
    if not is_last:
        mark_paid(actor=SYSTEM, payout=payout, reference=f"Bank transfer {payout.number}", at=at)


def _deliver_notices(partner: Partner, at: datetime) -> None:
    """Mails about statements of the past went out at their time: nowhere, as all mail of the demo."""
    late = EmailMessage.objects.filter(partner=partner, status=EmailStatus.QUEUED, expires_at__lte=at)
    late.update(status=EmailStatus.SENT, sent_at=F("queued_at"), attempts=1)


def _first_month(partner: Partner, at: datetime) -> str:
    first = Transaction.objects.filter(partner=partner).aggregate(day=Min("local_on"))["day"]
    return f"{first or at:%Y-%m}"


def _whole_months(partner: Partner, at: datetime) -> Iterator[str]:
    month, now = _first_month(partner, at), current_month(partner, at)
    while month < now:
        yield month
        month = next_month(month)


def _after(month: str, wait: timedelta, at: datetime) -> datetime:
    """So long after the month's end, at ten, and not later than now."""
    day: date = first_day(next_month(month)) if wait else last_day(month)
    return min(datetime.combine(day, time(10), UTC) + wait, at)
