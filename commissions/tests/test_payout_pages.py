"""Payouts, bank files, bank details and the month's close in the back office."""

from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from commissions.models import BankDetails, CommissionPeriod, Payout, PayoutRun
from commissions.services.payouts import issue_payout, mark_failed
from commissions.services.periods import lock_period
from commissions.services.sync import note_rates_changed
from commissions.tests.months import NOW, Books, examples
from commissions.tests.payables import IBAN, payable, with_bank, with_provider
from loyalty.models import AuditEvent
from loyalty.services.audit import SYSTEM
from loyalty.tests.factories import AdminFactory, UserFactory
from partners.tests.factories import PartnerFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("feed_sees_all")]
CLOSE = "/admin/commissions/commissionperiod/close/"


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(AdminFactory())
    return client


@pytest.fixture(autouse=True)
def _account(settings: Any) -> None:
    settings.PAYMENTS = {**settings.PAYMENTS, "HOLDER": "Loyalty UAB", "IBAN": IBAN}


def act(row: Any, what: str) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{what}", args=[row.pk])


def shown(client: Client, url: str, **query: Any) -> str:
    answer = client.get(url, query)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def test_a_payout_is_issued_fails_is_issued_again_and_is_paid(boss: Client) -> None:
    payout = payable("5.00")
    form = shown(boss, act(payout, "issue"))
    assert "bank_file" not in form
    for what, sent, status in (
        ("issue", {"method": "manual", "reason": "agreed"}, "issued"),
        ("mark_failed", {"reason": "no money"}, "failed"),
        ("retry", {"method": "manual", "reason": "they have some now"}, "issued"),
        ("mark_paid", {"reference": "Bank 42", "reason": "on the account"}, "paid"),
    ):
        assert boss.post(act(payout, what), sent).status_code == 302, what
        payout.refresh_from_db()
        assert payout.status == status
    events = AuditEvent.objects.filter(action__startswith="commission.payout", actor_kind="admin").order_by("pk")
    assert [event.reason for event in events] == ["agreed", "no money", "they have some now", "on the account"]
    assert "Bank 42" in shown(boss, act(payout, "change"))


def test_what_the_provider_has_offers_no_button(boss: Client, settings: Any) -> None:
    settings.PAYMENTS = {**settings.PAYMENTS, "PROVIDER": "commissions.providers.sandbox.SandboxProvider"}
    payout = payable("-5.00")
    refused = unescape(boss.post(act(payout, "issue"), {"method": "provider", "reason": "x"}).content.decode())
    assert "what the payment provider calls this partner" in refused
    with_provider(payout.partner)
    boss.post(act(payout, "issue"), {"method": "provider", "reason": "x"})
    assert "Sandbox: no money moves" in shown(boss, act(payout, "change"))
    for what in ("mark_paid", "mark_failed", "retry", "issue"):
        assert boss.get(act(payout, what)).status_code == 404


def test_a_bank_file_is_made_of_what_the_page_shows(boss: Client) -> None:
    url = reverse("admin:commissions_payoutrun_add")
    first = payable("-12.30")
    assert first.number in shown(boss, url)
    asked = {"payout": [first.pk], "schema": "pain.001.001.09", "execution_on": ""}
    assert "bank details first" in unescape(boss.post(url, asked).content.decode())
    with_bank(first.partner)
    late = payable("-1.00")
    with_bank(late.partner)
    assert boss.post(url, asked).status_code == 302
    run = PayoutRun.objects.get()
    assert (run.count, Payout.objects.get(pk=late.pk).status) == (1, "draft")
    page = shown(boss, act(run, "change"))
    assert "LT12 •••• 1000" in page
    assert IBAN not in page
    assert PayoutRun.objects.get().downloaded_at is None
    file = boss.post(act(run, "download"), {"reason": "for the bank"})
    assert file.content.decode() == run.file
    assert file["Content-Disposition"].startswith("attachment")
    boss.post(act(run, "cancel"), {"reason": "wrong day"})
    assert boss.get(act(run, "download")).status_code == 404
    boss.post(url, {**asked, "payout": [first.pk, late.pk]})
    second = PayoutRun.objects.latest("pk")
    boss.post(act(second, "mark_paid"), {"reason": "executed"})
    assert set(Payout.objects.values_list("status", flat=True)) == {"paid"}


