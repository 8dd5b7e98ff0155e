"""The partner's own profile: who reads it, who changes what."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from loyalty.models import AuditEvent
from partners.api.partner import serializers
from partners.models import Partner
from partners.selectors import profile
from partners.tests.callers import Caller, admin_caller, credential_caller, staff_caller
from partners.tests.factories import PartnerFactory, ShopFactory

pytestmark = pytest.mark.django_db
KEY: Any = {"Idempotency-Key": "k1"}


@pytest.fixture
def partner() -> Partner:
    return PartnerFactory(name="Namai", contact_email="info@namai.test")


def at(partner: Partner) -> str:
    return f"/en/partners/{partner.pk}"


def state(partner: Partner) -> dict[str, Any]:
    return dict(Partner.objects.filter(pk=partner.pk).values().get())


def test_an_owner_reads_the_whole_profile(partner: Partner) -> None:
    ShopFactory(partner=partner)
    owner = staff_caller(partner)
    data = owner.get(at(partner))["data"]
    limits = data.pop("api_limits")
    assert data.pop("created_at").endswith("Z")
    assert data.pop("updated_at").endswith("Z")
    assert "partner.edit" in data.pop("capabilities")
    assert data == {
        "id": partner.pk,
        "name": "Namai",
        "legal_name": "",
        "registration_code": "",
        "description": "",
        "contact_email": "info@namai.test",
        "contact_phone": "",
        "website": "",
        "logo_url": "",
        "is_active": True,
        "status": "active",
        "tier": "starter",
        "shops_count": 1,
        "settings": {
            "country": "LT",
            "time_zone": "Europe/Vilnius",
            "currency": "EUR",
            "default_language": "lt",
            "languages": ["lt", "en"],
            "earn_basis": "gross",
            "enrol_unknown_emails": True,
            "attach_receipt_days": 30,
            "levels": [
                {"name": "Bronze", "points": 0},
                {"name": "Silver", "points": 1000},
                {"name": "Gold", "points": 5000},
                {"name": "Platinum", "points": 20000},
            ],
        },
        "integration_status": "not_configured",
        "verification_status": "not_started",
        "compliance_status": "not_started",
    }
    assert (limits["requests_per_hour"], limits["burst_per_minute"]) == (5000, 200)
    assert (limits["remaining_hour"], limits["remaining_minute"]) == (4999, 199)
    again = owner.get(at(partner))["data"]["api_limits"]
    assert (again["remaining_hour"], again["remaining_minute"]) == (4998, 198)


def test_limits_are_those_of_the_caller_and_match_the_headers(partner: Partner) -> None:
    till = credential_caller(partner)
    answer = till.client.get(at(partner))
    limits = answer.json()["data"]["api_limits"]
    assert (limits["requests_per_hour"], limits["burst_per_minute"]) == (8000, 300)
    assert answer["X-RateLimit-Limit"] == "8000"
    assert str(limits["remaining_hour"]) == answer["X-RateLimit-Remaining"]
    assert answer.json()["data"]["capabilities"] == sorted(answer.json()["data"]["capabilities"])
    assert "partner.edit" not in answer.json()["data"]["capabilities"]


def test_the_integration_status_follows_keys_and_sales(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = staff_caller(partner)
    credential_caller(partner)
    monkeypatch.setattr(profile, "_sales_checks", [lambda _partner: False])
    assert owner.get(at(partner))["data"]["integration_status"] == "ready"
    monkeypatch.setattr(profile, "_sales_checks", [lambda _partner: True])
    assert owner.get(at(partner))["data"]["integration_status"] == "connected"


def test_another_partner_is_as_good_as_absent(partner: Partner) -> None:
    other = PartnerFactory()
    before = state(other)
    caller = staff_caller(partner)
    for method in ("get", "put"):
        answers = []
        for number in (other.pk, 999_999_999, 10**25):
            send = getattr(caller.client, method)
            body = {} if method == "get" else {"data": '{"name": "Taken"}', "content_type": "application/json"}
            answer = send(f"/en/partners/{number}", headers={"X-Request-ID": "same-for-all"}, **body)
            assert (answer.status_code, answer.json()["code"]) == (404, "PARTNER_NOT_FOUND")
            answers.append(answer.content.replace(str(number).encode(), b""))
        assert len(set(answers)) == 1
    assert state(other) == before


def test_an_owner_changes_what_is_the_partners_own_and_leaves_a_trail(partner: Partner) -> None:
    owner = staff_caller(partner)
    body = {
        "name": "Nauji namai",
        "description": "Kava ir bandelės",
        "contact_email": "labas@namai.test",
        "contact_phone": "8 612 34567",
        "website": "https://namai.test/",
        "logo_url": "https://namai.test/logo.png",
        "settings": {
            "time_zone": "Europe/Riga",
            "currency": "PLN",
            "languages": ["lv", "lt"],
            "default_language": "lv",
            "earn_basis": "net",
            "enrol_unknown_emails": False,
            "attach_receipt_days": 0,
            "levels": [{"name": "Narys", "points": 0}, {"name": "Draugas", "points": 500}],
        },
    }
    data = owner.put(at(partner), body)["data"]
    assert data["contact_phone"] == "+37061234567"
    assert data["settings"] == {"country": "LT", **body["settings"]}  # type: ignore[dict-item]
    assert {name: data[name] for name in ("name", "description", "website")} == {
        name: body[name] for name in ("name", "description", "website")
    }
    assert owner.get(at(partner))["data"]["settings"] == data["settings"]

    event = AuditEvent.objects.get(action="partner.updated")
    assert owner.staff is not None
    assert (event.actor_kind, event.actor_id, event.partner_id) == ("staff", owner.staff.pk, partner.pk)
    assert event.changes["currency"] == ["EUR", "PLN"]
    assert event.changes["name"] == ["Namai", "Nauji namai"]
    assert event.changes["contact_email"][0].startswith("#")
    assert "labas@namai.test" not in str(event.changes)
    assert len(event.changes) == 14


def test_what_stays_the_same_is_no_change(partner: Partner) -> None:
    owner = staff_caller(partner)
    before = state(partner)
    owner.put(at(partner), {"name": "Namai", "settings": {"currency": "EUR"}})
    owner.put(at(partner), {})
    assert state(partner) == before
    assert not AuditEvent.objects.filter(action="partner.updated").exists()


@pytest.mark.parametrize("role", ["manager", "analyst", "cashier"])
def test_only_owners_change_the_profile(partner: Partner, role: str) -> None:
    before = state(partner)
    answer = staff_caller(partner, role).put(at(partner), {"name": "Taken"}, 403)
    assert answer["code"] == "INSUFFICIENT_PARTNER_PERMISSIONS"
    assert state(partner) == before


def test_api_credentials_read_the_profile_and_never_change_it(partner: Partner) -> None:
    till = credential_caller(partner)
    before = state(partner)
    assert till.get(at(partner))["data"]["id"] == partner.pk
    assert till.put(at(partner), {"name": "Taken"}, 403)["code"] == "SCOPE_INSUFFICIENT"
    assert state(partner) == before


@pytest.mark.parametrize(
    "field",
    [
        *("id", "status", "is_active", "plan", "plan_id", "tier", "verification_status", "compliance_status"),
        *("parent", "parent_id", "kind", "legal_name", "registration_code", "country", "created_at", "updated_at"),
        *("capabilities", "api_limits", "integration_status", "shops_count", "staff", "pk", "_state"),
        *("settings.country", "settings.status", "settings.plan", "settings.plan_id"),
    ],
)
def test_what_the_platform_decides_cannot_be_sent(partner: Partner, field: str) -> None:
    before = state(partner)
    outer, _, inner = field.partition(".")
    body: dict[str, Any] = {"name": "Taken", outer: {inner: "active"} if inner else "active"}
    answer = staff_caller(partner).put(at(partner), body, 422)
    assert answer["errors"] == {field: ["Unknown field."]}
    assert state(partner) == before


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"contact_email": "nonsense"}, "contact_email"),
        ({"contact_phone": "12"}, "contact_phone"),
        ({"contact_phone": "+370 999 999 999 999"}, "contact_phone"),
        ({"website": "javascript:alert(1)"}, "website"),
        ({"website": "ftp://namai.test"}, "website"),
        ({"logo_url": "//namai.test/logo.png"}, "logo_url"),
        ({"settings": "nonsense"}, "settings"),
        ({"settings": {"time_zone": "Mars/Olympus"}}, "settings.time_zone"),
        ({"settings": {"currency": "EURO"}}, "settings.currency"),
        ({"settings": {"currency": "XXX"}}, "settings.currency"),
        ({"settings": {"currency": "eur"}}, "settings.currency"),
        ({"settings": {"languages": []}}, "settings.languages"),
        ({"settings": {"languages": ["lt", "lt"]}}, "settings.languages"),
        ({"settings": {"languages": ["xx"]}}, "settings.languages"),
        ({"settings": {"languages": ["en"]}}, "settings.default_language"),
        ({"settings": {"default_language": "de"}}, "settings.default_language"),
        ({"settings": {"earn_basis": "both"}}, "settings.earn_basis"),
        ({"settings": {"attach_receipt_days": -1}}, "settings.attach_receipt_days"),
        ({"settings": {"attach_receipt_days": 366}}, "settings.attach_receipt_days"),
        ({"settings": {"levels": []}}, "settings.levels"),
        ({"settings": {"levels": {"Bronze": 0}}}, "settings.levels"),
        ({"settings": {"levels": [{"name": "Silver", "points": 10}]}}, "settings.levels"),
        (
            {
                "settings": {
                    "levels": [{"name": "A", "points": 0}, {"name": "B", "points": 5}, {"name": "C", "points": 5}]
                }
            },
            "settings.levels",
        ),
        ({"settings": {"levels": [{"name": "A", "points": 0}, {"name": "a", "points": 5}]}}, "settings.levels"),
        ({"settings": {"levels": [{"name": "A", "points": 0}, {"name": "B"}]}}, "settings.levels.1.points"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name_and_changes_nothing(
    partner: Partner, body: dict[str, Any], field: str
) -> None:
    before = state(partner)
    answer = staff_caller(partner).put(at(partner), {"description": "changed", **body}, 422)
    assert answer["code"] == "VALIDATION_ERROR"
    assert list(answer["errors"]) == [field]
    assert state(partner) == before


@pytest.mark.parametrize("name", ["localtime", "Nowhere/Here"])
def test_a_zone_that_only_python_knows_is_none(partner: Partner, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serializers, "available_timezones", lambda: {name, "Europe/Vilnius"})
    before = state(partner)
    answer = staff_caller(partner).put(at(partner), {"settings": {"time_zone": name}}, 422)
    assert list(answer["errors"]) == ["settings.time_zone"]
    assert state(partner) == before
    boss = admin_caller()
    for send, path in ((boss.put, at(partner)), (boss.post, "/en/partners")):
        body = {"name": "Nauja", "contact_email": "info@nauja.test", "time_zone": name}
        assert list(send(path, body, 422)["errors"]) == ["time_zone"]
    # The statistics of everybody go on.
    assert boss.get("/en/admin/partners/stats")["success"]
    assert (state(partner), Partner.objects.count()) == (before, 1)


def test_the_currency_is_fixed_once_there_are_sales(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = staff_caller(partner)
    monkeypatch.setattr(profile, "_sales_checks", [lambda _partner: True])
    answer = owner.put(at(partner), {"name": "Other", "settings": {"currency": "PLN"}}, 422)
    assert (answer["code"], list(answer["errors"])) == ("CURRENCY_FIXED", ["settings.currency"])
    partner.refresh_from_db()
    assert (partner.currency, partner.name) == ("EUR", "Namai")
    owner.put(at(partner), {"settings": {"currency": "EUR"}})


def test_the_same_key_changes_once(partner: Partner) -> None:
    owner = staff_caller(partner)
    first = owner.put(at(partner), {"description": "one"}, **KEY)
    owner.put(at(partner), {"description": "two"})
    assert owner.put(at(partner), {"description": "one"}, **KEY) == first
    partner.refresh_from_db()
    assert partner.description == "two"
    refused = owner.put(at(partner), {"description": "three"}, 422, **KEY)
    assert refused["code"] == "IDEMPOTENCY_KEY_REUSED"


def test_reading_costs_five_statements_however_many_shops(partner: Partner) -> None:
    owner: Caller = staff_caller(partner)
    for wanted in (2, 20):
        while partner.shops.count() < wanted:
            ShopFactory(partner=partner)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            owner.get(at(partner))
        assert len(queries) == 4, [query["sql"][:80] for query in queries]
