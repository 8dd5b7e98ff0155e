"""What `manage.py demo` leaves of commission: sound books of a year, and payouts in every state."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from commissions.models import BankDetails, CommissionEntry, CommissionPeriod, Payout, PayoutRun, Statement
from commissions.selectors.integrity import find_drift
from commissions.services.proof import prove_lines
from ledger.models import Transaction
from loyalty.models import AuditEvent
from messaging.models import EmailMessage
from partners.models import Partner

MODELS = (CommissionEntry, CommissionPeriod, Statement, Payout, PayoutRun, BankDetails, EmailMessage, AuditEvent)


@pytest.mark.django_db
@pytest.mark.usefixtures("feed_sees_all")
def test_a_year_of_commission_is_there_once_and_proves_itself(tmp_path: Path, settings: Any) -> None:
    settings.VAR_DIR = tmp_path
    call_command("demo", force=True, scale=0.05)
    partners = {partner.name: partner for partner in Partner.objects.all()}
    assert {name: rows for name, rows in find_drift().items() if rows} == {}
    for partner in partners.values():
        assert prove_lines(partner=partner, at=timezone.now()) == []
        sales = Transaction.objects.filter(partner=partner, type="purchase")
        accrued = CommissionEntry.objects.filter(partner=partner, component="platform", kind="accrual")
        assert accrued.values("source_id").distinct().count() == sales.count() > 0
        assert Statement.objects.filter(partner=partner).count() >= 10
    last = {
        name: list(CommissionPeriod.objects.filter(partner=partner).order_by("-month").values_list("state", flat=True))[
            :2
        ]
        for name, partner in partners.items()
    }
    assert last == {
        "Kavos namai": ["open", "locked"],
        "Paper Lantern Books": ["open", "locked"],
        "Wren & Kettle": ["open", "open"],
    }
    states = Counter(Payout.objects.values_list("direction", "status"))
    assert states["invoice", "paid"] > 10
    assert states["invoice", "issued"] == 1
    assert states["payout", "issued"] == PayoutRun.objects.count() == 1
    assert not EmailMessage.objects.filter(status="queued", expires_at__lte=timezone.now()).exists()

    before = {model: model._default_manager.count() for model in MODELS}
    call_command("demo", force=True, scale=0.05)
    assert {model: model._default_manager.count() for model in MODELS} == before
