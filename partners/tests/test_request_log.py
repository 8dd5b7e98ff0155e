"""The log of failed calls: what an integrator needs to see, nothing of what was sent, bounded, free for successes."""

import itertools
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers.tests.factories import CustomerFactory
from ledger.tests.factories import Till
from loyalty.models import FailedCall
from loyalty.rules.call_shapes import names_of, path_of
from loyalty.services import request_log
from loyalty.services.request_log import ApiCaller, Refused, record_failed_call
from loyalty.services.retention import forget_expired
from partners.models import ApiCredential, Partner
from partners.tests.callers import Caller, admin_caller, credential_caller, staff_caller
from partners.tests.factories import PartnerFactory

pytestmark = pytest.mark.django_db
LOG = "/en/partners/request-log"


@pytest.fixture(autouse=True)
def _nothing_is_quiet(monkeypatch: Any) -> None:
    monkeypatch.setattr(request_log, "_quiet", {})


@pytest.fixture
def partner() -> Partner:
    return PartnerFactory()


@pytest.fixture
def till(partner: Partner) -> Caller:
    return credential_caller(partner)


@pytest.fixture
def owner(partner: Partner) -> Caller:
    return staff_caller(partner)


def test_a_refused_sale_is_seen_with_code_field_and_request_id(partner: Partner, till: Caller, owner: Caller) -> None:
    """The short way of a till, and what DRF answers."""
    refused = till.post("/lt/shop/transactions/create?debug=secret", {"order_id": "A-1", "order_total": "much"}, 422)
    missing = till.get("/en/partners/customers/123456789", 404)
    rows = owner.get(LOG)["data"]
    key = ApiCredential.objects.get(partner=partner)
    assert rows[0] == {
        "id": rows[0]["id"],
        "at": rows[0]["at"],
        "key": key.key,
        "key_name": "till",
        "method": "GET",
        "path": "/en/partners/customers/123456789",
        "parameters": [],
        "status": 404,
        "code": "RESOURCE_NOT_FOUND",
        "fields": [],
        "request_id": missing["request_id"],
    }
    assert rows[1] | {"id": 0, "at": ""} == {
        "id": 0,
        "at": "",
        "key": key.key,
        "key_name": "till",
        "method": "POST",
        "path": "/lt/shop/transactions/create",
        "parameters": ["debug"],
        "status": 422,
        "code": "VALIDATION_ERROR",
        "fields": ["order_total"],
        "request_id": refused["request_id"],
    }


def test_nothing_that_was_sent_is_kept(partner: Partner, till: Caller) -> None:
    CustomerFactory(partner=partner, email="taken@buyer.test")
    words = ["taken@buyer.test", "+37061234567", "Jonas Jonaitis", "hunter2"]
    till.post("/en/partners/customers", {"name": words[2], "email": words[0], "phone": words[1]}, 409)
    till.post("/en/partners/customers", {words[0]: 1, words[2]: 2}, 422)
    till.get(f"/en/shop/loyalty-cards/info?user_email={words[0]}x&password={words[3]}", 404)
    till.post(f"/en/shop/auth/qr-login/poll/{words[3]}", {}, 404)
    rows = list(FailedCall.objects.values())
    assert len(rows) == 4
    assert not [word for word in words if word in str(rows)]
    assert rows[3]["path"] == "/en/shop/auth/qr-login/poll/{session_id}"
    assert rows[1]["fields"] == ["?"]


def test_a_call_that_succeeds_writes_and_asks_nothing(partner: Partner) -> None:
    till = Till()
    buyer = till.customer()
    till.sale(user_id=buyer.pk, order_total=10.0).ok()
    with CaptureQueriesContext(connection) as captured:
        till.sale(user_id=buyer.pk, order_total=10.0).ok()
    assert len(captured) == 1
    assert not FailedCall.objects.exists()


def test_a_refusal_costs_one_statement(till: Caller) -> None:
    till.get("/en/partners/customers/1", 404)
    with CaptureQueriesContext(connection) as captured:
        till.get("/en/partners/customers/1", 404)
    assert len([query for query in captured if "loyalty_failedcall" in query["sql"]]) == 1


def test_only_the_last_hundred_of_a_key_are_kept(partner: Partner) -> None:
    credential_caller(partner)
    credential_caller(partner)
    first, second = ApiCredential.objects.filter(partner=partner).order_by("pk")
    at = timezone.now()

    def fail(credential: ApiCredential, number: int) -> None:
        caller = ApiCaller(credential.pk, partner.pk)
        call = Refused(caller, "GET", f"/{number}", [], 404, "RESOURCE_NOT_FOUND", [], str(number))
        record_failed_call(call=call, at=at)

    fail(second, 0)
    for number in range(130):
        fail(first, number)
    kept = FailedCall.objects.filter(credential_id=first.pk).order_by("pk").values_list("request_id", flat=True)
    assert list(kept) == [str(number) for number in range(30, 130)]
    assert FailedCall.objects.filter(credential_id=second.pk).count() == 1


