"""Partners as platform staff list, make, change and close them."""

import json
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from loyalty.errors import ValidationFailed
from loyalty.limits.limiter import default_limiter
from loyalty.models import AuditEvent, IdempotencyRecord, User
from loyalty.services.audit import SYSTEM
from loyalty.tests.factories import UserFactory
from loyalty.tests.together import together
from partners.errors import StatusChanged
from partners.models import ApiCredential, Partner, Plan, Shop, StaffMember
from partners.selectors import lifecycle
from partners.services.lifecycle import Review, change_status, close_partner
from partners.services.partners import create_partner
from partners.services.profile import update_partner
from partners.tests.callers import Caller, admin_caller, credential_caller, staff_caller
from partners.tests.factories import PartnerFactory, ShopFactory, StaffFactory

pytestmark = pytest.mark.django_db
ALL = "/en/partners"
SMALL = {"name": "Nauja", "contact_email": "info@nauja.test"}
FULL: dict[str, Any] = {
    "name": "Kavos Namai",
    "legal_name": "UAB Kavos namai",
    "registration_code": "304567891",
    "description": "Kava",
    "contact_email": "info@kava.test",
    "contact_phone": "8 612 34567",
    "website": "https://kava.test",
    "country": "lt",
    "time_zone": "Europe/Riga",
    "currency": "PLN",
    "languages": ["lv", "lt"],
    "default_language": "lt",
    "plan": "professional",
    "status": "pending_review",
    "shop": {"name": "Gedimino 9", "address": "Gedimino pr. 9", "city": "Vilnius", "phone": "+37061234568"},
    "owner": {"email": "Rasa@Kava.test", "name": "Rasa"},
    "with_credentials": True,
    "settings": {"earn_basis": "net", "attach_receipt_days": 7},
}


@pytest.fixture
def admin() -> Caller:
    return admin_caller()


@pytest.fixture
def network() -> Partner:
    return PartnerFactory(kind="network", name="Tinklas")


@pytest.fixture(autouse=True)
def plans() -> None:
    """As the migration makes them; a test that empties the tables takes them along."""
    for code in ("starter", "professional", "enterprise"):
        Plan.objects.get_or_create(code=code, defaults={"name": code.capitalize()})


def counts() -> list[int]:
    models = (Partner, Shop, StaffMember, User, ApiCredential, AuditEvent, IdempotencyRecord)
    return [model._default_manager.count() for model in models]


# --- Who may


def test_only_the_platform_sees_and_makes_partners(admin: Caller) -> None:
    partner = PartnerFactory()
    owner, till = staff_caller(partner), credential_caller(partner)
    before = counts()
    for caller, code in ((owner, "INSUFFICIENT_PARTNER_PERMISSIONS"), (till, "SCOPE_INSUFFICIENT")):
        assert caller.get(ALL, 403)["code"] == code
        assert caller.post(ALL, SMALL, 403)["code"] == code
        assert caller.delete(f"{ALL}/{partner.pk}", 403)["code"] == code
        assert caller.delete(f"{ALL}/999999999", 403)["code"] == code
    assert counts() == before
    assert owner.get(f"{ALL}/{PartnerFactory().pk}", 404)["code"] == "PARTNER_NOT_FOUND"
    assert admin.get(f"{ALL}/999999999", 404)["code"] == "PARTNER_NOT_FOUND"
    assert admin.put(f"{ALL}/999999999", {}, 404)["code"] == "PARTNER_NOT_FOUND"
    assert admin.delete(f"{ALL}/999999999", 404)["code"] == "PARTNER_NOT_FOUND"


def test_a_former_administrator_is_out(admin: Caller) -> None:
    User.objects.filter(is_staff=True).update(is_staff=False)
    assert admin.get(ALL, 401)["code"] == "INVALID_TOKEN"


# --- The list


def test_the_list_shows_what_the_platform_needs_newest_first(admin: Caller, network: Partner) -> None:
    partner = PartnerFactory(name="Kava", parent=network, legal_name="UAB Kava", registration_code="304")
    ShopFactory(partner=partner)
    ShopFactory(partner=partner)
    ShopFactory(partner=partner, is_active=False)
    answer = admin.get(ALL)
    assert [row["name"] for row in answer["data"]] == ["Kava", "Tinklas"]
    assert answer["meta"] == {"current_page": 1, "last_page": 1, "per_page": 15, "total": 2, "from": 1, "to": 2}
    row = answer["data"][0]
    assert row.pop("created_at").endswith("Z")
    assert row.pop("updated_at").endswith("Z")
    assert row == {
        "id": partner.pk,
        "name": "Kava",
        "legal_name": "UAB Kava",
        "registration_code": "304",
        "contact_email": partner.contact_email,
        "contact_phone": "",
        "website": "",
        "logo_url": "",
        "country": "LT",
        "currency": "EUR",
        "kind": "partner",
        "parent_id": network.pk,
        "parent_name": "Tinklas",
        "is_active": True,
        "status": "active",
        "status_changed_at": None,
        "tier": "starter",
        "shops_count": 2,
        "verification_status": "not_started",
        "compliance_status": "not_started",
    }
    assert answer["data"][1]["parent_name"] is None


