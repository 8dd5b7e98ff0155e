"""A partner's states: which follows which, who may do what in them, and how fast it is known."""

from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from loyalty import events
from loyalty.models import AuditEvent
from loyalty.services.audit import SYSTEM
from loyalty.tests.factories import PASSWORD
from loyalty.tests.together import together
from partners.choices import PaperKind, PartnerStatus, ReviewStatus, StaffRole
from partners.errors import StatusChanged, StatusTransitionRefused
from partners.events import PartnerStatusChanged
from partners.models import Partner
from partners.rules import lifecycle
from partners.rules.capabilities import capabilities_of_staff
from partners.services.lifecycle import Review, change_status
from partners.tests.callers import Caller, admin_caller, credential_caller, staff_caller
from partners.tests.factories import PaperFactory, PartnerFactory, ShopFactory, StaffFactory

pytestmark = pytest.mark.django_db
# What each state may become by the status address; closing has an address of its own.
STEPS = {
    "pending_review": {"approved", "rejected"},
    "approved": {"documents_signed", "pending_review", "rejected"},
    "documents_signed": {"active", "approved", "rejected"},
    "active": {"suspended"},
    "suspended": {"active"},
    "rejected": {"pending_review"},
    "closed": {"suspended", "pending_review"},
}


@pytest.fixture
def admin() -> Caller:
    return admin_caller()


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[PartnerStatusChanged]:
    told: list[PartnerStatusChanged] = []
    monkeypatch.setitem(events._subscribers, PartnerStatusChanged, [told.append])
    return told


def path(partner: Partner | int) -> str:
    return f"/en/admin/partners/{partner if isinstance(partner, int) else partner.pk}/status"


def proved(partner: Partner) -> None:
    for kind in lifecycle.REQUIRED:
        PaperFactory(partner=partner, kind=kind, state="verified", reviewed_at=timezone.now())


# --- The table


def test_the_table_knows_every_state_and_nothing_is_a_dead_end() -> None:
    assert set(lifecycle.TRANSITIONS) == set(PartnerStatus)
    assert all(lifecycle.next_states(state) for state in PartnerStatus)
    assert all(state not in lifecycle.next_states(state) for state in PartnerStatus)
    assert [state for state in PartnerStatus if lifecycle.may_trade(state)] == ["active"]


@pytest.mark.parametrize("before", sorted(STEPS))
def test_every_step_is_taken_or_refused_with_the_allowed_ones(admin: Caller, before: str) -> None:
    for after in set(STEPS) - {before, "closed"}:
        partner = PartnerFactory(status=before)
        proved(partner)
        body = {"status": after, **({"rejection_reason": "No"} if after == "rejected" else {})}
        if after in STEPS[before]:
            data = admin.put(path(partner), body)["data"]
            assert (data["status"], data["is_active"]) == (after, after == "active")
            continue
        refusal = admin.put(path(partner), body, 409)
        assert refusal["code"] == "STATUS_TRANSITION_REFUSED"
        assert refusal["details"]["status"] == before
        assert set(refusal["details"]["allowed"]) == STEPS[before]
        partner.refresh_from_db()
        assert (partner.status, partner.status_changed_at) == (before, None)


def test_papers_come_before_the_step_that_needs_them(admin: Caller) -> None:
    partner = PartnerFactory(status="pending_review")
    refusal = admin.put(path(partner), {"status": "approved"}, 409)
    assert (refusal["code"], refusal["details"]) == ("PAPERS_MISSING", {"missing": ["business_registration"]})
    PaperFactory(partner=partner, state="verified", reviewed_at=timezone.now())
    # The newest counts, good or not.
    PaperFactory(partner=partner, state="failed", reason="Blurred", reviewed_at=timezone.now())
    assert admin.put(path(partner), {"status": "approved"}, 409)["code"] == "PAPERS_MISSING"
    PaperFactory(partner=partner, state="verified", reviewed_at=timezone.now())
    assert admin.put(path(partner), {"status": "approved"})["data"]["status"] == "approved"
    PaperFactory(partner=PartnerFactory(), kind="agreement", state="verified", reviewed_at=timezone.now())
    assert admin.put(path(partner), {"status": "documents_signed"}, 409)["details"] == {"missing": ["agreement"]}
    PaperFactory(partner=partner, kind="agreement", state="verified", reviewed_at=timezone.now())
    assert admin.put(path(partner), {"status": "documents_signed"})["success"]
    assert admin.put(path(partner), {"status": "active"})["data"]["is_active"]