def test_wrong_secrets_are_noted_once_in_a_while_and_unknown_keys_never(
    partner: Partner, till: Caller, owner: Caller, monkeypatch: Any
) -> None:
    key = ApiCredential.objects.get(partner=partner).key
    clock = itertools.count(100.0, 3.0)
    monkeypatch.setattr(request_log, "monotonic", lambda: next(clock))
    stranger = Caller({"X-API-Key": key, "X-API-Secret": "wrong"})
    for _ in range(5):
        assert stranger.get("/en/shop/shops", 401)["code"] == "API_SECRET_WRONG"
    Caller({"X-API-Key": "lty_" + "x" * 22, "X-API-Secret": "wrong"}).get("/en/shop/shops", 401)
    rows = owner.get(LOG, code="API_SECRET_WRONG")["data"]
    assert len(rows) == 2
    assert FailedCall.objects.count() == len(rows)


def test_it_is_narrowed_by_key_status_and_code(partner: Partner, till: Caller, owner: Caller) -> None:
    other = credential_caller(partner)
    first, second = ApiCredential.objects.filter(partner=partner).order_by("pk")
    till.get("/en/partners/customers/1", 404)
    other.post("/en/partners/customers", {}, 422)

    def found(**query: Any) -> list[int]:
        return [row["status"] for row in owner.get(LOG, **query)["data"]]

    assert found() == [422, 404]
    assert found(key=first.key) == found(status=404) == found(code="RESOURCE_NOT_FOUND") == [404]
    assert found(key=second.key, status=404) == []
    foreign = PartnerFactory()
    credential_caller(foreign)
    assert found(key=ApiCredential.objects.get(partner=foreign).key) == found(key="lty_none") == []
    assert list(owner.get(LOG, 422, status=200)["errors"]) == ["status"]


def test_nobody_sees_the_calls_of_others(partner: Partner, till: Caller) -> None:
    till.get("/en/partners/customers/1", 404)
    assert staff_caller(PartnerFactory()).get(LOG)["data"] == []
    staff_caller(partner, "cashier").get(LOG, 403)
    till.get(LOG, 403)


def test_the_platform_sees_what_the_partner_sees(partner: Partner, till: Caller, owner: Caller) -> None:
    stranger = credential_caller(PartnerFactory())
    till.get("/en/partners/customers/1", 404)
    till.post("/en/shop/transactions/create", {"order_id": "A-1"}, 422)
    stranger.get("/en/partners/customers/1", 404)
    admin, path = admin_caller(), f"/en/admin/partners/{partner.pk}/request-log"
    assert admin.get(path)["data"] == owner.get(LOG)["data"]
    assert [row["status"] for row in admin.get(path, status=404)["data"]] == [404]
    assert admin.get(path, key=str(ApiCredential.objects.exclude(partner=partner).get().key))["data"] == []
    assert admin.get(path, 400, colour="red")["code"] == "UNKNOWN_PARAMETER"
    assert admin.get("/en/admin/partners/999999/request-log", 404)["code"] == "PARTNER_NOT_FOUND"
    assert owner.get(path, 403)["code"] == "INSUFFICIENT_PARTNER_PERMISSIONS"


def test_the_list_takes_as_many_queries_for_twenty_as_for_two(partner: Partner, owner: Caller) -> None:
    callers = [credential_caller(partner) for _ in range(4)]

    def cost(count: int) -> int:
        for number in range(count - FailedCall.objects.count()):
            callers[number % 4].get("/en/partners/customers/1", 404)
        with CaptureQueriesContext(connection) as captured:
            assert len(owner.get(LOG)["data"]) == count
        return len(captured)

    assert cost(2) == cost(20)


def test_a_database_that_fails_does_not_fail_the_answer(till: Caller, monkeypatch: Any) -> None:
    monkeypatch.setattr(request_log, "_WRITE", "SELECT nonsense %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s")
    assert till.get("/en/partners/customers/1", 404)["code"] == "RESOURCE_NOT_FOUND"
    assert not FailedCall.objects.exists()


def test_it_is_forgotten_after_a_month(partner: Partner, till: Caller) -> None:
    till.get("/en/partners/customers/1", 404)
    at = FailedCall.objects.get().at
    forget_expired(at=at + timedelta(days=29))
    assert FailedCall.objects.exists()
    forget_expired(at=at + timedelta(days=30))
    assert not FailedCall.objects.exists()


def test_a_path_shows_ids_and_no_texts() -> None:
    route = "<locale:locale>/shop/qr-card/<str:code>/<int:pk>/<uuid:session>"
    values = {"locale": "lt", "code": "SECRET", "pk": 7, "session": "S"}
    assert path_of(route, values) == "/lt/shop/qr-card/{code}/7/{session}"
    assert names_of(["b", "a", "Jonas Jonaitis", "a@b.lt", "", "x" * 61]) == ["?", "a", "b"]