def test_filters_and_orderings_find_what_they_say(admin: Caller, network: Partner) -> None:
    plan = Plan.objects.get(code="enterprise")
    PartnerFactory(name="Alfa", parent=network, country="EE", status="suspended", compliance_status="pending")
    PartnerFactory(name="Beta", plan=plan, legal_name="UAB Gama", registration_code="777", contact_email="b@x.test")
    PartnerFactory(name="Dingo", status="closed", verification_status="failed")
    for query, names in (
        ({}, ["Beta", "Alfa", "Tinklas"]),
        ({"status": "closed"}, ["Dingo"]),
        ({"status": "suspended"}, ["Alfa"]),
        ({"tier": "enterprise"}, ["Beta"]),
        ({"plan": "enterprise"}, ["Beta"]),
        ({"tier": "nothing"}, []),
        ({"kind": "network"}, ["Tinklas"]),
        ({"parent_id": network.pk}, ["Alfa"]),
        ({"country": "ee"}, ["Alfa"]),
        ({"compliance_status": "pending"}, ["Alfa"]),
        ({"verification_status": "failed", "status": "closed"}, ["Dingo"]),
        ({"search": "gam"}, ["Beta"]),
        ({"search": "777"}, ["Beta"]),
        ({"search": "b@x"}, ["Beta"]),
        ({"created_from": "2000-01-01", "created_to": "9999-12-31"}, ["Beta", "Alfa", "Tinklas"]),
        ({"created_to": "2000-01-01"}, []),
        ({"ordering": "name"}, ["Alfa", "Beta", "Tinklas"]),
        ({"ordering": "-name"}, ["Tinklas", "Beta", "Alfa"]),
        ({"ordering": "created_at"}, ["Tinklas", "Alfa", "Beta"]),
        ({"per_page": 1, "page": 2}, ["Alfa"]),
    ):
        assert [row["name"] for row in admin.get(ALL, 200, **query)["data"]] == names, query
    for query, field in (
        ({"status": "gone"}, "status"),
        ({"kind": "x"}, "kind"),
        ({"ordering": "password"}, "ordering"),
        ({"created_from": "yesterday"}, "created_from"),
        ({"parent_id": "x"}, "parent_id"),
    ):
        assert list(admin.get(ALL, 422, **query)["errors"]) == [field]
    assert admin.get(ALL, 404, parent_id=999999999)["code"] == "RESOURCE_NOT_FOUND"
    assert admin.get(ALL, 400, nothing=1)["code"] == "UNKNOWN_PARAMETER"


def test_the_list_costs_as_many_queries_for_20_rows_as_for_2(admin: Caller, network: Partner) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert admin.get(ALL, 200, per_page=50)["success"]
        return len(queries)

    PartnerFactory(parent=network)
    few = cost()
    for _ in range(20):
        ShopFactory(partner=PartnerFactory(parent=network))
    assert cost() == few


# --- A new one


def test_a_name_and_an_address_are_enough(admin: Caller) -> None:
    data = admin.post(ALL, SMALL)["data"]
    partner = Partner.objects.get(pk=data["id"])
    assert (data["status"], data["is_active"], data["tier"], data["kind"]) == ("active", True, "starter", "partner")
    assert (data["shop"], data["owner"], data["api_credentials"], data["parent_id"]) == (None, None, None, None)
    assert data["settings"]["languages"] == ["lt", "en"]
    assert data["next_statuses"] == ["suspended", "closed"]
    assert partner.status_changed_at is not None
    event = AuditEvent.objects.get(action="partner.created")
    assert (event.actor_kind, event.partner_id, event.target_id) == ("admin", partner.pk, str(partner.pk))
    assert event.changes["name"] == [None, "Nauja"]
    assert event.changes["contact_email"][1].startswith("#")


