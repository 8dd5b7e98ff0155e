"""An agency that brings partners in by machine: twice at once, cut off, and what the first key opens at once."""

import json
from functools import partial
from typing import Any

import pytest
from django.test import Client

from loyalty.models import AuditEvent, IdempotencyRecord, User
from loyalty.tests.together import together
from partners.models import ApiCredential, Partner, Plan, Shop, StaffMember
from partners.services import partners as service
from partners.tests.callers import Caller, admin_caller

pytestmark = pytest.mark.django_db(transaction=True)
ALL = "/en/partners"
BODY: dict[str, Any] = {
    "name": "Kavos Namai",
    "contact_email": "info@kava.test",
    "shop": {"name": "Gedimino 9"},
    "owner": {"email": "rasa@kava.test", "name": "Rasa"},
    "with_credentials": True,
}
MADE = (Partner, Shop, StaffMember, ApiCredential)


@pytest.fixture(autouse=True)
def plan() -> None:
    Plan.objects.get_or_create(code="starter", defaults={"name": "Starter"})


def counts() -> list[int]:
    return [model._default_manager.count() for model in (*MADE, User, AuditEvent, IdempotencyRecord)]


def send(caller: Caller, body: dict[str, Any], headers: dict[str, str]) -> Any:
    # Each thread with a client of its own: one keeps the state of its last call.
    client = Client(raise_request_exception=False)
    client.defaults.update(caller.client.defaults)
    return client.post(ALL, json.dumps(body), content_type="application/json", headers=headers)


@pytest.mark.parametrize("headers", [{"Idempotency-Key": "onboard-17"}, {}], ids=["with a key", "without one"])
def test_sent_twice_at_once_it_is_one_partner_with_one_secret(headers: dict[str, str], settings: Any) -> None:
    # However slow the machine is.
    settings.REPEAT_SECONDS = 600
    boss = admin_caller()
    for number in range(5):
        body = {**BODY, "name": f"Kavos Namai {number}", "owner": {"email": f"rasa{number}@kava.test"}}
        mine = {name: f"{value}-{number}" for name, value in headers.items()}
        answers = together([partial(send, boss, body, mine)] * 3)
        made = [answer for answer in answers if answer.status_code == 201]
        waits = [answer for answer in answers if answer.status_code != 201]
        assert len({answer.json()["data"]["api_credentials"]["api_secret"] for answer in made}) == 1
        assert sum("Idempotency-Replayed" not in answer.headers for answer in made) == 1
        assert {answer.status_code for answer in waits} <= {409}
        assert all(answer.headers["Retry-After"] for answer in waits)
        assert [model._default_manager.count() for model in MADE] == [number + 1] * len(MADE)
        again = send(boss, body, mine)
        assert (again.status_code, again.json()["data"]) == (201, made[0].json()["data"])
    assert [model._default_manager.count() for model in MADE] == [5] * len(MADE)


def test_what_fails_at_its_last_step_leaves_nothing_and_the_same_key_tries_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    boss, headers = admin_caller(), {"Idempotency-Key": "onboard-18"}
    before = counts()

    def broken(**_given: Any) -> None:
        raise RuntimeError("the machine went away")

    with monkeypatch.context() as patch:
        patch.setattr(service, "issue_credential", broken)
        assert send(boss, BODY, headers).status_code == 500
    assert counts() == before
    answer = send(boss, BODY, headers)
    assert answer.status_code == 201
    assert "Idempotency-Replayed" not in answer.headers


def test_the_first_key_sells_at_once_at_the_first_shop() -> None:
    made = send(admin_caller(), BODY, {}).json()["data"]
    keys = made["api_credentials"]
    till = Caller({"X-API-Key": keys["api_key"], "X-API-Secret": keys["api_secret"]})
    assert till.post("/lt/shop/validate-credentials", {}, 200)["data"]["valid"] is True
    assert [row["id"] for row in till.get("/en/shop/shops")["data"]] == [made["shop"]["id"]]
    sale = {"order_id": "A-1", "order_total": 12.5, "user_email": "ona@a.test", "shop_id": made["shop"]["id"]}
    sold = till.post("/en/shop/transactions/create", sale, 200)["data"]
    assert (sold["order_total"], sold["points_awarded"]) == (12.5, 0)
    assert [row["id"] for row in till.get("/en/partners/transactions")["data"]] == [sold["id"]]
    # Another partner's shop is none.
    other = send(admin_caller(), {**BODY, "name": "Kita", "owner": {"email": "x@y.test"}}, {}).json()["data"]
    foreign = {**sale, "order_id": "A-2", "shop_id": other["shop"]["id"]}
    assert till.post("/en/shop/transactions/create", foreign, 404)["success"] is False
    assert till.get(f"/en/partners/{other['id']}", 404)["code"] == "PARTNER_NOT_FOUND"
