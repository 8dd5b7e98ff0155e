"""The back office's pages of a partner's way: new, looked at, moved on, suspended, closed; and its papers."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from loyalty.files.tests.samples import pdf
from loyalty.models import AuditEvent, User
from loyalty.tests.browser import form_values
from loyalty.tests.factories import AdminFactory, UserFactory
from partners.models import ApiCredential, Partner, Shop, StaffMember, Verification
from partners.selectors import lifecycle
from partners.tests.callers import Caller, credential_caller
from partners.tests.factories import PaperFactory, PartnerFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(AdminFactory(email="boss@example.test"))
    return client


@pytest.fixture(autouse=True)
def private_folder(settings: Any, tmp_path: Path) -> Path:
    options = {**settings.STORAGES["private"]["OPTIONS"], "location": str(tmp_path)}
    settings.STORAGES = {**settings.STORAGES, "private": {**settings.STORAGES["private"], "OPTIONS": options}}
    return tmp_path


def action(partner: Partner, name: str) -> str:
    return reverse(f"admin:partners_partner_{name}", args=[partner.pk])


def page(noun: str, kind: str, *args: Any) -> str:
    return reverse(f"admin:partners_{noun}_{kind}", args=args)


def new(boss: Client, **values: Any) -> Any:
    url = page("partner", "add")
    sent = form_values(boss, url) | {"name": "Kava", "contact_email": "i@kava.test", "plan": PartnerFactory().plan_id}
    return boss.post(url, sent | values)


def test_a_new_partner_with_shop_owner_and_key_comes_from_one_form(boss: Client) -> None:
    answer = new(
        boss,
        shop_name="Gedimino 9",
        shop_city="Vilnius",
        shop_phone="8 612 34567",
        owner_email="rasa@kava.test",
        owner_name="Rasa",
        with_credentials="on",
    )
    assert answer.status_code == 200
    partner = Partner.objects.get(name="Kava")
    assert (partner.status, partner.status_changed_at is not None) == ("pending_review", True)
    shop = Shop.objects.get(partner=partner)
    assert (shop.name, shop.city, shop.phone) == ("Gedimino 9", "Vilnius", "+37061234567")
    staff = StaffMember.objects.get(partner=partner)
    assert (staff.role, staff.user.email, staff.user.language) == ("owner", "rasa@kava.test", "lt")
    assert ApiCredential.objects.get(partner=partner).key in answer.content.decode()
    assert "lts_" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    actors = set(AuditEvent.objects.filter(partner_id=partner.pk).values_list("actor_kind", "actor_id"))
    assert actors == {("admin", User.objects.get(email="boss@example.test").pk)}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"shop_city": "Vilnius"}, "shop_name"),
        ({"shop_name": "A", "shop_phone": "12"}, "shop_phone"),
        ({"owner_name": "Rasa"}, "owner_email"),
        ({"owner_email": "gone@kava.test"}, "owner_email"),
        ({"contact_phone": "12"}, "contact_phone"),
        ({"country": "XX"}, "country"),
        ({"currency": "XYZ"}, "currency"),
        ({"time_zone": "Mars"}, "time_zone"),
        ({"status": "approved"}, "status"),
    ],
)
def test_a_wrong_form_says_where_and_makes_nothing(boss: Client, values: dict[str, Any], field: str) -> None:
    UserFactory(email="gone@kava.test", is_active=False)
    answer = new(boss, **values)
    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == [field]
    assert not Partner.objects.filter(name="Kava").exists()
    assert not AuditEvent.objects.exists()


def test_states_and_checks_are_moved_by_actions_only(boss: Client) -> None:
    partner = PartnerFactory()
    url = page("partner", "change", partner.pk)
    sent = form_values(boss, url)
    assert not {"status", "verification_status", "compliance_status", "review_notes"} & set(sent)
    boss.post(url, sent | {"status": "suspended", "verification_status": "verified", "name": "New"})
    partner.refresh_from_db()
    assert (partner.name, partner.status, partner.verification_status) == ("New", "active", "not_started")


def test_a_partner_hangs_below_networks_and_agencies(boss: Client) -> None:
    partner, plain, network = PartnerFactory(), PartnerFactory(), PartnerFactory(kind="network")
    url = page("partner", "change", partner.pk)
    answer = boss.post(url, form_values(boss, url) | {"parent": plain.pk})
    assert list(answer.context["adminform"].form.errors) == ["parent"]
    assert boss.post(url, form_values(boss, url) | {"parent": network.pk}).status_code == 302
    partner.refresh_from_db()
    assert partner.parent == network
    assert AuditEvent.objects.get().changes == {"parent_id": [None, network.pk]}


def test_the_page_offers_the_steps_that_are_possible(boss: Client) -> None:
    offered = {
        "pending_review": {"approve", "reject", "close"},
        "approved": {"mark-signed", "send-back", "reject", "close"},
        "documents_signed": {"activate", "reject", "close"},
        "active": {"suspend", "close"},
        "suspended": {"activate", "close"},
        "rejected": {"send-back", "close"},
        "closed": {"reopen"},
    }
    everything = set().union(*offered.values())
    for status, steps in offered.items():
        partner = PartnerFactory(status=status)
        text = boss.get(page("partner", "change", partner.pk)).content.decode()
        assert {step for step in everything if f"/{partner.pk}/{step}" in text} == steps, status
        for step in everything - steps:
            assert boss.get(action(partner, step.replace("-", "_"))).status_code == 404, (status, step)


def test_an_application_is_decided_step_by_step_and_its_history_shows(boss: Client) -> None:
    partner = PartnerFactory(status="pending_review")
    sent = {"reason": "All is well", "notify": "on", "seen": "pending_review"}
    answer = boss.post(action(partner, "approve"), sent)
    assert answer.status_code == 200
    assert "Business registration" in answer.content.decode()
    for kind in ("business_registration", "agreement"):
        PaperFactory(partner=partner, kind=kind, state="verified", reviewed_at=timezone.now())
    assert boss.post(action(partner, "approve"), sent).status_code == 302
    stale = boss.post(action(partner, "mark_signed"), sent)
    assert stale.status_code == 200
    assert "Look again" in stale.content.decode()
    assert boss.post(action(partner, "mark_signed"), sent | {"seen": "approved"}).status_code == 302
    assert boss.post(action(partner, "activate"), {"reason": "Welcome"}).status_code == 302
    partner.refresh_from_db()
    assert (partner.status, partner.review_notes) == ("active", "Welcome")
    text = boss.get(page("partner", "change", partner.pk)).content.decode()
    for shown in ("Pending review", "Approved", "Documents signed", "Active", "All is well", "Welcome"):
        assert shown in text
    assert "registration-" in text


def test_a_rejection_reason_is_the_partners_and_a_note_is_not(boss: Client) -> None:
    partner = PartnerFactory(status="pending_review")
    assert boss.post(action(partner, "reject"), {"reason": "Not a shop"}).status_code == 302
    partner.refresh_from_db()
    assert (partner.status, partner.rejection_reason, partner.review_notes) == ("rejected", "Not a shop", "")


def test_closing_says_what_is_open_and_needs_a_tick(boss: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    partner = PartnerFactory()
    credential_caller(partner)
    assert 'name="force"' not in boss.get(action(partner, "close")).content.decode()
    unsettled = [{"what": "2026-10", "amount": "12.50", "currency": "EUR"}]
    monkeypatch.setattr(lifecycle, "_open_money", [lambda _partner: unsettled])
    asked = boss.get(action(partner, "close")).content.decode()
    assert "2026-10: 12.50 EUR" in asked
    refused = boss.post(action(partner, "close"), {"reason": "Left"})
    assert refused.status_code == 200
    assert "12.50 EUR" in refused.content.decode()
    assert ApiCredential.objects.filter(partner=partner, revoked_at=None).exists()
    assert boss.post(action(partner, "close"), {"reason": "Left", "force": "on"}).status_code == 302
    partner.refresh_from_db()
    assert partner.status == "closed"
    assert not ApiCredential.objects.filter(partner=partner, revoked_at=None).exists()
    assert boss.post(action(partner, "reopen"), {"reason": "Back"}).status_code == 302
    partner.refresh_from_db()
    assert partner.status == "suspended"


@pytest.mark.django_db(transaction=True)
def test_a_new_plan_counts_for_a_key_at_once(boss: Client) -> None:
    partner = PartnerFactory()
    till: Caller = credential_caller(partner)
    assert till.client.get("/en/shop/shops")["X-RateLimit-Limit"] == "8000"
    plan = type(partner.plan).objects.create(code="tiny", name="Tiny", credential_per_hour=77)
    url = page("partner", "change", partner.pk)
    assert boss.post(url, form_values(boss, url) | {"plan": plan.pk}).status_code == 302
    # The call that finds the change is still counted by what was known before it.
    till.get("/en/shop/shops")
    assert till.client.get("/en/shop/shops")["X-RateLimit-Limit"] == "77"


# --- Papers


def test_a_paper_by_post_is_added_read_and_judged(boss: Client, private_folder: Path) -> None:
    partner = PartnerFactory(status="pending_review")
    url = page("verification", "add")
    sent = {"partner": partner.pk, "kind": "business_registration"}
    wrong = boss.post(url, {**sent, "file": SimpleUploadedFile("a.pdf", b"MZ\x00\x01")})
    assert list(wrong.context["adminform"].form.errors) == ["file"]
    assert boss.post(url, {**sent, "file": SimpleUploadedFile("a.pdf", pdf())}).status_code == 302
    paper = Verification.objects.get()
    assert (paper.partner, paper.file_name, paper.uploaded_by.split(":")[0]) == (partner, "a.pdf", "admin")
    download = boss.get(reverse("admin:partners_verification_file", args=[paper.pk]))
    assert b"".join(download.streaming_content) == pdf()  # type: ignore[arg-type]
    assert download["Content-Disposition"].startswith("attachment")
    refuse = reverse("admin:partners_verification_refuse", args=[paper.pk])
    assert boss.post(refuse, {"reason": "Blurred"}).status_code == 302
    assert boss.get(refuse).status_code == 404
    partner.refresh_from_db()
    assert partner.verification_status == "failed"
    verify = reverse("admin:partners_verification_verify", args=[paper.pk])
    assert boss.post(verify, {"reason": "Sharp after all"}).status_code == 302
    paper.refresh_from_db()
    partner.refresh_from_db()
    assert (paper.state, paper.reason, partner.verification_status) == ("verified", "", "verified")
    assert boss.post(page("verification", "change", paper.pk), {"state": "failed"}).status_code == 403
    next(path for path in private_folder.rglob("*") if path.is_file()).unlink()
    assert boss.get(reverse("admin:partners_verification_file", args=[paper.pk])).status_code == 404


def test_papers_are_for_those_who_may_see_them(client: Client) -> None:
    address = reverse("admin:partners_verification_file", args=[PaperFactory().pk])
    assert client.get(address).status_code == 302
    helper = UserFactory(is_staff=True)
    helper.user_permissions.set(Permission.objects.filter(codename="view_partner"))
    client.force_login(helper)
    assert client.get(address).status_code == 403
    assert client.post(address).status_code == 405


def test_the_review_queue_is_one_click_away(boss: Client) -> None:
    PartnerFactory(name="Laukianti", status="pending_review")
    PartnerFactory(name="Veikianti")
    queue = page("partner", "changelist") + "?status__exact=pending_review"
    text = boss.get(queue).content.decode()
    assert queue in boss.get("/admin/").content.decode()
    assert "Laukianti" in text
    assert "Veikianti" not in text