def test_partner_shop_owner_and_key_are_made_in_one_go(admin: Caller, network: Partner) -> None:
    answer = admin.client.post(ALL, json.dumps({**FULL, "parent_id": network.pk}), content_type="application/json")
    assert answer.status_code == 201, answer.content
    data = answer.json()["data"]
    partner = Partner.objects.get(pk=data["id"])
    assert (data["contact_phone"], data["parent_id"], data["tier"]) == ("+37061234567", network.pk, "professional")
    assert (partner.country, partner.time_zone, partner.currency) == ("LT", "Europe/Riga", "PLN")
    assert (partner.languages, partner.default_language) == (["lv", "lt"], "lt")
    assert (partner.earn_basis, partner.attach_receipt_days, partner.enrol_unknown_emails) == ("net", 7, True)
    assert (data["status"], data["shops_count"], data["integration_status"]) == ("pending_review", 1, "ready")
    shop = Shop.objects.get(partner=partner)
    assert data["shop"] == {"id": shop.pk, "name": "Gedimino 9"}
    assert (shop.address, shop.city, shop.phone) == ("Gedimino pr. 9", "Vilnius", "+37061234568")
    staff = StaffMember.objects.get(partner=partner)
    assert data["owner"] == {
        "staff_id": staff.pk,
        "user_id": staff.user_id,
        "email": "rasa@kava.test",
        "name": "Rasa",
    }
    assert (staff.role, staff.user.language, staff.user.has_usable_password()) == ("owner", "lt", False)
    key = ApiCredential.objects.get(partner=partner)
    assert data["api_credentials"]["api_key"] == key.key
    assert data["api_credentials"]["api_secret"].startswith("lts_")
    actions = AuditEvent.objects.filter(partner_id=partner.pk).order_by("id").values_list("action", flat=True)
    assert list(actions) == [
        *("partner.created", "shop.created", "user.created", "staffmember.created", "credential.issued")
    ]
    trail = json.dumps(list(AuditEvent.objects.values_list("changes", flat=True)))
    assert "rasa@" not in trail
    assert "+370612" not in trail
    assert data["api_credentials"]["api_secret"] not in trail
    shown_later = admin.get(f"{ALL}/{partner.pk}")["data"]
    assert "api_credentials" not in shown_later


def test_the_first_key_works_as_soon_as_the_partner_is_active(admin: Caller) -> None:
    keys = admin.post(ALL, {**SMALL, "with_credentials": True})["data"]["api_credentials"]
    till = Caller({"X-API-Key": keys["api_key"], "X-API-Secret": keys["api_secret"]})
    assert till.post("/en/shop/validate-credentials", {}, 200)["success"]
    waiting = admin.post(ALL, {**SMALL, "with_credentials": True, "status": "pending_review"})["data"]
    early = Caller(
        {
            "X-API-Key": waiting["api_credentials"]["api_key"],
            "X-API-Secret": waiting["api_credentials"]["api_secret"],
        }
    )
    assert early.get("/en/shop/shops", 403)["code"] == "PARTNER_NOT_ACTIVE"


