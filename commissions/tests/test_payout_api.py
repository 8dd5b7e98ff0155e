"""Payouts and bank files over HTTP: the whole way, who may, and what it costs."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commissions.models import Payout, PayoutRun
from commissions.services.payout_sending import deliver_payout
from commissions.services.payouts import issue_payout
from commissions.tests.callers import address, admin_caller
from commissions.tests.months import NOW, examples
from commissions.tests.payables import IBAN, OTHER_IBAN, payable, statement, with_bank, with_provider
from loyalty.models import AuditEvent
from loyalty.services.audit import SYSTEM
from loyalty.services.tokens import PARTNER_REALM, open_session
from partners.models import Partner
from partners.tests.callers import Caller, credential_caller
from partners.tests.factories import PartnerFactory, ShopFactory, StaffFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("feed_sees_all")]
ALL, RUNS, OWN = "/en/admin/payouts", "/en/admin/payout-runs", "/en/partners/payouts"
TABLES = ("payout", "payoutrun", "payoutrunitem", "payoutseries", "statement", "commissionperiod", "bankdetails")


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with patch("loyalty.api.base.timezone.now", return_value=NOW):
        yield


@pytest.fixture(autouse=True)
def _account(settings: Any) -> None:
    settings.PAYMENTS = {
        **settings.PAYMENTS,
        "HOLDER": "Loyalty UAB",
        "IBAN": IBAN,
        "PROVIDER": "commissions.providers.sandbox.SandboxProvider",
    }


@pytest.fixture
def admin() -> Caller:
    return admin_caller()


def staff_caller(partner: Partner, role: str = "owner") -> Caller:
    """Staff whose token is of today, whatever the platform's clock says in these tests."""
    staff = StaffFactory(partner=partner, role=role)
    tokens = open_session(user=staff.user, realm=PARTNER_REALM, partner_id=partner.pk, at=datetime.now(UTC))
    return Caller({"Authorization": f"Bearer {tokens.access}"}, staff)


def state() -> str:
    """A checksum over everything that moves money."""
    total = hashlib.sha256()
    with connection.cursor() as cursor:
        for table in (*(f"commissions_{name}" for name in TABLES), "loyalty_auditevent"):
            cursor.execute(f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} t")
            total.update(cursor.fetchone()[0].encode())
    return total.hexdigest()


def refused(caller: Caller, path: str, body: Any, status: int, code: str) -> dict[str, Any]:
    """The call is refused so, and not one byte is written."""
    before = state()
    answer = caller.post(path, body, status)
    assert answer["code"] == code
    assert state() == before
    return answer


def test_from_the_months_lock_to_the_paid_invoice(admin: Caller) -> None:
    books = examples()
    admin.post(address(books.partner, "force-sync"), {}, 200)
    admin.post(address(books.partner, "lock"), {"period": "2026-06"}, 200)
    drafted = admin.get(address(books.partner, "statements"))["data"][0]
    assert admin.get(ALL)["data"] == []
    refused(admin, ALL, {"statement_id": drafted["id"]}, 409, "STATEMENT_NOT_PAYABLE")
    issued = admin.post(address(books.partner, f"statements/{drafted['id']}/issue"), {}, 200)["data"]
    (made,) = admin.get(ALL, partner_id=books.partner.pk)["data"]
    assert (made["direction"], made["amount"], made["currency"], made["status"], made["method"]) == (
        *("invoice", 15.64, "EUR", "draft", None),
    )
    assert (made["statement_number"], made["amount"]) == (issued["number"], issued["settled"])
    assert admin.post(ALL, {"statement_id": drafted["id"]}, 200)["data"] == made
    owner = staff_caller(books.partner)
    assert owner.get(OWN)["data"] == []
    one = f"{ALL}/{made['id']}"
    refused(admin, f"{one}/mark-paid", {}, 409, "PAYOUT_WRONG_STATUS")
    refused(admin, f"{one}/issue", {"method": "bank_file"}, 422, "VALIDATION_ERROR")
    refused(admin, f"{one}/issue", {"method": "provider"}, 409, "PROVIDER_ACCOUNT_MISSING")
    refused(admin, f"{one}/issue", {"method": "cash"}, 422, "VALIDATION_ERROR")
    refused(admin, f"{one}/issue", {"method": "manual", "amount": 1}, 422, "VALIDATION_ERROR")
    assert admin.post(f"{one}/issue", {"method": "manual"}, 200)["data"]["status"] == "issued"
    before = state()
    assert admin.post(f"{one}/issue", {"method": "manual"}, 200)["data"]["status"] == "issued"
    assert state() == before
    (seen,) = owner.get(OWN)["data"]
    assert (seen["number"], seen["amount"], seen["status"], seen["period"]) == ("IN-000001", 15.64, "issued", "2026-06")
    assert not {"idempotency_key", "error", "external_id", "partner_id"} & set(seen)
    refused(admin, f"{one}/mark-failed", {}, 422, "VALIDATION_ERROR")
    assert admin.post(f"{one}/mark-failed", {"reason": "no money"}, 200)["data"]["error"] == "no money"
    assert admin.post(f"{one}/retry", {}, 200)["data"]["method"] == "manual"
    paid = admin.post(f"{one}/mark-paid", {"reference": "Bank 42"}, 200)["data"]
    assert (paid["status"], paid["reference"], paid["paid_at"]) == ("paid", "Bank 42", "2026-08-10T09:00:00Z")
    status = admin.get(address(books.partner, "lock-status"), period="2026-06")["data"]
    assert status["state"] == "settled"
    assert owner.get(OWN, status="paid")["data"][0]["paid_at"] == "2026-08-10T09:00:00Z"
    refused(admin, f"{one}/retry", {}, 409, "PAYOUT_WRONG_STATUS")
    actions = AuditEvent.objects.filter(action__startswith="commission.payout").order_by("pk")
    assert [(event.action.removeprefix("commission.payout_"), event.actor_kind) for event in actions] == [
        *(("created", "system"), ("issued", "admin"), ("failed", "admin"), ("retried", "admin"), ("paid", "admin")),
    ]


