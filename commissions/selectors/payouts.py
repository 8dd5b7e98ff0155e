"""Reading payouts and invoices."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from commissions.choices import PayoutDirection, PayoutMethod, PayoutStatus
from commissions.models import Payout, PayoutRun, PayoutRunItem, Statement
from loyalty.api.pagination import Page
from loyalty.errors import ResourceNotFound
from partners.models import Partner

Payouts = QuerySet[Payout]


def payouts_of(partner: Partner) -> Payouts:
    """What a partner gets to see: drafts are not on their way yet."""
    return list_payouts_across_partners().filter(partner=partner).exclude(status=PayoutStatus.DRAFT)


def list_payouts_across_partners() -> Payouts:
    """All of them, newest first, with what their lists show; `run_id` is the bank file that one is live in."""
    live = PayoutRunItem.objects.filter(payout=OuterRef("pk"), is_live=True).values("run_id")
    rows = Payout.objects.select_related("partner", "statement").annotate(run_id=Subquery(live))
    return rows.order_by("-pk")


@dataclass(frozen=True, slots=True)
class PayoutPage:
    """One page of payouts, and how many there are in all."""

    rows: list[Payout]
    total: int


def page_of_payouts(*, narrowed: Payouts, page: Page) -> PayoutPage:
    """One page of what was asked for."""
    return PayoutPage(list(narrowed[page.offset : page.offset + page.size]), narrowed.order_by().count())


def get_payout_across_partners(*, payout_id: int) -> Payout:
    """One of them. Raises ResourceNotFound."""
    found = list_payouts_across_partners().filter(pk=payout_id).first()
    if found is None:
        raise ResourceNotFound
    return found


def get_statement_across_partners(*, statement_id: int) -> Statement:
    """Any partner's statement. Raises ResourceNotFound with the field's name."""
    found = Statement.objects.filter(pk=statement_id).first()
    if found is None:
        raise ResourceNotFound(errors={"statement_id": [_("There is no such statement.")]})
    return found


def list_waiting_across_partners(*, at: datetime, most: int = 1_000) -> list[int]:
    """Payouts whose next attempt is due."""
    due = Payout.objects.filter(next_at__lte=at).order_by("next_at")
    return list(due.values_list("pk", flat=True)[:most])


def list_payable_by_file_across_partners() -> Payouts:
    """Payouts that a bank file may take: drafts, and those issued for one that none has."""
    rows = list_payouts_across_partners().filter(direction=PayoutDirection.PAYOUT)
    ready = rows.filter(status=PayoutStatus.DRAFT) | rows.filter(
        status=PayoutStatus.ISSUED, method=PayoutMethod.BANK_FILE
    )
    live = PayoutRunItem.objects.filter(payout=OuterRef("pk"), is_live=True)
    return ready.filter(~Exists(live))


def list_runs() -> QuerySet[PayoutRun]:
    """Bank files, newest first, without their text."""
    return PayoutRun.objects.defer("file").order_by("-pk")


@dataclass(frozen=True, slots=True)
class RunPage:
    """One page of bank files, and how many there are in all."""

    rows: list[PayoutRun]
    total: int


def page_of_runs(*, narrowed: QuerySet[PayoutRun], page: Page) -> RunPage:
    """One page of what was asked for."""
    return RunPage(list(narrowed[page.offset : page.offset + page.size]), narrowed.order_by().count())


def get_run(*, run_id: int) -> PayoutRun:
    """One of them, with its text. Raises ResourceNotFound."""
    found = PayoutRun.objects.filter(pk=run_id).first()
    if found is None:
        raise ResourceNotFound
    return found


def list_run_items(*, run: PayoutRun) -> list[PayoutRunItem]:
    """What stands in a bank file, in its order, each with its payout."""
    return list(PayoutRunItem.objects.filter(run=run).select_related("payout__partner").order_by("pk"))
