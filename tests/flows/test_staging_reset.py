"""`manage.py reset_staging` forgets what happened and keeps what partners set up (contract 1.1, decision 15)."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from cards.models import Card, IssuedCard
from cards.tests.factories import CardFactory
from customers.models import Customer
from customers.tests.factories import CustomerFactory
from games.models import Coupon, Game
from games.tests.factories import CouponFactory
from ledger.models import PointsBalance, Transaction
from ledger.selectors.integrity import find_drift
from loyalty.services.staging import list_what_happened
from partners.models import ApiCredential, Partner, Shop, StaffMember
from partners.tests.callers import Caller, credential_caller, staff_caller
from partners.tests.factories import ShopFactory

pytestmark = pytest.mark.django_db(transaction=True)
KEPT = (Partner, Shop, StaffMember, ApiCredential, Card, IssuedCard, Customer, Game)


@pytest.fixture
def till(settings: Any) -> Caller:
    """A till that has sold something and given a refund, at a partner whose games have given a coupon."""
    settings.ENVIRONMENT = "staging"
    card = CardFactory()
    CouponFactory(partner=card.partner)
    till = credential_caller(card.partner, ShopFactory(partner=card.partner))
    _sell(till, CustomerFactory(partner=card.partner))
    till.post("/en/shop/transactions/create", {"order_id": "A", "type": "refund", "order_total": 5}, 200)
    return till


def _sell(till: Caller, customer: Customer) -> int:
    body = {"order_id": "A", "user_id": customer.pk, "order_total": 20}
    return till.post("/en/shop/transactions/create", body, 200)["data"]["points_balance"]


def _counts() -> list[int]:
    return [model._default_manager.count() for model in KEPT]


def test_what_happened_goes_and_what_partners_set_up_stays(till: Caller) -> None:
    customer, kept = Customer.objects.latest("pk"), _counts()
    assert PointsBalance.objects.get(customer=customer).balance == 15
    owner, drift = staff_caller(customer.partner), find_drift(partner_id=None)
    out = StringIO()
    call_command("reset_staging", "--no-input", "--json", stdout=out)
    removed = json.loads(out.getvalue())["removed"]
    assert (removed["ledger.Transaction"], removed["ledger.PointsEntry"], removed["games.Coupon"]) == (2, 2, 1)
    assert all(not model._base_manager.exists() for model in list_what_happened())
    kept[KEPT.index(StaffMember)] += 1
    assert _counts() == kept
    balance = PointsBalance.objects.get(customer=customer)
    assert (balance.balance, balance.debt, balance.earned, balance.next_expiry_at) == (0, 0, 0, None)
    assert find_drift(partner_id=None) == drift
    # Keys and tokens hold, and the same order number is free again.
    assert owner.get("/en/partners/transactions")["meta"]["total"] == 0
    assert _sell(till, customer) == 20


@pytest.mark.usefixtures("till")
def test_a_production_deployment_is_never_emptied(settings: Any) -> None:
    settings.ENVIRONMENT = "production"
    with pytest.raises(CommandError, match="no staging deployment"):
        call_command("reset_staging", "--no-input")
    assert (Transaction.objects.count(), Coupon.objects.count()) == (2, 1)


@pytest.mark.usefixtures("till")
def test_it_asks_before_it_forgets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda _question: "yes")
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("reset_staging")
    assert Transaction.objects.count() == 2
    monkeypatch.setattr("builtins.input", lambda _question: "reset")
    call_command("reset_staging", stdout=StringIO())
    assert Transaction.objects.count() == 0


def test_nothing_that_partners_set_up_counts_as_having_happened() -> None:
    assert not set(list_what_happened()) & {*KEPT, PointsBalance}