def test_nobody_settles_by_hand_what_the_provider_has(admin: Caller) -> None:
    payout = payable("-12.30")
    with_provider(payout.partner, "wait")
    one = f"{ALL}/{payout.pk}"
    issued = admin.post(f"{one}/issue", {"method": "provider"}, 200)["data"]
    assert (issued["provider"], issued["is_sandbox"], issued["next_attempt_at"]) == (
        *("sandbox", True, "2026-08-10T09:00:00Z"),
    )
    for path, body in (
        (f"{one}/mark-paid", {}),
        (f"{one}/mark-failed", {"reason": "x"}),
        (address(payout.partner, "settle"), {"period": "2026-06"}),
    ):
        refused(admin, path, body, 409, "PAYOUT_IN_PROGRESS")
    deliver_payout(payout_id=payout.pk, at=NOW)
    assert admin.get(one)["data"]["status"] == "paid"


def test_a_bank_file_over_http(admin: Caller) -> None:
    payouts = [payable(amount) for amount in ("-12.30", "-0.70")]
    answer = refused(admin, RUNS, {}, 409, "BANK_DETAILS_MISSING")
    assert payouts[0].partner.name in answer["message"]
    for payout in payouts:
        with_bank(payout.partner, iban=OTHER_IBAN)
    refused(admin, RUNS, {"payout_ids": []}, 422, "VALIDATION_ERROR")
    refused(admin, RUNS, {"execution_on": "2026-08-09"}, 422, "VALIDATION_ERROR")
    refused(admin, RUNS, {"schema": "pain.008.001.02"}, 422, "VALIDATION_ERROR")
    refused(admin, RUNS, {"payout_ids": [10**12]}, 404, "RESOURCE_NOT_FOUND")
    made = admin.post(RUNS, {"execution_on": "2026-08-12"}, 201)["data"]
    assert (made["count"], made["total"], made["schema"], made["downloaded_at"]) == (2, 13, "pain.001.001.09", None)
    assert [(one["number"], one["amount"], one["iban_masked"]) for one in made["payments"]] == [
        *(("PO-000001", 12.3, "DE89 •••• 3000"), ("PO-000002", 0.7, "DE89 •••• 3000")),
    ]
    one = f"{RUNS}/{made['id']}"
    assert {row["run_id"] for row in admin.get(ALL)["data"]} == {made["id"]}
    files = [admin.client.get(f"{one}/download") for _ in range(2)]
    assert files[0].content == files[1].content
    assert hashlib.sha256(files[0].content).hexdigest() == made["checksum"]
    assert files[0]["Content-Type"] == "application/xml"
    assert files[0]["X-Content-Type-Options"] == "nosniff"
    assert files[0]["Content-Disposition"] == f'attachment; filename="{made["message_id"]}.xml"'
    refused(admin, RUNS, {"payout_ids": [payouts[0].pk]}, 409, "PAYOUT_IN_PROGRESS")
    refused(admin, f"{one}/cancel", {}, 422, "VALIDATION_ERROR")
    assert admin.post(f"{one}/cancel", {"reason": "wrong day"}, 200)["data"]["status"] == "cancelled"
    assert admin.get(f"{one}/download", 409)["code"] == "PAYOUT_WRONG_STATUS"
    again = admin.post(RUNS, {"schema": "pain.001.001.03"}, 201)["data"]
    assert [row["id"] for row in admin.get(RUNS, status="live")["data"]] == [again["id"]]
    paid = admin.post(f"{RUNS}/{again['id']}/mark-paid", {}, 200)["data"]
    assert {row["status"] for row in paid["payments"]} == {"paid"}
    assert {row["status"] for row in admin.get(ALL)["data"]} == {"paid"}


