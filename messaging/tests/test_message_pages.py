"""Conversations in the back office: read, answered, noted, marked; files come out for those who may read."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from loyalty.files.storage import private_storage
from loyalty.files.tests.samples import HOSTILE, pdf, picture, upload
from loyalty.models import AuditEvent, User
from loyalty.services.audit import SYSTEM
from loyalty.tests.browser import form_values
from loyalty.tests.factories import AdminFactory, UserFactory
from loyalty.tests.together import together
from messaging.models import EmailMessage, Message, MessageAttachment
from messaging.services.messages import Draft, send_message
from messaging.tests.factories import MessageFactory
from partners.models import Partner
from partners.tests.callers import staff_caller
from partners.tests.factories import PartnerFactory

pytestmark = pytest.mark.django_db
INBOX = "/en/partners/messages"


@pytest.fixture(autouse=True)
def files(monkeypatch: Any, tmp_path: Path) -> Path:
    for storage in (private_storage(), MessageAttachment._meta.get_field("file").storage):
        for name in ("base_location", "location"):
            monkeypatch.setattr(storage, name, str(tmp_path))
    return tmp_path


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(AdminFactory(email="rasa@platform.test", name="Rasa"))
    return client


@pytest.fixture
def partner() -> Partner:
    return PartnerFactory(name="Kavos Namai", contact_email="info@kavosnamai.test")


def page(what: str, *args: Any) -> str:
    return reverse(f"admin:messaging_message_{what}", args=args)


def stored(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def viewer(*codenames: str) -> Client:
    user, client = UserFactory(is_staff=True), Client()
    user.user_permissions.set(Permission.objects.filter(codename__in=("view_message", *codenames)))
    client.force_login(user)
    return client


def shown(client: Client, message: Message | int) -> str:
    return client.get(page("change", getattr(message, "pk", message))).content.decode()


def waiting(client: Client) -> list[int]:
    rows = client.get(page("changelist")).context["cl"].result_list
    return [row.pk for row in rows if row.is_waiting]


def test_a_partners_question_is_read_answered_and_the_answer_reaches_it(
    boss: Client, partner: Partner, files: Path
) -> None:
    owner = staff_caller(partner)
    body = {"message": "When is\nthe payout?", "subject": "Payout", "topic": "commission"}
    asked = owner.client.post(INBOX, {**body, "attachments[]": upload("klausimas.pdf", pdf())}).json()["data"]
    text = shown(boss, asked["id"])
    assert "When is\nthe payout?" in text
    assert "1 unread" in text
    url = page("attachment", asked["id"], asked["attachments"][0]["id"])
    assert url in text
    got = boss.get(url)
    assert got.streaming
    assert b"".join(got.streaming_content) == pdf()
    assert got["Content-Disposition"] == 'attachment; filename="klausimas.pdf"'
    assert got["X-Content-Type-Options"] == "nosniff"
    assert got["Cache-Control"].startswith("private, no-store")
    form = form_values(boss, page("change", asked["id"]))
    assert form["seen"] == [str(asked["id"])]
    sent = {**form, "text": "On Friday.", "by_email": "on", "attachments": [upload("grafikas.png", picture("PNG"))]}
    answer = boss.post(page("change", asked["id"]), sent)
    assert answer.status_code == 302
    written = Message.objects.latest("pk")
    assert answer["Location"] == f"{page('change', asked['id'])}#message-{written.pk}"
    [seen] = [row for row in owner.get(INBOX)["data"] if row["sender"] == "platform"]
    assert (seen["thread_id"], seen["message"], seen["author_name"]) == (asked["id"], "On Friday.", "Rasa")
    assert (seen["topic"], seen["subject"]) == ("commission", "Payout")
    assert [file["name"] for file in seen["attachments"]] == ["grafikas.png"]
    mail = EmailMessage.objects.get()
    assert (mail.to, written.email_id) == ("info@kavosnamai.test", mail.pk)
    # Whoever answers has read.
    text = shown(boss, written)
    assert "1 unread" not in text
    assert "not read yet" in text
    assert len(stored(files)) == 2
    actors = AuditEvent.objects.filter(action="message.sent").order_by("pk").values_list("actor_kind", "actor_id")
    assert [kind for kind, _pk in actors] == ["staff", "admin"]
    assert actors[1][1] == User.objects.get(email="rasa@platform.test").pk


def test_a_note_stays_inside_and_answers_nothing(boss: Client, partner: Partner) -> None:
    owner = staff_caller(partner)
    asked = owner.post(INBOX, {"message": "Hello"})["data"]
    form = form_values(boss, page("change", asked["id"]))
    both = {**form, "text": "A difficult one.", "is_internal": "on", "by_email": "on"}
    refused = boss.post(page("change", asked["id"]), both)
    assert "An internal note is not sent to anybody." in refused.content.decode()
    assert (Message.objects.count(), EmailMessage.objects.count()) == (1, 0)
    boss.post(page("change", asked["id"]), {**form, "text": "A difficult one.", "is_internal": "on"})
    note = Message.objects.latest("pk")
    assert (note.is_internal, note.thread_id) == (True, asked["id"])
    assert [row["id"] for row in owner.get(INBOX)["data"]] == [asked["id"]]
    text = shown(boss, asked["id"])
    assert 'data-side="note"' in text
    assert "1 unread" in text


def test_what_is_marked_is_counted_and_who_reads_it_is_noted(boss: Client, partner: Partner) -> None:
    owner = staff_caller(partner)
    first = owner.post(INBOX, {"message": "One"})["data"]
    owner.post(f"{INBOX}/{first['id']}/reply", {"message": "Two"})
    assert waiting(boss) == [first["id"]]
    for _ in range(2):
        assert boss.post(page("read", first["id"])).status_code == 302
    assert waiting(boss) == []
    assert not Message.objects.filter(read_at=None).exists()
    assert {message.read_by.email for message in Message.objects.all()} == {"rasa@platform.test"}
    assert AuditEvent.objects.filter(action="message.thread_read").count() == 1
    assert "Mark as unread" in shown(boss, first["id"])
    for _ in range(2):
        boss.post(page("unread", first["id"]))
    # The newest one waits again, as a letter turned face down.
    assert list(Message.objects.filter(read_at=None).values_list("text", "read_by")) == [("Two", None)]
    assert AuditEvent.objects.filter(action="message.thread_unread").count() == 1
    assert waiting(boss) == [first["id"]]


def test_get_marks_nothing_and_marks_need_a_permission(boss: Client, partner: Partner) -> None:
    theirs = MessageFactory(partner=partner, is_from_platform=False)
    for what in ("read", "unread"):
        assert boss.get(page(what, theirs.pk)).status_code == 405
        assert boss.post(page(what, theirs.pk + 99)).status_code == 404
        assert viewer().post(page(what, theirs.pk)).status_code == 403
    shown(boss, theirs)
    guarded = Client(enforce_csrf_checks=True)
    guarded.force_login(AdminFactory())
    assert guarded.post(page("read", theirs.pk)).status_code == 403
    theirs.refresh_from_db()
    assert theirs.read_at is None
    assert viewer("change_message").post(page("read", theirs.pk)).status_code == 302


def test_who_may_only_look_reads_and_downloads_and_writes_nothing(boss: Client, partner: Partner) -> None:
    owner = staff_caller(partner)
    asked = owner.client.post(INBOX, {"message": "Hi", "attachments[]": upload("a.txt", b"text")}).json()["data"]
    looks = viewer()
    text = shown(looks, asked["id"])
    assert "answer_form" not in text
    assert "Mark as read" not in text
    assert looks.get(page("attachment", asked["id"], asked["attachments"][0]["id"])).status_code == 200
    assert looks.post(page("change", asked["id"]), {"text": "x", "seen": asked["id"]}).status_code == 403
    nobody = Client()
    nobody.force_login(UserFactory(is_staff=True))
    for url in (page("change", asked["id"]), page("attachment", asked["id"], asked["attachments"][0]["id"])):
        assert nobody.get(url).status_code == 403
        assert Client().get(url).status_code == 302
    assert Message.objects.count() == 1


def test_a_file_is_reached_only_by_its_own_message(boss: Client, partner: Partner, files: Path) -> None:
    made = [
        staff_caller(PartnerFactory()).client.post(INBOX, {"message": "Hi", "attachments[]": upload("a.txt", b"text")})
        for _ in range(2)
    ]
    (mine, other) = (answer.json()["data"] for answer in made)
    assert boss.get(page("attachment", mine["id"], other["attachments"][0]["id"])).status_code == 404
    assert boss.get(page("attachment", 99_999, mine["attachments"][0]["id"])).status_code == 404
    assert boss.post(page("attachment", mine["id"], mine["attachments"][0]["id"])).status_code == 405
    for path in stored(files):
        path.unlink()
    assert boss.get(page("attachment", mine["id"], mine["attachments"][0]["id"])).status_code == 404


def test_a_conversation_is_begun_with_a_file(boss: Client, partner: Partner) -> None:
    url = page("add")
    form = {**form_values(boss, url), "partner": partner.pk, "topic": "documents", "message_type": "document_request"}
    sent = {**form, "subject": "Agreement", "text": "Please sign.", "attachments": [upload("../Sutartis.pdf", pdf())]}
    answer = boss.post(url, {**sent, "by_email": "on"})
    made = Message.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, page("change", made.pk))
    assert (made.is_from_platform, made.author.email, made.thread_id) == (True, "rasa@platform.test", None)
    assert EmailMessage.objects.get().template == "documents_requested"
    assert [file.name for file in made.attachments.all()] == ["Sutartis.pdf"]
    assert AuditEvent.objects.get(action="message.sent").partner_id == partner.pk


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": "  "}, "text"),
        ({"text": "a\x07"}, "text"),
        ({"text": "x" * 10_001}, "text"),
        ({"message_type": "poem"}, "message_type"),
        ({"seen": "yesterday"}, "seen"),
        ({"attachments": [upload(*HOSTILE[min(HOSTILE)][:2])]}, "attachments"),
        ({"attachments": [upload("ok.pdf", pdf()), upload("empty.pdf", b"")]}, "attachments"),
        ({"attachments": [upload(f"{number}.txt", b"text") for number in range(6)]}, "attachments"),
        ({"attachments": [upload("a.txt", b"x" * 10_000_001)]}, "attachments"),
    ],
)
def test_what_cannot_be_sent_is_said_at_its_field_and_nothing_is_left(
    boss: Client, partner: Partner, files: Path, values: dict[str, Any], field: str
) -> None:
    asked = MessageFactory(partner=partner, is_from_platform=False)
    sent = {**form_values(boss, page("change", asked.pk)), "text": "Kept words", **values}
    answer = boss.post(page("change", asked.pk), sent)
    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == [field]
    assert field == "text" or "Kept words" in answer.content.decode()
    assert (Message.objects.count(), stored(files)) == (1, [])


def test_nobody_answers_what_they_have_not_read(boss: Client, partner: Partner) -> None:
    owner = staff_caller(partner)
    asked = owner.post(INBOX, {"message": "When?"})["data"]
    form = {**form_values(boss, page("change", asked["id"])), "text": "On Friday."}
    owner.post(f"{INBOX}/{asked['id']}/reply", {"message": "Never mind."})
    answer = boss.post(page("change", asked["id"]), form)
    text = answer.content.decode()
    assert "There are newer messages in this conversation." in text
    assert "Never mind." in text
    assert "On Friday." in text
    assert Message.objects.count() == 2
    # Now they have seen it.
    [seen] = re.findall(r'name="seen" value="(\d+)"', text)
    assert boss.post(page("change", asked["id"]), {**form, "seen": seen}).status_code == 302
    assert boss.post(page("change", asked["id"]), {**form, "seen": seen}).status_code == 200
    assert Message.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_of_two_answers_at_once_one_is_sent(partner: Partner) -> None:
    asked = MessageFactory(partner=partner, is_from_platform=False)
    clients = [Client(), Client()]
    for client in clients:
        client.force_login(AdminFactory())
    body = {"text": "On Friday.", "message_type": "message", "seen": asked.pk}
    answers = together([lambda who=who: who.post(page("change", asked.pk), body).status_code for who in clients])
    assert sorted(answers) == [200, 302]
    assert Message.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_marks_at_once_one_is_noted(partner: Partner) -> None:
    theirs = MessageFactory(partner=partner, is_from_platform=False)
    MessageFactory(partner=partner, is_from_platform=False, thread=theirs)
    clients = [Client(), Client()]
    for client in clients:
        client.force_login(AdminFactory())
    answers = together([lambda who=who: who.post(page("read", theirs.pk)).status_code for who in clients])
    assert answers == [302, 302]
    assert AuditEvent.objects.filter(action="message.thread_read").count() == 1
    assert Message.objects.values("read_by").distinct().count() == 1


def test_a_conversation_of_notes_is_answered_by_notes(boss: Client, partner: Partner) -> None:
    note = MessageFactory(partner=partner, is_internal=True)
    form = form_values(boss, page("change", note.pk))
    assert form["is_internal"] == ["on"]
    public = {name: value for name, value in form.items() if name != "is_internal"} | {"text": "x"}
    answer = boss.post(page("change", note.pk), public)
    assert list(answer.context["form"].errors) == ["is_internal"]
    assert boss.post(page("change", note.pk), {**form, "text": "x"}).status_code == 302
    assert Message.objects.filter(is_internal=True, thread=note).count() == 1


def test_the_list_has_one_row_a_conversation_and_the_newest_above(boss: Client, partner: Partner) -> None:
    old = MessageFactory(partner=partner, subject="Old", topic="documents", is_from_platform=False)
    new = MessageFactory(partner=partner, subject="New", read_at=timezone.now(), is_from_platform=False)
    note = MessageFactory(subject="Note", is_internal=True)
    draft = Draft(text="again", answers_id=old.pk)
    send_message(actor=SYSTEM, partner=partner, author=None, from_platform=False, draft=draft, at=timezone.now())

    def found(**query: Any) -> list[int]:
        answer = boss.get(page("changelist"), query)
        assert answer.status_code == 200
        return [row.pk for row in answer.context["cl"].result_list]

    assert found() == [old.pk, note.pk, new.pk]
    assert found(waiting="yes") == found(topic__exact="documents") == found(q="Old") == [old.pk]
    assert found(waiting="no") == [note.pk, new.pk]
    assert found(partner__id__exact=partner.pk) == [old.pk, new.pk]
    assert found(partner__id__exact=partner.pk, waiting="no") == [new.pk]
    assert [row.is_waiting for row in boss.get(page("changelist")).context["cl"].result_list] == [True, False, False]


def test_a_long_conversation_is_read_in_stretches_at_one_price(boss: Client, partner: Partner) -> None:
    root = MessageFactory(partner=partner, is_from_platform=False, text="The very first")

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert boss.get(page("change", root.pk)).status_code == 200
        return len(queries)

    for number in range(2):
        MessageFactory(partner=partner, thread=root, author=AdminFactory(), text=f"answer {number}")
    cost()
    few = cost()
    for number in range(2, 130):
        MessageFactory(partner=partner, thread=root, author=UserFactory(), text=f"answer {number}.")
    assert cost() == few <= 12
    text = shown(boss, root)
    assert "31 earlier messages" in text
    assert "The very first" not in text
    [earlier] = re.findall(r"\?before=\d+", text)
    past = boss.get(page("change", root.pk) + earlier).content.decode()
    assert "The very first" in past
    assert "answer 129." not in past
    assert "answer_form" not in past
    assert boss.get(page("change", root.pk), {"before": "x' OR 1"}).status_code == 200
    # Any message leads to its conversation.
    assert "answer 129." in shown(boss, Message.objects.latest("pk"))


def test_the_page_leads_to_the_partner_and_to_what_the_audit_log_has(boss: Client, partner: Partner) -> None:
    theirs = MessageFactory(partner=partner, is_from_platform=False)
    boss.post(page("read", theirs.pk))
    text = shown(boss, theirs)
    assert reverse("admin:partners_partner_change", args=[partner.pk]) in text
    [history] = re.findall(r'href="(/admin/loyalty/auditevent/\?[^"]+)"', text)
    found = boss.get(history.replace("&amp;", "&"))
    assert [event.action for event in found.context["cl"].result_list] == ["message.thread_read"]


def test_an_empty_form_is_asked_again(boss: Client, partner: Partner) -> None:
    theirs = MessageFactory(partner=partner, is_from_platform=False)
    answer = boss.post(page("change", theirs.pk), {})
    assert "text" in answer.context["form"].errors
    assert boss.get(page("change", 99_999)).status_code == 302
    assert boss.get(page("change", "x' OR 1")).status_code == 302


def test_what_partners_write_is_never_markup(boss: Client, partner: Partner) -> None:
    evil = "<img src=x onerror=alert(1)>"
    message = MessageFactory(partner=partner, subject=evil, text=evil, is_from_platform=False)
    MessageAttachment.objects.create(
        partner=partner, message=message, file="x", name=evil, content_type="x", size=1, sha256="x"
    )
    for text in (shown(boss, message), boss.get(page("changelist")).content.decode()):
        assert "<img src=x" not in text
        assert "&lt;img src=x" in text
