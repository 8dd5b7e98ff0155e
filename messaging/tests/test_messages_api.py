"""Messages between partners and the platform over HTTP: who sees what, with files, read once."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from loyalty.files.storage import private_storage
from loyalty.files.tests.samples import HOSTILE, pdf, photo_with_place, picture, upload, word
from loyalty.models import AuditEvent
from loyalty.services.tokens import ADMIN_REALM, open_session
from loyalty.tests.factories import AdminFactory
from loyalty.tests.together import together
from messaging.events import MessageReceived
from messaging.models import EmailMessage, Message, MessageAttachment
from messaging.tests.factories import MessageFactory
from partners.choices import PartnerStatus
from partners.models import Partner
from partners.tests.callers import Caller, credential_caller, staff_caller
from partners.tests.factories import PartnerFactory, ShopFactory

pytestmark = pytest.mark.django_db
INBOX = "/en/partners/messages"


@pytest.fixture(autouse=True)
def files(monkeypatch: Any, tmp_path: Path) -> Path:
    """The folder of private files, for this test alone."""
    # The field keeps the storage it was made with; settings that another test changed make a new one.
    for storage in (private_storage(), MessageAttachment._meta.get_field("file").storage):
        for name in ("base_location", "location"):
            monkeypatch.setattr(storage, name, str(tmp_path))
    return tmp_path


@pytest.fixture
def admin() -> Caller:
    tokens = open_session(user=AdminFactory(name="Rasa"), realm=ADMIN_REALM, partner_id=None, at=timezone.now())
    return Caller({"Authorization": f"Bearer {tokens.access}"})


@pytest.fixture
def partner() -> Partner:
    return PartnerFactory(name="Kavos Namai", contact_email="info@kavosnamai.test")


def of(partner: Partner) -> str:
    return f"/en/admin/partners/{partner.pk}/messages"


def form(caller: Caller, path: str, status: int = 201, **fields: Any) -> dict[str, Any]:
    answer = caller.client.post(path, fields)
    assert answer.status_code == status, answer.content
    return json.loads(answer.content)


def stored(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


# --- Writing and reading


def test_a_message_with_a_file_reaches_the_partner_and_its_answer_comes_back(
    admin: Caller, partner: Partner, files: Path
) -> None:
    sent = form(
        admin,
        of(partner),
        message="Please sign.",
        subject="Agreement",
        message_type="document_request",
        topic="documents",
        is_internal="false",
        send_email="true",
        **{"attachments[]": [upload("../Sutartis 2027.pdf", pdf()), upload("foto.jpg", photo_with_place())]},
    )["data"]
    assert (sent["sender"], sent["author_name"], sent["is_read"]) == ("platform", "Rasa", False)
    assert sent["email"]["status"] == "queued"
    mail = EmailMessage.objects.get()
    assert (mail.to, mail.template, mail.pk) == ("info@kavosnamai.test", "documents_requested", sent["email"]["id"])
    assert "Sutartis 2027.pdf" in mail.text
    owner = staff_caller(partner)
    listed = owner.get(INBOX)
    assert listed["meta"]["unread"] == owner.get(f"{INBOX}/unread")["data"]["unread"] == 1
    [seen] = listed["data"]
    assert (seen["id"], seen["thread_id"], seen["message"]) == (sent["id"], sent["id"], "Please sign.")
    assert "email" not in seen
    assert "is_internal" not in seen
    [paper, photo] = seen["attachments"]
    assert (paper["name"], paper["content_type"], paper["size"]) == ("Sutartis 2027.pdf", "application/pdf", len(pdf()))
    got = owner.client.get(paper["url"])
    assert b"".join(got.streaming_content) == pdf()
    assert got["Content-Disposition"] == 'attachment; filename="Sutartis 2027.pdf"'
    assert (got["X-Content-Type-Options"], got["Content-Type"]) == ("nosniff", "application/pdf")
    assert b"Kanar" not in b"".join(owner.client.get(photo["url"]).streaming_content)
    assert len(stored(files)) == 2
    assert not any("Sutartis" in str(path) for path in stored(files))
    answer = form(
        owner, f"{INBOX}/{sent['id']}/reply", message="Signed.", **{"attachments[]": upload("a.docx", word())}
    )
    answered = answer["data"]
    assert (answered["thread_id"], answered["subject"], answered["topic"]) == (sent["id"], "Agreement", "documents")
    assert (answered["sender"], answered["author_name"]) == ("partner", owner.staff.user.name)
    # Whoever answers has read.
    assert owner.get(f"{INBOX}/unread")["data"]["unread"] == 0
    seen_by_admin = admin.get(of(partner))
    assert seen_by_admin["meta"]["unread"] == 1
    assert [row["id"] for row in seen_by_admin["data"]] == [answered["id"], sent["id"]]
    assert seen_by_admin["data"][1]["is_read"] is True
    read = admin.post(f"{of(partner)}/{answered['id']}/read", {}, 200)["data"]
    assert read["is_read"] is True
    assert admin.get(of(partner))["meta"]["unread"] == 0
    assert admin.post(f"{of(partner)}/{answered['id']}/read", {}, 200)["data"]["read_at"] == read["read_at"]


def test_a_partner_begins_a_conversation_as_json(partner: Partner, admin: Caller) -> None:
    owner = staff_caller(partner, "manager")
    sent = owner.post(INBOX, {"message": "When is the payout?", "subject": "Payout", "topic": "commission"})["data"]
    again = owner.get(f"{INBOX}/{sent['id']}")["data"]
    assert again == sent
    assert admin.get(of(partner), topic="commission")["data"][0]["message"] == "When is the payout?"
    # One's own message is the other side's to read.
    assert owner.post(f"{INBOX}/{sent['id']}/read", {}, 200)["data"]["is_read"] is False


def test_a_partner_never_sees_an_internal_note(partner: Partner, admin: Caller) -> None:
    owner = staff_caller(partner)
    theirs = owner.post(INBOX, {"message": "Hello"})["data"]
    note = form(
        admin,
        of(partner),
        message="A difficult one.",
        is_internal="1",
        thread_id=theirs["id"],
        **{"attachments[]": upload("a.pdf", pdf())},
    )["data"]
    assert note["is_internal"] is True
    listed = owner.get(INBOX)
    assert [row["id"] for row in listed["data"]] == [theirs["id"]]
    assert listed["meta"]["unread"] == 0
    # A note is no answer: what the partner wrote still waits.
    assert admin.get(of(partner))["meta"]["unread"] == 1
    for path in ("", "/read", "/reply", f"/attachment/{note['attachments'][0]['id']}"):
        address = f"{INBOX}/{note['id']}{path}"
        answer = owner.client.post(address, {"message": "x"}) if path == "/reply" else None
        if answer is None:
            answer = (
                owner.client.get(address)
                if path != "/read"
                else owner.client.post(address, "{}", content_type="application/json")
            )
        assert (answer.status_code, answer.json()["code"]) == (404, "RESOURCE_NOT_FOUND"), path
    refused = admin.post(of(partner), {"message": "x", "is_internal": True, "send_email": True}, 422)
    assert set(refused["errors"]) == {"send_email"}
    assert EmailMessage.objects.count() == 0


def test_nothing_of_a_note_comes_out_by_an_answer_to_it(partner: Partner, admin: Caller) -> None:
    owner = staff_caller(partner)
    theirs = owner.post(INBOX, {"message": "Hello", "subject": "Payout", "topic": "commission"})["data"]
    hidden = {"message": "x", "subject": "Fraud?", "topic": "integration", "is_internal": True}
    beside = admin.post(of(partner), {**hidden, "thread_id": theirs["id"]})["data"]
    answer = admin.post(of(partner), {"message": "Soon.", "thread_id": beside["id"]})["data"]
    assert (answer["subject"], answer["topic"], answer["thread_id"]) == ("Payout", "commission", theirs["id"])
    alone = admin.post(of(partner), hidden)["data"]
    refused = admin.post(of(partner), {"message": "Soon.", "thread_id": alone["id"]}, 422)
    assert set(refused["errors"]) == {"is_internal"}
    assert admin.post(of(partner), {**hidden, "subject": "", "thread_id": alone["id"]})["data"]["subject"] == "Fraud?"
    assert "Fraud" not in json.dumps(owner.get(INBOX))
    assert Message.objects.filter(is_internal=False).count() == 2


def test_filters_narrow_and_refuse_nonsense(partner: Partner, admin: Caller) -> None:
    first = MessageFactory(partner=partner, topic="documents", message_type="document_request", text="Žalioji sutartis")
    MessageFactory(partner=partner, topic="general", is_from_platform=False, read_at=timezone.now())
    MessageFactory(partner=partner, is_internal=True)
    MessageFactory()

    def found(**query: Any) -> list[int]:
        return [row["id"] for row in admin.get(of(partner), **query)["data"]]

    assert len(found()) == 3
    assert found(topic="documents") == found(message_type="document_request") == found(is_read="false") == [first.pk]
    assert found(search="ŽALIOJI") == found(thread_id=first.pk) == [first.pk]
    assert len(found(is_internal="true")) == len(found(is_read="1")) == 1
    assert "topic" in admin.get(of(partner), 422, topic="weather")["errors"]
    assert admin.get(of(partner), 400, no_such="1")["code"] == "UNKNOWN_PARAMETER"


# --- Who may


def test_another_partners_message_and_file_are_absent(partner: Partner, admin: Caller) -> None:
    sent = form(admin, of(partner), message="For you", **{"attachments[]": upload("a.pdf", pdf())})["data"]
    other, file = PartnerFactory(), sent["attachments"][0]["id"]
    stranger = staff_caller(other)
    mine = MessageFactory(partner=other)
    for path in (f"{sent['id']}", f"{sent['id']}/attachment/{file}", f"{mine.pk}/attachment/{file}"):
        refused = stranger.get(f"{INBOX}/{path}", 404)
        assert refused["code"] == "RESOURCE_NOT_FOUND"
        assert admin.get(f"{of(other)}/{path}", 404)["code"] == "RESOURCE_NOT_FOUND"
    assert stranger.post(f"{INBOX}/{sent['id']}/reply", {"message": "x"}, 404)["code"] == "RESOURCE_NOT_FOUND"
    assert stranger.post(f"{INBOX}/{sent['id']}/read", {}, 404)["code"] == "RESOURCE_NOT_FOUND"
    refused = admin.post(of(other), {"message": "x", "thread_id": sent["id"]}, 404)
    assert set(refused["errors"]) == {"thread_id"}
    assert admin.get(f"/en/admin/partners/{other.pk + 999}/messages", 404)["code"] == "PARTNER_NOT_FOUND"
    assert Message.objects.count() == 2


@pytest.mark.parametrize("role", ["cashier", "analyst"])
def test_only_who_speaks_for_the_partner_reads_its_messages(partner: Partner, role: str) -> None:
    caller = staff_caller(partner, role)
    assert caller.get(INBOX, 403)["code"] == "INSUFFICIENT_PARTNER_PERMISSIONS"
    assert caller.post(INBOX, {"message": "x"}, 403)["code"] == "INSUFFICIENT_PARTNER_PERMISSIONS"


def test_tills_managers_of_a_shop_and_strangers_stay_outside(partner: Partner, admin: Caller) -> None:
    assert credential_caller(partner).get(INBOX, 403)["code"] == "SCOPE_INSUFFICIENT"
    limited = staff_caller(partner, "manager", [ShopFactory(partner=partner)])
    assert limited.get(INBOX, 403)["code"] == "STORE_ACCESS_DENIED"
    assert Client().get(of(partner)).status_code == 401
    assert staff_caller(partner).get(of(partner), 403)["code"] == "INSUFFICIENT_PARTNER_PERMISSIONS"
    assert admin.get(INBOX, 401)["success"] is False


@pytest.mark.parametrize("status", sorted(PartnerStatus))
def test_who_applies_talks_to_the_platform_and_who_was_rejected_reads_why(status: str, admin: Caller) -> None:
    partner = PartnerFactory(status=status)
    asked = form(admin, of(partner), message="Your registration?", **{"attachments[]": upload("a.pdf", pdf())})["data"]
    owner, manager = staff_caller(partner), staff_caller(partner, "manager")
    reads = status not in {"suspended", "closed"}
    writes = reads and status != "rejected"
    got = owner.get(INBOX, 200 if reads else 403)
    assert not reads or [row["id"] for row in got["data"]] == [asked["id"]]
    file = owner.client.get(f"{INBOX}/{asked['id']}/attachment/{asked['attachments'][0]['id']}")
    assert file.status_code == (200 if reads else 403)
    answered = owner.post(f"{INBOX}/{asked['id']}/reply", {"message": "Here."}, 201 if writes else 403)
    assert writes or answered["code"] == "PARTNER_NOT_ACTIVE"
    assert Message.objects.count() == (2 if writes else 1)
    # The application is the owner's alone.
    assert manager.get(INBOX, 200 if status == "active" else 403)


# --- Files


@pytest.mark.parametrize("what", sorted(HOSTILE))
def test_a_hostile_file_is_refused_and_nothing_is_left_behind(what: str, partner: Partner, files: Path) -> None:
    name, content, _reason = HOSTILE[what]
    refused = form(
        staff_caller(partner),
        INBOX,
        422,
        message="x",
        **{"attachments[]": [upload("ok.pdf", pdf()), upload(name, content)]},
    )
    assert set(refused["errors"]) == {"attachments.1"}
    assert (Message.objects.count(), MessageAttachment.objects.count(), stored(files)) == (0, 0, [])


def test_files_have_limits_in_number_and_size(partner: Partner, files: Path) -> None:
    owner = staff_caller(partner)
    six = [upload(f"{number}.txt", b"text") for number in range(6)]
    assert "attachments" in form(owner, INBOX, 422, message="x", **{"attachments[]": six})["errors"]
    large = upload("a.txt", b"x" * 10_000_001)
    assert form(owner, INBOX, 422, message="x", **{"attachments[]": large})["code"] == "VALIDATION_ERROR"
    heavy = [upload(f"{number}.txt", b"x" * 9_900_000) for number in range(3)]
    assert form(owner, INBOX, 413, message="x", **{"attachments[]": heavy})["code"] == "PAYLOAD_TOO_LARGE"
    assert "attachments.0" in owner.post(INBOX, {"message": "x", "attachments": ["a.pdf"]}, 422)["errors"]
    assert owner.client.post(INBOX, {"message": ["a", "b"]}).status_code == 400
    assert (Message.objects.count(), stored(files)) == (0, [])


@pytest.mark.parametrize(
    "body", [{}, {"message": ""}, {"message": "  "}, {"message": "a\x07"}, {"message": "x" * 10_001}]
)
def test_a_message_says_something_readable(body: dict[str, str], partner: Partner) -> None:
    assert set(staff_caller(partner).post(INBOX, body, 422)["errors"]) == {"message"}
    assert Message.objects.count() == 0


def test_files_of_a_message_that_fails_are_taken_away(
    partner: Partner, admin: Caller, files: Path, monkeypatch: Any
) -> None:
    def fail(**_values: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("messaging.services.messages.audit.record", fail)
    answer = admin.client.post(of(partner), {"message": "x", "attachments[]": upload("a.pdf", pdf())})
    assert answer.status_code == 500
    assert (Message.objects.count(), stored(files)) == (0, [])


def test_a_file_that_is_gone_from_the_disk_is_404(partner: Partner, admin: Caller, files: Path) -> None:
    sent = form(admin, of(partner), message="x", **{"attachments[]": upload("a.png", picture("PNG"))})["data"]
    for path in stored(files):
        path.unlink()
    assert staff_caller(partner).get(f"{INBOX}/{sent['id']}/attachment/{sent['attachments'][0]['id']}", 404)


def test_stored_files_are_at_no_public_address(partner: Partner, admin: Caller) -> None:
    form(admin, of(partner), message="x", **{"attachments[]": upload("a.png", picture("PNG"))})
    name = MessageAttachment.objects.get().file.name
    assert Client().get(f"/media/{name}").status_code == 404


# --- Once, cheap, told


def test_a_repeated_call_writes_one_message(partner: Partner, files: Path) -> None:
    owner = staff_caller(partner)
    body = {"message": "Once", "attachments[]": upload("a.pdf", pdf())}
    first = owner.client.post(INBOX, body)
    body["attachments[]"] = upload("a.pdf", pdf())
    second = owner.client.post(INBOX, body)
    assert first.json()["data"] == second.json()["data"]
    assert second["Idempotency-Replayed"] == "true"
    other = owner.client.post(INBOX, {**body, "attachments[]": upload("a.pdf", pdf(b"/Other true"))})
    assert other.json()["data"]["id"] != first.json()["data"]["id"]
    assert (Message.objects.count(), len(stored(files))) == (2, 2)


@pytest.mark.django_db(transaction=True)
def test_of_two_readers_at_once_one_is_noted(partner: Partner) -> None:
    message = MessageFactory(partner=partner)
    owners = [staff_caller(partner), staff_caller(partner)]
    answers = together([lambda who=who: who.post(f"{INBOX}/{message.pk}/read", {}, 200)["data"] for who in owners])
    assert answers[0]["read_at"] == answers[1]["read_at"] is not None
    assert AuditEvent.objects.filter(action="message.read").count() == 1


def test_a_list_costs_the_same_for_2_and_for_20(partner: Partner, admin: Caller) -> None:
    owner = staff_caller(partner)

    def cost(caller: Caller, path: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert len(caller.get(path, per_page=50)["data"]) == Message.objects.filter(partner=partner).count()
        return len(queries)

    def write(number: int) -> None:
        for count in range(number):
            files = {"attachments[]": [upload("a.txt", b"one"), upload("b.txt", b"two")]}
            form(admin, of(partner), message=f"{number} {count}", **files)

    write(2)
    few = [cost(owner, INBOX), cost(admin, of(partner))]
    write(18)
    assert [cost(owner, INBOX), cost(admin, of(partner))] == few
    assert max(few) <= 9


def test_messages_are_news_and_notes_are_not(partner: Partner, admin: Caller, monkeypatch: Any) -> None:
    heard: list[Any] = []
    monkeypatch.setattr("messaging.services.messages.publish", heard.append)
    note = admin.post(of(partner), {"message": "note", "is_internal": True})["data"]
    sent = admin.post(of(partner), {"message": "hello", "topic": "general"})["data"]
    assert [(event.message_id, event.is_from_platform) for event in heard] == [(sent["id"], True)]
    assert isinstance(heard[0], MessageReceived)
    said = AuditEvent.objects.filter(action__startswith="message.").order_by("pk")
    assert [(event.action, event.target_id) for event in said] == [
        ("message.noted", str(note["id"])),
        ("message.sent", str(sent["id"])),
    ]
    assert "hello" not in json.dumps(list(said.values()), default=str)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\t", "\x85", "\u2028", "\u2029", "\u202e", "\u2066"], ids=ascii)
def test_a_subject_is_one_line_whoever_writes_it(admin: Caller, partner: Partner, end: str) -> None:
    words = {"subject": f"Sutartis{end}Bcc: visi@klientai.test", "message": "Eilutė.\nKita\u2028eilutė."}
    owner, mailed = staff_caller(partner), {"send_email": True}
    for caller, path, more in ((owner, INBOX, {}), (admin, of(partner), {}), (admin, of(partner), mailed)):
        refused = caller.post(path, {**words, **more}, 422)
        assert refused["errors"] == {"subject": ["The subject is one line."]}
    assert Message.objects.count() == EmailMessage.objects.count() == 0