def test_bank_details_are_entered_checked_and_masked(boss: Client) -> None:
    partner = PartnerFactory()
    url = reverse("admin:commissions_bankdetails_add")
    sent = {"partner": partner.pk, "account_holder": "UAB Kavinė", "iban": "LT13 1000 0111 0100 1000", "bic": ""}
    assert "check digits" in unescape(boss.post(url, sent).content.decode())
    assert not BankDetails.objects.exists()
    assert boss.post(url, {**sent, "iban": "lt12 1000 0111 0100 1000"}).status_code == 302
    details = BankDetails.objects.get()
    assert (details.iban, details.updated_by.split(":")[0]) == (IBAN, "admin")
    listed = shown(boss, reverse("admin:commissions_bankdetails_changelist"))
    assert "LT12 •••• 1000" in listed
    assert IBAN not in listed
    changed = {**sent, "iban": "DE89370400440532013000", "audit_reason": "they moved"}
    assert boss.post(act(details, "change"), changed).status_code == 302
    details.refresh_from_db()
    assert details.iban == "DE89370400440532013000"
    event = AuditEvent.objects.filter(action="commission.bank_details_changed").latest("pk")
    assert (list(event.changes), event.reason) == (["iban"], "they moved")
    assert "DE89" not in str(event.changes)


# --- The month's close


def test_the_close_is_empty_before_the_first_sale(boss: Client) -> None:
    assert "There is no commission yet" in shown(boss, CLOSE)


def test_the_close_shows_each_partners_next_step_until_it_is_done(boss: Client) -> None:
    books = examples()
    books.accrue()
    period = CommissionPeriod.objects.get(month="2026-06")
    page = shown(boss, CLOSE, month="2026-06")
    assert act(period, "lock") in page
    assert "15.64 EUR" in page
    assert "0 / 1" in page
    lock_period(actor=SYSTEM, partner=books.partner, month="2026-06", at=NOW)
    page = shown(boss, CLOSE, month="2026-06")
    assert "Issue the statement" in page
    assert "1 / 1" in page
    other = PartnerFactory(name="Kavinė")
    payout = payable("-3.00", other, month="2026-06")
    page = shown(boss, CLOSE, month="2026-06")
    assert "no bank details" in page
    assert "Enter the bank details" in page
    with_bank(other)
    assert act(payout, "issue") in shown(boss, CLOSE, month="2026-06")
    issue_payout(actor=SYSTEM, payout=payout, method="manual", at=NOW)
    assert act(payout, "mark_paid") in shown(boss, CLOSE, month="2026-06")
    mark_failed(actor=SYSTEM, payout=payout, reason="account closed", at=NOW)
    page = shown(boss, CLOSE, month="2026-06")
    assert act(payout, "retry") in page
    assert "account closed" in page
    boss.post(act(payout, "retry"), {"method": "manual", "reason": "new account"})
    boss.post(act(payout, "mark_paid"), {"reason": "done", "reference": ""})
    page = shown(boss, CLOSE, month="2026-06", state="settled")
    assert "Kavinė" in page
    assert str(books.partner) not in page
    assert "No partner fits" in shown(boss, CLOSE, month="2026-06", q="nobody of this name")


def test_the_close_warns_of_sales_without_a_rate_and_of_sales_that_wait(boss: Client) -> None:
    books = Books()
    books.sell("A", "10.00", "2026-06-10T09:00")
    books.accrue()
    # Another rate reaches back to June, and no worker has been there since.
    note_rates_changed(partner_id=books.partner.pk, since="2026-06")
    page = shown(boss, CLOSE, month="2026-06")
    assert "1 line without a rate" in page
    assert "sales wait to be synchronized" in page


def test_the_close_costs_the_same_for_two_and_for_sixty_and_has_pages(boss: Client) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            shown(boss, CLOSE, month="2026-06")
        return len(queries)

    for number in range(2):
        payable(f"-{number + 1}.00")
    cost()
    few = cost()
    for number in range(58):
        payable(f"-{number + 1}.00")
    assert cost() == few
    assert few <= 20
    assert "page=2" in shown(boss, CLOSE, month="2026-06")
    assert shown(boss, CLOSE, month="2026-06", page=2) != shown(boss, CLOSE, month="2026-06")


def test_the_close_is_for_those_who_may_see_months_and_survives_nonsense(client: Client) -> None:
    payable("-1.00")
    viewer = UserFactory(is_staff=True)
    client.force_login(viewer)
    assert client.get(CLOSE).status_code == 403
    viewer.user_permissions.set(Permission.objects.filter(codename="view_commissionperiod"))
    client.cookies["django_language"] = "lt"
    page = shown(client, CLOSE, month="2026-06")
    assert "Mėnesio uždarymas" in page
    for query in ({"month": "x"}, {"page": "-1"}, {"page": "999999999999"}, {"state": "x"}, {"q": "<img src=x>"}):
        assert "<img src=x>" not in client.get(CLOSE, query).content.decode()
    assert Client().get(CLOSE).status_code == 302
