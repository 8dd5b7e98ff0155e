"""An application from the invited owner's log-in to the active partner, with its papers."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from loyalty import events
from loyalty.files.storage import private_storage
from loyalty.files.tests.samples import pdf, photo_with_place, picture
from loyalty.files.uploads import Checked
from loyalty.models import AuditEvent
from loyalty.services.audit import SYSTEM
from loyalty.tests.together import together
from partners.events import PaperReviewed
from partners.models import Partner, Verification
from partners.services import verification
from partners.services.verification import hand_in_paper, review_paper
from partners.tests.callers import Caller, admin_caller, credential_caller, staff_caller
from partners.tests.factories import PaperFactory, PartnerFactory

pytestmark = pytest.mark.django_db
OWN = "/en/partners/verification"
PAPERS = f"{OWN}/documents"


@pytest.fixture(autouse=True)
def private_folder(settings: Any, tmp_path: Path) -> Path:
    options = {**settings.STORAGES["private"]["OPTIONS"], "location": str(tmp_path)}
    private = {**settings.STORAGES["private"], "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "private": private}
    return tmp_path


@pytest.fixture
def partner() -> Partner:
    return PartnerFactory(status="pending_review", name="Nauja kava")


@pytest.fixture
def owner(partner: Partner) -> Caller:
    return staff_caller(partner)


@pytest.fixture
def admin() -> Caller:
    return admin_caller()


def send(caller: Caller, content: bytes = b"", expect: int = 201, /, **form: Any) -> dict[str, Any]:
    file = SimpleUploadedFile(form.pop("name", "registracija.pdf"), content or pdf(), "application/x-whatever")
    answer = caller.client.post(form.pop("to", PAPERS), {"kind": "business_registration", "file": file, **form})
    assert answer.status_code == expect, answer.content
    return dict(json.loads(answer.content))


def of(partner: Partner, paper: int | None = None, rest: str = "") -> str:
    place = f"/en/admin/partners/{partner.pk}/verification"
    return place if paper is None else f"{place}/documents/{paper}{rest}"


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


# --- What the owner of an application reaches


def test_an_application_goes_all_the_way(owner: Caller, admin: Caller, partner: Partner) -> None:
    start = owner.get(OWN)["data"]
    assert start == {
        "partner_id": partner.pk,
        "status": "pending_review",
        "rejection_reason": "",
        "legal_name": "",
        "registration_code": "",
        "verification_status": "not_started",
        "compliance_status": "not_started",
        "required": [
            {"kind": "business_registration", "state": "not_started", "reason": ""},
            {"kind": "agreement", "state": "not_started", "reason": ""},
        ],
        "documents": [],
    }
    said = owner.post(OWN, {"legal_name": "UAB Nauja kava", "registration_code": "305"}, 200)["data"]
    assert (said["legal_name"], said["registration_code"]) == ("UAB Nauja kava", "305")
    registration = send(owner)["data"]
    assert (registration["state"], registration["file_name"]) == ("pending", "registracija.pdf")
    assert (registration["content_type"], registration["size"]) == ("application/pdf", len(pdf()))
    refused = admin.put(of(partner, registration["id"]), {"state": "failed", "reason": "Blurred"})["data"]
    assert (refused["state"], refused["reviewed_by"].split(":")[0]) == ("failed", "admin")
    seen = owner.get(OWN)["data"]
    assert (seen["verification_status"], seen["compliance_status"]) == ("failed", "failed")
    assert seen["required"][0] == {"kind": "business_registration", "state": "failed", "reason": "Blurred"}
    assert "reviewed_by" not in seen["documents"][0]
    again = send(owner)["data"]
    assert again["id"] != registration["id"]
    agreement = send(owner, picture(), kind="agreement", name="sutartis.jpg")["data"]
    for paper in (again, agreement):
        admin.put(of(partner, paper["id"]), {"state": "verified"})
    whole = admin.get(of(partner))["data"]
    assert (whole["verification_status"], whole["compliance_status"]) == ("verified", "verified")
    assert [one["state"] for one in whole["documents"]] == ["verified", "verified", "failed"]
    status = f"/en/admin/partners/{partner.pk}/status"
    for state in ("approved", "documents_signed", "active"):
        assert admin.put(status, {"status": state})["data"]["status"] == state
    assert owner.get(f"/en/partners/{partner.pk}")["data"]["compliance_status"] == "verified"


def test_the_owner_of_an_application_reaches_exactly_this(owner: Caller, partner: Partner) -> None:
    reached = ["messages.send", "messages.view", "verification.edit", "verification.view"]
    assert owner.get("/en/partners/auth/me")["data"]["capabilities"] == reached
    for address in (f"{partner.pk}", "customers", "cards", "games", "offers", "transactions", "commissions"):
        assert owner.get(f"/en/partners/{address}", 403)["code"] == "PARTNER_NOT_ACTIVE"
    for role in ("manager", "cashier", "analyst"):
        assert staff_caller(partner, role).get(OWN, 403)["code"] == "PARTNER_NOT_ACTIVE"
    Partner.objects.filter(pk=partner.pk).update(status="rejected", rejection_reason="Not a shop")
    assert owner.get(OWN)["data"]["rejection_reason"] == "Not a shop"
    assert owner.get(PAPERS)["data"] == []
    assert owner.post(OWN, {"legal_name": "x", "registration_code": "1"}, 403)["code"] == "PARTNER_NOT_ACTIVE"
    assert send(owner, b"", 403)["code"] == "PARTNER_NOT_ACTIVE"
    for status in ("suspended", "closed"):
        Partner.objects.filter(pk=partner.pk).update(status=status)
        assert owner.get(OWN, 403)["code"] == "PARTNER_NOT_ACTIVE"


def test_at_an_active_partner_papers_are_the_owners_too(admin: Caller) -> None:
    active = PartnerFactory()
    assert send(staff_caller(active))["success"]
    for role in ("manager", "cashier", "analyst"):
        caller = staff_caller(active, role)
        assert caller.get(OWN, 403)["code"] == "INSUFFICIENT_PARTNER_PERMISSIONS"
        assert send(caller, b"", 403)["code"] == "INSUFFICIENT_PARTNER_PERMISSIONS"
    assert credential_caller(active).get(OWN, 403)["code"] == "SCOPE_INSUFFICIENT"
    for method, address in (
        ("get", of(active)),
        ("post", f"{of(active)}/documents"),
        ("put", of(active, 1)),
        ("get", of(active, 1, "/file")),
    ):
        answer = staff_caller(active).client.generic(method.upper(), address, "{}", content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (403, "INSUFFICIENT_PARTNER_PERMISSIONS")


def test_what_was_verified_is_not_the_applicants_to_change(owner: Caller, partner: Partner) -> None:
    body = {"legal_name": "UAB Kita", "registration_code": "9"}
    for change in ({"verification_status": "verified"}, {"status": "approved", "verification_status": "pending"}):
        Partner.objects.filter(pk=partner.pk).update(**change)
        assert owner.post(OWN, body, 409)["code"] == "APPLICATION_DECIDED"
    partner.refresh_from_db()
    assert partner.legal_name == ""
    for wrong, field in (({"legal_name": "A"}, "registration_code"), ({**body, "name": "A"}, "name")):
        assert field in owner.post(OWN, wrong, 422)["errors"]


# --- Files


@pytest.mark.parametrize(
    ("content", "form", "field"),
    [
        (b"", {"kind": "selfie"}, "kind"),
        (b"MZ" + b"\x00" * 200, {}, "file"),
        (b"<html><script>alert(1)</script></html>", {"name": "page.pdf"}, "file"),
        (pdf(b"/OpenAction << /S /JavaScript >>"), {}, "file"),
        (b"plain words", {"name": "note.txt"}, "file"),
        (b"", {"state": "verified"}, "state"),
    ],
)
def test_a_file_that_is_not_a_paper_is_refused(
    owner: Caller, private_folder: Path, content: bytes, form: dict[str, Any], field: str
) -> None:
    assert list(send(owner, content, 422, **form)["errors"]) == [field]
    assert files(private_folder) == []
    assert not Verification.objects.exists()
    assert not AuditEvent.objects.exists()


def test_a_body_without_a_file_and_one_that_is_too_large(owner: Caller, private_folder: Path) -> None:
    assert list(owner.post(PAPERS, {"kind": "agreement"}, 422)["errors"]) == ["file"]
    assert list(owner.post(PAPERS, {"kind": "agreement", "file": "text"}, 422)["errors"]) == ["file"]
    answer = owner.client.post(PAPERS, {"kind": "agreement", "file": SimpleUploadedFile("a.pdf", b"x" * 10_200_000)})
    assert (answer.status_code, answer.json()["code"]) == (413, "PAYLOAD_TOO_LARGE")
    assert files(private_folder) == []


def test_a_paper_is_handed_out_to_those_who_may_and_lies_at_no_address(
    owner: Caller, admin: Caller, partner: Partner, private_folder: Path
) -> None:
    paper = send(owner, name="../../etc/ąčę <b>.exe")["data"]
    stored = Verification.objects.get()
    (file,) = files(private_folder)
    assert stored.stored_name.startswith(f"partners/{partner.pk}/papers/")
    assert "registration" not in stored.stored_name
    assert str(file.relative_to(private_folder)) == stored.stored_name
    assert not Path(settings.MEDIA_ROOT, stored.stored_name).exists()
    assert Client().get(f"/media/{stored.stored_name}").status_code == 404
    with pytest.raises(ValueError, match="no address"):
        private_storage().url(stored.stored_name)
    for caller, address in (
        (owner, f"{PAPERS}/{paper['id']}/file"),
        (admin, of(partner, paper["id"], "/file")),
    ):
        answer = caller.client.get(address)
        assert answer.status_code == 200
        assert b"".join(answer.streaming_content) == pdf()  # type: ignore[arg-type]
        assert answer["Content-Type"] == "application/pdf"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Disposition"].startswith("attachment;")
        assert "<" not in answer["Content-Disposition"]
        assert answer["Cache-Control"] == "private, no-store"
        assert Client().get(address).status_code == 401
    other = staff_caller(PartnerFactory())
    assert other.get(f"{PAPERS}/{paper['id']}/file", 404)["code"] == "RESOURCE_NOT_FOUND"
    assert admin.get(of(PartnerFactory(), paper["id"], "/file"), 404)["code"] == "RESOURCE_NOT_FOUND"
    file.unlink()
    assert owner.get(f"{PAPERS}/{paper['id']}/file", 404)["code"] == "RESOURCE_NOT_FOUND"


def test_a_photo_is_stored_without_what_it_tells(owner: Caller, private_folder: Path) -> None:
    send(owner, photo_with_place(), name="photo.jpg")
    (file,) = files(private_folder)
    assert "gatvė".encode() not in file.read_bytes()


def test_the_same_file_again_is_the_paper_that_lies_there(owner: Caller, private_folder: Path) -> None:
    first = send(owner)["data"]
    assert send(owner)["data"] == first
    assert send(owner, kind="agreement")["data"]["id"] != first["id"]
    assert len(files(private_folder)) == Verification.objects.count() == 2


def test_there_is_an_end_to_papers(
    owner: Caller, private_folder: Path, partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, "MOST_PAPERS", 1)
    PaperFactory(partner=partner)
    assert send(owner, b"", 409)["code"] == "TOO_MANY_PAPERS"
    assert files(private_folder) == []


def test_an_idempotency_key_covers_the_file(owner: Caller) -> None:
    def post(content: bytes) -> Any:
        form = {"kind": "other", "file": SimpleUploadedFile("a.pdf", content)}
        return owner.client.post(PAPERS, form, headers={"Idempotency-Key": "paper-1"})

    first, again, other = post(pdf()), post(pdf()), post(pdf(b"/Lang (lt)"))
    assert (first.status_code, again["Idempotency-Replayed"], other.json()["code"]) == (
        *(201, "true"),
        "IDEMPOTENCY_KEY_REUSED",
    )
    assert Verification.objects.count() == 1


def test_the_list_is_paged_and_costs_the_same_for_more(owner: Caller, partner: Partner) -> None:
    def cost(address: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            owner.get(address)
        return len(queries)

    papers = [PaperFactory(partner=partner) for _ in range(2)]
    few = [cost(PAPERS), cost(OWN)]
    papers += [PaperFactory(partner=partner) for _ in range(18)]
    PaperFactory()
    assert [cost(PAPERS), cost(OWN)] == few
    answer = owner.get(PAPERS, 200, per_page=2, page=2)
    assert [row["id"] for row in answer["data"]] == [papers[17].pk, papers[16].pk]
    assert answer["meta"]["total"] == 20


# --- Reviews


def test_a_review_is_audited_told_and_checked(admin: Caller, partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[PaperReviewed] = []
    monkeypatch.setitem(events._subscribers, PaperReviewed, [told.append])
    paper = PaperFactory(partner=partner)
    for body, field in (
        ({}, "state"),
        ({"state": "pending"}, "state"),
        ({"state": "failed"}, "reason"),
        ({"state": "failed", "reason": "   "}, "reason"),
        ({"state": "verified", "kind": "other"}, "kind"),
    ):
        assert list(admin.put(of(partner, paper.pk), body, 422)["errors"]) == [field]
    assert not AuditEvent.objects.exists()
    for _ in range(2):
        assert admin.put(of(partner, paper.pk), {"state": "failed", "reason": "Blurred"})["data"]["reason"] == "Blurred"
    assert [(one.state, one.reason, one.partner_id) for one in told] == [("failed", "Blurred", partner.pk)]
    rows = AuditEvent.objects.order_by("id").values_list("action", "partner_id", "actor_kind", "reason")
    assert list(rows) == [
        ("paper.reviewed", partner.pk, "admin", "Blurred"),
        ("partner.checked", partner.pk, "admin", ""),
    ]
    data = admin.put(of(partner, paper.pk), {"state": "verified", "reason": "Never mind"})["data"]
    assert (data["state"], data["reason"]) == ("verified", "")
    partner.refresh_from_db()
    assert (partner.verification_status, partner.compliance_status) == ("verified", "pending")
    foreign = PaperFactory()
    for missing in (foreign.pk, 999_999_999):
        refusal = admin.put(of(partner, missing), {"state": "verified"}, 404)
        assert refusal["code"] == "RESOURCE_NOT_FOUND"
    foreign.refresh_from_db()
    assert foreign.state == "pending"


def test_a_paper_that_came_by_post_is_handed_in_by_the_platform(admin: Caller, partner: Partner) -> None:
    data = send(admin, to=f"{of(partner)}/documents", kind="agreement")["data"]
    assert (data["uploaded_by"].split(":")[0], data["state"], data["kind"]) == ("admin", "pending", "agreement")


@pytest.mark.django_db(transaction=True)
def test_two_at_once_hand_in_one_paper_and_two_reviews_leave_one_truth(private_folder: Path) -> None:
    for number in range(5):
        partner = PartnerFactory(status="pending_review")
        file = Checked("a.pdf", "pdf", pdf(b"/N %d" % number))

        def hand_in(partner: Partner = partner, file: Checked = file) -> int:
            return hand_in_paper(actor=SYSTEM, partner=partner, kind="agreement", file=file, at=timezone.now()).pk

        assert len(set(together([hand_in, hand_in]))) == 1
        assert Verification.objects.filter(partner=partner).count() == 1
        assert len(files(private_folder)) == number + 1
        paper = Verification.objects.get(partner=partner)

        def review(state: str, paper: Verification = paper) -> None:
            review_paper(
                actor=SYSTEM,
                partner=paper.partner,
                paper_id=paper.pk,
                state=state,
                reason="No" if state == "failed" else "",
                at=timezone.now(),
            )

        together([lambda review=review: review("failed"), lambda review=review: review("verified")])
        paper.refresh_from_db()
        partner.refresh_from_db()
        expected = {"failed": "failed", "verified": "pending"}[paper.state]
        assert (partner.verification_status, partner.compliance_status) == ("not_started", expected)
