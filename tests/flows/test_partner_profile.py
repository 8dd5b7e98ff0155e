"""The profile of a partner follows what its tills do."""

from datetime import UTC, datetime, timedelta

import pytest

from ledger.tests.tills import sell
from partners.tests.callers import credential_caller, staff_caller
from partners.tests.factories import PartnerFactory

pytestmark = pytest.mark.django_db


def test_the_first_sale_connects_a_partner_and_fixes_its_currency() -> None:
    partner, other = PartnerFactory(), PartnerFactory()
    owner, address = staff_caller(partner), f"/en/partners/{partner.pk}"
    assert owner.get(address)["data"]["integration_status"] == "not_configured"
    credential_caller(partner)
    assert owner.get(address)["data"]["integration_status"] == "ready"
    sell(other, "OTHERS-1", at=datetime.now(UTC) - timedelta(hours=1))
    assert owner.get(address)["data"]["integration_status"] == "ready"
    assert owner.put(address, {"settings": {"currency": "PLN"}})["data"]["settings"]["currency"] == "PLN"

    partner.refresh_from_db()
    sell(partner, "OWN-1", at=datetime.now(UTC) - timedelta(hours=1))
    assert owner.get(address)["data"]["integration_status"] == "connected"
    assert owner.put(address, {"settings": {"currency": "EUR"}}, 422)["code"] == "CURRENCY_FIXED"
    partner.refresh_from_db()
    assert partner.currency == "PLN"