def test_filters_and_strangers(admin: Caller) -> None:
    mine, other = payable("-1.00"), payable("5.00", month="2026-07")
    issue_payout(actor=SYSTEM, payout=mine, method="manual", at=NOW)
    issue_payout(actor=SYSTEM, payout=other, method="manual", at=NOW)

    def ids(**query: Any) -> list[int]:
        return [row["id"] for row in admin.get(ALL, **query)["data"]]

    assert ids() == [other.pk, mine.pk]
    assert ids(direction="payout") == ids(period="2026-06") == ids(partner_id=mine.partner_id) == [mine.pk]
    assert ids(status="draft") == ids(due_before="2026-08-24") == ids(method="provider") == []
    assert ids(due_before="2026-08-25") == [other.pk, mine.pk]
    assert admin.get(ALL, 400, colour="red")["code"] == "UNKNOWN_PARAMETER"
    assert admin.get(ALL, 422, status="lost")["code"] == "VALIDATION_ERROR"
    for path in (f"{ALL}/{10**12}", f"{RUNS}/{10**12}", f"{RUNS}/{10**12}/download"):
        assert admin.get(path, 404)["code"] == "RESOURCE_NOT_FOUND"
    bodies = {"issue": {"method": "manual"}, "mark-paid": {}, "mark-failed": {"reason": "lost"}, "retry": {}}
    for what, body in bodies.items():
        assert admin.post(f"{ALL}/{10**12}/{what}", body, 404)["code"] == "RESOURCE_NOT_FOUND"
    owner = staff_caller(mine.partner)
    assert [row["id"] for row in owner.get(OWN)["data"]] == [mine.pk]
    assert [row["id"] for row in credential_caller(mine.partner).get(OWN)["data"]] == [mine.pk]
    assert owner.get(OWN, 400, partner_id=other.partner_id)["code"] == "UNKNOWN_PARAMETER"
    limited = credential_caller(mine.partner, ShopFactory(partner=mine.partner))
    assert limited.get(OWN, 403)["code"] == "STORE_ACCESS_DENIED"
    assert staff_caller(mine.partner, "cashier").get(OWN, 403)["code"] == "INSUFFICIENT_PARTNER_PERMISSIONS"
    for caller, status, code in (
        (owner, 403, "INSUFFICIENT_PARTNER_PERMISSIONS"),
        (credential_caller(mine.partner), 401, "AUTH_REQUIRED"),
        (Caller({}), 401, "AUTH_REQUIRED"),
    ):
        for path in (ALL, RUNS, f"{ALL}/{mine.pk}", f"{RUNS}/1/download"):
            assert caller.get(path, status)["code"] == code
        for path in (ALL, RUNS, f"{ALL}/{mine.pk}/issue", f"{ALL}/{mine.pk}/mark-paid", f"{RUNS}/1/cancel"):
            assert caller.post(path, {}, status)["code"] == code


def test_lists_cost_the_same_for_two_and_for_twenty(admin: Caller) -> None:
    partner = PartnerFactory()
    owner = staff_caller(partner)

    def grow(start: int, end: int) -> None:
        for number in range(start, end):
            payout = payable("-1.00", partner, month=f"2024-{number:02}" if number < 13 else f"2025-{number - 12:02}")
            with_bank(partner)
            issue_payout(actor=SYSTEM, payout=payout, method="bank_file", at=NOW)
            admin.post(RUNS, {"payout_ids": [payout.pk]}, 201)

    def cost() -> list[int]:
        found = []
        for caller, path in ((admin, ALL), (admin, RUNS), (owner, OWN)):
            with CaptureQueriesContext(connection) as queries:
                caller.get(path, per_page=50)
            found.append(len(queries))
        return found

    grow(1, 3)
    cost()
    few = cost()
    grow(3, 21)
    assert cost() == few
    assert Payout.objects.count() == PayoutRun.objects.count() == 20


def test_a_statement_that_is_not_there(admin: Caller) -> None:
    answer = refused(admin, ALL, {"statement_id": 10**12}, 404, "RESOURCE_NOT_FOUND")
    assert list(answer["errors"]) == ["statement_id"]
    refused(admin, ALL, {"statement_id": statement("0.00").pk}, 409, "STATEMENT_NOT_PAYABLE")