def test_what_papers_say_together() -> None:
    registration, agreement = lifecycle.REQUIRED
    for states, verification, compliance in (
        ({}, "not_started", "not_started"),
        ({PaperKind.OTHER: "verified"}, "not_started", "not_started"),
        ({registration: "pending"}, "pending", "pending"),
        ({registration: "verified"}, "verified", "pending"),
        ({registration: "verified", agreement: "pending"}, "verified", "pending"),
        ({registration: "verified", agreement: "verified"}, "verified", "verified"),
        ({registration: "verified", agreement: "failed"}, "verified", "failed"),
        ({registration: "failed"}, "failed", "failed"),
        ({agreement: "verified"}, "not_started", "pending"),
    ):
        assert lifecycle.verification_of(states) == ReviewStatus(verification), states
        assert lifecycle.compliance_of(states) == ReviewStatus(compliance), states


# --- The address


def test_a_rejection_has_a_reason_that_the_partner_is_told_and_the_trail_keeps(
    admin: Caller, heard: list[PartnerStatusChanged]
) -> None:
    partner = PartnerFactory(status="pending_review")
    for wrong in ({}, {"rejection_reason": ""}, {"rejection_reason": "  "}, {"rejection_reason": None}):
        assert list(admin.put(path(partner), {"status": "rejected", **wrong}, 422)["errors"]) == ["rejection_reason"]
    assert not AuditEvent.objects.exists()
    body = {"status": "rejected", "rejection_reason": " Out of date ", "review_notes": "Ona called 861234567"}
    data = admin.put(path(partner), body)["data"]
    assert (data["rejection_reason"], data["review_notes"]) == ("Out of date", "Ona called 861234567")
    assert data["next_statuses"] == ["pending_review", "closed"]
    event = AuditEvent.objects.get()
    assert (event.action, event.actor_kind, event.partner_id) == ("partner.status_changed", "admin", partner.pk)
    assert event.reason == "Out of date"
    assert event.changes["status"] == ["pending_review", "rejected"]
    assert "861234567" not in str(event.changes)
    (told,) = heard
    assert (told.partner_id, told.before, told.after) == (partner.pk, "pending_review", "rejected")
    assert (told.reason, told.notify) == ("Out of date", True)
    data = admin.put(path(partner), {"status": "pending_review", "send_notification": False})["data"]
    assert (data["rejection_reason"], data["review_notes"]) == ("", "Ona called 861234567")
    assert heard[1].notify is False


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "status"),
        ({"status": "gone"}, "status"),
        ({"status": "closed"}, "status"),
        ({"status": "approved", "rejection_reason": "No"}, "rejection_reason"),
        ({"status": "approved", "send_notification": "maybe"}, "send_notification"),
        ({"status": "approved", "review_notes": "x" * 5001}, "review_notes"),
        ({"status": "approved", "expected_status": "new"}, "expected_status"),
        ({"status": "approved", "notes": "x"}, "notes"),
    ],
)
def test_a_wrong_body_is_named(admin: Caller, body: dict[str, Any], field: str) -> None:
    partner = PartnerFactory(status="pending_review")
    assert list(admin.put(path(partner), body, 422)["errors"]) == [field]
    partner.refresh_from_db()
    assert partner.status == "pending_review"


def test_the_same_status_again_changes_only_notes(admin: Caller, heard: list[PartnerStatusChanged]) -> None:
    partner = PartnerFactory(status="suspended")
    assert admin.put(path(partner), {"status": "suspended"})["data"]["status_changed_at"] is None
    assert not AuditEvent.objects.exists()
    assert admin.put(path(partner), {"status": "suspended", "review_notes": "Wait"})["data"]["review_notes"] == "Wait"
    assert AuditEvent.objects.get().action == "partner.updated"
    assert heard == []


def test_who_looked_at_another_state_is_told(admin: Caller) -> None:
    partner = PartnerFactory(status="suspended")
    refusal = admin.put(path(partner), {"status": "active", "expected_status": "active"}, 409)
    assert (refusal["code"], refusal["details"]) == ("STATUS_CHANGED", {"status": "suspended"})
    assert admin.put(path(partner), {"status": "active", "expected_status": "suspended"})["success"]


def test_only_the_platform_decides() -> None:
    partner = PartnerFactory()
    for caller in (staff_caller(partner), credential_caller(partner)):
        assert caller.client.put(path(partner), "{}", content_type="application/json").status_code in {401, 403}
    assert staff_caller(partner).put(path(partner), {}, 403)["code"] == "INSUFFICIENT_PARTNER_PERMISSIONS"
    assert admin_caller().put(path(999_999_999), {"status": "active"}, 404)["code"] == "PARTNER_NOT_FOUND"


# --- Who may do what