def test_an_owner_who_has_an_account_keeps_it(admin: Caller) -> None:
    known = UserFactory(email="rasa@kava.test", name="Rasa P.")
    first = admin.post(ALL, {**SMALL, "owner": {"email": "RASA@kava.test", "name": "Somebody"}})["data"]
    assert first["owner"]["user_id"] == known.pk
    known.refresh_from_db()
    assert known.name == "Rasa P."
    assert known.has_usable_password()
    User.objects.filter(pk=known.pk).update(is_active=False)
    before = counts()
    refusal = admin.post(ALL, {**SMALL, "owner": {"email": "rasa@kava.test"}}, 422)
    assert list(refusal["errors"]) == ["owner.email"]
    assert counts() == before


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"contact_email": "nobody"}, "contact_email"),
        ({"contact_phone": "12"}, "contact_phone"),
        ({"website": "javascript:alert(1)"}, "website"),
        ({"country": "XX"}, "country"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"currency": "XYZ"}, "currency"),
        ({"languages": ["xx"]}, "languages"),
        ({"languages": []}, "languages"),
        ({"default_language": "de"}, "default_language"),
        ({"plan": "golden"}, "plan"),
        ({"kind": "shop"}, "kind"),
        ({"status": "rejected"}, "status"),
        ({"status": "closed"}, "status"),
        ({"parent_id": 0}, "parent_id"),
        ({"time_zone": "Europe/Riga", "settings": {"time_zone": "Europe/Vilnius"}}, "time_zone"),
        ({"settings": {"levels": []}}, "settings"),
        ({"settings": {"colour": "red"}}, "settings.colour"),
        ({"shop": {}}, "shop"),
        ({"shop": {"name": "A", "phone": "12"}}, "shop.phone"),
        ({"shop": {"name": "A", "latitude": 91}}, "shop"),
        ({"owner": {"name": "Rasa"}}, "owner"),
        ({"owner": {"email": "x"}}, "owner"),
        ({"owner": {"email": "a@b.test", "role": "cashier"}}, "owner.role"),
        ({"with_credentials": "perhaps"}, "with_credentials"),
        ({"is_active": True}, "is_active"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_half_made(admin: Caller, change: dict[str, Any], field: str) -> None:
    before = counts()
    refusal = admin.post(ALL, {**FULL, **change}, 422)
    assert refusal["code"] == "VALIDATION_ERROR"
    assert any(name == field or name.startswith(f"{field}.") for name in refusal["errors"]), refusal["errors"]
    assert counts() == before


def test_the_partner_above_must_be_there_and_be_a_network(admin: Caller) -> None:
    plain, closed = PartnerFactory(), PartnerFactory(kind="agency", status="closed")
    before = counts()
    assert admin.post(ALL, {**FULL, "parent_id": 999_999_999}, 404)["errors"].keys() == {"parent_id"}
    for parent in (plain, closed):
        assert admin.post(ALL, {**FULL, "parent_id": parent.pk}, 422)["errors"].keys() == {"parent_id"}
    assert counts() == before


def test_the_same_key_answers_the_same_once_with_the_secret_sealed_at_rest(admin: Caller) -> None:
    send = {"content_type": "application/json", "headers": {"Idempotency-Key": "first"}}
    first = admin.client.post(ALL, json.dumps(FULL), **send)
    again = admin.client.post(ALL, json.dumps(FULL), **send)
    assert (first.status_code, again.status_code, again["Idempotency-Replayed"]) == (201, 201, "true")
    assert again.json()["data"] == first.json()["data"]
    secret = first.json()["data"]["api_credentials"]["api_secret"]
    stored = IdempotencyRecord.objects.get()
    assert secret not in stored.body
    assert "lts_" not in stored.body
    assert Partner.objects.filter(name=FULL["name"]).count() == 1
    other = admin.client.post(ALL, json.dumps({**FULL, "name": "Other"}), **send)
    assert (other.status_code, other.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    stored.body = "lost"
    stored.save()
    lost = admin.client.post(ALL, json.dumps(FULL), **send)
    assert (lost.status_code, lost.json()["code"]) == (409, "IDEMPOTENCY_ANSWER_LOST")
    assert Partner.objects.filter(name=FULL["name"]).count() == 1


def test_an_equal_call_a_moment_later_is_its_repeat(admin: Caller) -> None:
    first, again = admin.post(ALL, FULL), admin.post(ALL, FULL)
    assert first["data"] == again["data"]
    assert Partner.objects.filter(name=FULL["name"]).count() == 1


# --- Changing


def test_the_platform_changes_what_a_partner_cannot(admin: Caller, network: Partner) -> None:
    partner = PartnerFactory()
    body = {
        "legal_name": "UAB Nauja",
        "registration_code": "123",
        "country": "lv",
        "contact_phone": "26123456",
        "plan": "enterprise",
        "parent_id": network.pk,
        "time_zone": "Europe/Riga",
        "settings": {"languages": ["lv", "en"], "default_language": "lv"},
    }
    data = admin.put(f"{ALL}/{partner.pk}", body)["data"]
    assert (data["legal_name"], data["tier"], data["parent_id"]) == ("UAB Nauja", "enterprise", network.pk)
    assert (data["settings"]["country"], data["contact_phone"]) == ("LV", "+37126123456")
    assert data["settings"]["languages"] == ["lv", "en"]
    event = AuditEvent.objects.get(action="partner.updated")
    assert (event.actor_kind, event.partner_id) == ("admin", partner.pk)
    assert set(event.changes) == {
        *("legal_name", "registration_code", "country", "contact_phone", "plan_id", "parent_id", "time_zone"),
        *("languages", "default_language"),
    }
    owner = staff_caller(partner)
    for name in ("legal_name", "plan", "parent_id", "kind", "country", "status"):
        assert list(owner.put(f"{ALL}/{partner.pk}", {name: "x"}, 422)["errors"]) == [name]
    assert "review_notes" not in owner.get(f"{ALL}/{partner.pk}")["data"]


def test_a_change_that_changes_nothing_leaves_no_trail(admin: Caller) -> None:
    partner = PartnerFactory()
    admin.put(f"{ALL}/{partner.pk}", {"name": partner.name, "plan": "starter"})
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"plan": "golden"}, "plan"),
        ({"time_zone": "Nowhere"}, "time_zone"),
        ({"currency": "eur"}, "currency"),
        ({"default_language": "de"}, "default_language"),
        ({"settings": {"default_language": "de"}}, "default_language"),
        ({"status": "active"}, "status"),
        ({"verification_status": "verified"}, "verification_status"),
    ],
)
def test_a_wrong_change_is_refused_whole(admin: Caller, change: dict[str, Any], field: str) -> None:
    partner = PartnerFactory()
    before = Partner.objects.filter(pk=partner.pk).values().get()
    assert list(admin.put(f"{ALL}/{partner.pk}", {"name": "New", **change}, 422)["errors"]) == [field]
    assert Partner.objects.filter(pk=partner.pk).values().get() == before


