"""Reading payouts and invoices."""

from datetime import datetime

from django.db.models import QuerySet

from commissions.choices import PayoutDirection, PayoutMethod, PayoutStatus
from commissions.models import Payout, PayoutRun
from partners.models import Partner

Payouts = QuerySet[Payout]


def payouts_of(partner: Partner) -> Payouts:
    """What a partner gets to see: drafts are not on their way yet."""
    return list_payouts_across_partners().filter(partner=partner).exclude(status=PayoutStatus.DRAFT)


def list_payouts_across_partners() -> Payouts:
    """All of them, newest first, with what their lists show."""
    return Payout.objects.select_related("partner", "statement").order_by("-pk")


def get_payout_across_partners(*, payout_id: int) -> Payout | None:
    """One of them."""
    return list_payouts_across_partners().filter(pk=payout_id).first()


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
    return ready.exclude(pk__in=_in_live_runs())


def _in_live_runs() -> QuerySet:
    return PayoutRun.objects.filter(items__is_live=True).values("items__payout_id")


def list_runs() -> QuerySet[PayoutRun]:
    """Bank files, newest first, without their text."""
    return PayoutRun.objects.defer("file").order_by("-pk")


def get_run(*, run_id: int) -> PayoutRun | None:
    """One of them, with its text."""
    return PayoutRun.objects.filter(pk=run_id).first()
