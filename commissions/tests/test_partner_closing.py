"""A partner that owes commission, or is owed some, is not closed by mistake."""

from datetime import UTC, datetime

import pytest

from commissions.models import CommissionPeriod
from commissions.services.sync import force_sync
from commissions.tests.callers import admin_caller
from commissions.tests.factories import RateFactory
from ledger.tests.tills import sell
from loyalty.services.audit import SYSTEM
from partners.tests.factories import PartnerFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 7, 10, 12, 0, tzinfo=UTC)


def test_unsettled_commission_is_named_and_settled_months_are_not() -> None:
    partner, other = PartnerFactory(), PartnerFactory()
    RateFactory(partner=partner, component="platform", percent="2.5")
    sell(partner, "A-1", "100.00", at=NOW)
    force_sync(actor=SYSTEM, partner=partner, month=None, is_dry=False, at=NOW)
    period = CommissionPeriod.objects.get(partner=partner)
    assert period.total == 2.5
    admin = admin_caller()
    refusal = admin.client.delete(f"/en/partners/{partner.pk}")
    assert (refusal.status_code, refusal.json()["code"]) == (409, "PARTNER_HAS_OPEN_MONEY")
    assert refusal.json()["details"] == {"open": [{"what": "2026-07", "amount": "2.50", "currency": "EUR"}]}
    assert admin.delete(f"/en/partners/{other.pk}")["data"]["status"] == "closed"
    CommissionPeriod.objects.filter(pk=period.pk).update(
        state="settled", locked_at=NOW, settled_at=NOW, checksum="x" * 64
    )
    assert admin.delete(f"/en/partners/{partner.pk}")["data"]["status"] == "closed"