def test_the_tree_never_becomes_a_ring(admin: Caller, network: Partner) -> None:
    middle = PartnerFactory(kind="network", parent=network)
    below = PartnerFactory(kind="network", parent=middle)
    for wrong in (network, middle, below):
        refusal = admin.put(f"{ALL}/{network.pk}", {"parent_id": wrong.pk}, 422)
        assert list(refusal["errors"]) == ["parent_id"]
    assert list(admin.put(f"{ALL}/{network.pk}", {"kind": "partner"}, 422)["errors"]) == ["kind"]
    network.refresh_from_db()
    assert (network.parent_id, network.kind) == (None, "network")
    assert admin.put(f"{ALL}/{below.pk}", {"parent_id": None})["data"]["parent_id"] is None
    assert admin.put(f"{ALL}/{below.pk}", {"kind": "partner"})["data"]["kind"] == "partner"


# --- Closing


@pytest.mark.django_db(transaction=True)
def test_a_closed_partner_loses_its_keys_and_its_staff_and_nothing_else(admin: Caller) -> None:
    partner = PartnerFactory()
    shop = ShopFactory(partner=partner)
    owner, till = staff_caller(partner), credential_caller(partner)
    assert owner.get(f"{ALL}/{partner.pk}")["success"]
    assert till.get("/en/shop/shops")["success"]
    data = admin.delete(f"{ALL}/{partner.pk}?reason=Moved+away")["data"]
    assert (data["status"], data["is_active"], data["integration_status"]) == ("closed", False, "not_configured")
    assert owner.get(f"{ALL}/{partner.pk}", 403)["code"] == "PARTNER_NOT_ACTIVE"
    assert till.get("/en/shop/shops", 401)["code"] == "API_KEY_UNKNOWN"
    assert Shop.objects.filter(pk=shop.pk, is_active=True).exists()
    assert StaffMember.objects.filter(partner=partner, is_active=True).exists()
    trail = AuditEvent.objects.filter(partner_id=partner.pk, actor_kind="admin").order_by("id")
    assert list(trail.values_list("action", "reason")) == [
        ("credential.revoked", "Moved away"),
        ("partner.status_changed", "Moved away"),
    ]
    assert admin.delete(f"{ALL}/{partner.pk}")["data"]["status"] == "closed"
    assert trail.count() == 2
    path = f"/en/admin/partners/{partner.pk}/status"
    assert admin.put(path, {"status": "suspended"})["data"]["next_statuses"] == ["active", "closed"]
    assert admin.put(path, {"status": "active"})["data"]["is_active"]
    assert owner.get(f"{ALL}/{partner.pk}")["success"]
    assert till.get("/en/shop/shops", 401)["code"] == "API_KEY_UNKNOWN"