@pytest.mark.parametrize("status", sorted(set(PartnerStatus) - {PartnerStatus.ACTIVE}))
def test_tills_and_staff_of_a_partner_that_is_not_active_are_refused(status: str) -> None:
    partner = PartnerFactory()
    ShopFactory(partner=partner)
    till = credential_caller(partner)
    callers = {role: staff_caller(partner, role) for role in StaffRole}
    Partner.objects.filter(pk=partner.pk).update(status=status)
    sale = {"order_id": "A-1", "order_total": 10, "user_email": "a@b.test"}
    assert till.get("/en/shop/loyalty-cards", 403)["code"] == "PARTNER_NOT_ACTIVE"
    assert till.post("/en/shop/transactions/create", sale, 403)["code"] == "PARTNER_NOT_ACTIVE"
    assert till.get("/en/partners/transactions", 403)["code"] == "PARTNER_NOT_ACTIVE"
    for caller in callers.values():
        for address in ("transactions", "customers", f"{partner.pk}", "cards"):
            assert caller.get(f"/en/partners/{address}", 403)["code"] == "PARTNER_NOT_ACTIVE"
        assert caller.put(f"/en/partners/{partner.pk}", {"name": "New"}, 403)["code"] == "PARTNER_NOT_ACTIVE"
    partner.refresh_from_db()
    assert partner.name != "New"


@pytest.mark.parametrize("status", sorted(PartnerStatus))
def test_who_gets_in_follows_from_the_one_table(status: str) -> None:
    partner = PartnerFactory(status=status)
    for role in StaffRole:
        staff = StaffFactory(partner=partner, role=role)
        answer = Caller({}).client.post(
            "/en/partners/auth/login",
            {"email": staff.user.email, "password": PASSWORD},
            content_type="application/json",
        )
        left = capabilities_of_staff(role, status)
        assert answer.status_code == (200 if left else 403), (role, answer.content)
        assert left or answer.json()["code"] == "PARTNER_NOT_ACTIVE"
        if status != "active":
            applies = role == "owner" and status not in {"suspended", "closed"}
            assert ("verification.view" in left) == applies
            assert ("messages.view" in left) == applies
            for heard in ("verification.edit", "messages.send"):
                assert (heard in left) == (applies and status != "rejected")
            assert left <= lifecycle.APPLICANT


def test_who_works_elsewhere_is_not_asked_about_an_application() -> None:
    job = StaffFactory()
    applies = StaffFactory(user=job.user, partner=PartnerFactory(status="pending_review"))
    body = {"email": job.user.email, "password": PASSWORD}
    caller = Caller({})
    assert caller.post("/en/partners/auth/login", body, 200)["data"]["partner"]["id"] == job.partner_id
    named = caller.post("/en/partners/auth/login", {**body, "partner_id": applies.partner_id}, 200)
    assert named["data"]["partner"]["id"] == applies.partner_id


@pytest.mark.django_db(transaction=True)
def test_a_change_is_known_on_the_very_next_request(admin: Caller) -> None:
    partner = PartnerFactory()
    ShopFactory(partner=partner)
    tills, owner = [credential_caller(partner) for _ in range(2)], staff_caller(partner)
    for status, code in (("suspended", 403), ("active", 200), ("suspended", 403)):
        for till in tills:
            till.get("/en/shop/shops", 200 if partner.is_active else 403)
        owner.get("/en/partners/transactions", 200 if partner.is_active else 403)
        admin.put(path(partner), {"status": status})
        partner.refresh_from_db()
        for till in tills:
            till.get("/en/shop/shops", code)
        owner.get("/en/partners/transactions", code)


# --- Two at once


@pytest.mark.django_db(transaction=True)
def test_of_two_administrators_at_once_one_moves_and_the_other_sees_it(heard: list[PartnerStatusChanged]) -> None:
    for _ in range(10):
        heard.clear()
        partner = PartnerFactory(status="pending_review")
        proved(partner)

        def decide(review: Review, partner: Partner = partner) -> str:
            try:
                return change_status(actor=SYSTEM, partner=partner, review=review, at=timezone.now()).status
            except (StatusTransitionRefused, StatusChanged) as refusal:
                return refusal.code

        approve = Review("approved", expected="pending_review")
        reject = Review("rejected", rejection_reason="No", expected="pending_review")
        results = together([partial(decide, approve), partial(decide, reject)])
        partner.refresh_from_db()
        assert sorted(results) == sorted([partner.status, "STATUS_CHANGED"])
        assert [told.after for told in heard] == [partner.status]
        assert AuditEvent.objects.filter(target_id=str(partner.pk), action="partner.status_changed").count() == 1