def test_open_money_stands_in_the_way_unless_one_insists(admin: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    partner = PartnerFactory()
    unsettled = [{"what": "2026-10", "amount": "12.50", "currency": "EUR"}]
    monkeypatch.setattr(lifecycle, "_open_money", [lambda _partner: unsettled])
    till = credential_caller(partner)
    refusal = admin.delete(f"{ALL}/{partner.pk}", 409)
    assert (refusal["code"], refusal["details"]) == ("PARTNER_HAS_OPEN_MONEY", {"open": unsettled})
    assert "2026-10 12.50 EUR" in refusal["message"]
    assert till.get("/en/shop/shops")["success"]
    assert admin.delete(f"{ALL}/{partner.pk}?force=perhaps", 422)["errors"].keys() == {"force"}
    assert admin.delete(f"{ALL}/{partner.pk}?force=true")["data"]["status"] == "closed"


def test_staff_who_work_elsewhere_are_not_disturbed(admin: Caller) -> None:
    staff = StaffFactory()
    other = StaffFactory(user=staff.user)
    admin.delete(f"{ALL}/{staff.partner_id}")
    staff.user.refresh_from_db()
    assert staff.user.is_active
    assert Partner.objects.get(pk=other.partner_id).is_active


# --- Two at once


def _moved(partner: Partner, parent: Partner) -> bool:
    try:
        update_partner(actor=SYSTEM, partner=partner, data={"parent_id": parent.pk}, at=timezone.now())
    except ValidationFailed:
        return False
    return True


@pytest.mark.django_db(transaction=True)
def test_two_moves_at_once_make_no_ring() -> None:
    for _ in range(10):
        first, second = PartnerFactory(kind="network"), PartnerFactory(kind="network")
        results = together([partial(_moved, first, second), partial(_moved, second, first)])
        first.refresh_from_db()
        second.refresh_from_db()
        assert sorted(results) == [False, True]
        assert [first.parent_id, second.parent_id].count(None) == 1


@pytest.mark.django_db(transaction=True)
def test_two_partners_made_at_once_for_one_owner_share_the_account() -> None:
    PartnerFactory()

    def make(name: str) -> int:
        made = create_partner(
            actor=SYSTEM,
            data={"name": name, "contact_email": "a@b.test"},
            owner={"email": "rasa@kava.test"},
            at=timezone.now(),
        )
        assert made.owner is not None
        return made.owner.user_id

    assert len(set(together([partial(make, "A"), partial(make, "B")]))) == 1
    assert User.objects.filter(email="rasa@kava.test").count() == 1
    assert StaffMember.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_closing_and_suspending_at_once_ends_closed_or_refused() -> None:
    for _ in range(10):
        partner = PartnerFactory()

        def close(partner: Partner = partner) -> str:
            return close_partner(actor=SYSTEM, partner=partner, at=timezone.now()).status

        def suspend(partner: Partner = partner) -> str:
            try:
                review = Review("suspended", expected="active")
                return change_status(actor=SYSTEM, partner=partner, review=review, at=timezone.now()).status
            except StatusChanged as refusal:
                return refusal.code

        assert together([close, suspend]) in (["closed", "suspended"], ["closed", "STATUS_CHANGED"])
        partner.refresh_from_db()
        assert partner.status == "closed"


# --- Whatever is sent


ODD: tuple[Any, ...] = (
    *(None, True, -1, 10**30, 1.5e300, "", " ", "x" * 20_000, "\u202e", [], [[]], [None], {}, {"": {}}),
    *([1, "a"], "NaN", "1e400", {"name": []}, {"email": {"a": 1}}, [{"name": "a", "points": 10**40}]),
)


def test_nothing_that_is_sent_is_a_fault_of_ours(admin: Caller) -> None:
    partner = PartnerFactory(status="pending_review")
    addresses = {
        ("post", ALL): [*FULL, "parent_id", "kind", "logo_url"],
        ("put", f"{ALL}/{partner.pk}"): [*FULL, "parent_id", "kind", "logo_url"],
        ("put", f"/en/admin/partners/{partner.pk}/status"): [
            *("status", "review_notes", "rejection_reason", "send_notification", "expected_status")
        ],
        ("put", f"/en/admin/partners/{partner.pk}/verification/documents/1"): ["state", "reason"],
        ("post", f"/en/admin/partners/{partner.pk}/verification/documents"): ["kind", "file"],
    }
    for (method, address), names in addresses.items():
        base = SMALL if method == "post" and address == ALL else {}
        for name in names:
            for value in ODD:
                send = getattr(admin.client, method)
                answer = send(address, json.dumps({**base, name: value}), content_type="application/json")
                if answer.status_code == 429:
                    default_limiter().link.client.flushdb()
                    answer = send(address, json.dumps({**base, name: value}), content_type="application/json")
                assert answer.status_code < 500, (method, address, name, value)
                assert json.loads(answer.content)["success"] == (answer.status_code < 300)
    for query in (
        "page=0",
        "per_page=x",
        "parent_id=9" * 30,
        "created_from=0001-01-01",
        "created_to=9999-12-31",
        "search=%00",
    ):
        assert admin.client.get(f"{ALL}?{query}").status_code < 500, query
