"""A new password by a link that works once."""

import json
import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from loyalty.celery import app
from loyalty.models import AuditEvent, LoginSession, User
from loyalty.services import accounts, passwords
from loyalty.services.audit import SYSTEM
from loyalty.services.tokens import PARTNER_REALM, open_session
from loyalty.tests.factories import PASSWORD, AdminFactory, UserFactory
from messaging.models import SentEmail
from partners.tests.factories import StaffFactory

NEW = "a much better one 42"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _work_at_once() -> Iterator[None]:
    """Tasks run where they are started: no worker reads our queue."""
    app.loader.import_default_modules()
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


def post(path: str, body: dict[str, Any]) -> Any:
    return Client().post(
        path, json.dumps(body), content_type="application/json", headers={"X-Request-ID": "same-for-all"}
    )


def link_for(user: User, capture: Any, realm: str = "partners/auth") -> tuple[str, str]:
    with capture(execute=True):
        answer = post(f"/en/{realm}/forgot-password", {"email": user.email})
    assert answer.status_code == 200
    found = re.search(r"http://127\.0\.0\.1:8000/account/reset/([^/]+)/([^/\s]+)/", str(mail.outbox[-1].body))
    assert found is not None
    return found[1], found[2]


def test_known_unknown_and_disabled_addresses_get_one_answer(django_capture_on_commit_callbacks: Any) -> None:
    known, disabled = StaffFactory().user, UserFactory(is_active=False)
    for realm in ("partners/auth", "admin"):
        mail.outbox.clear()
        with django_capture_on_commit_callbacks(execute=True) as callbacks:
            answers = [
                post(f"/en/{realm}/forgot-password", {"email": email})
                for email in (known.email, "nobody@nowhere.test", disabled.email)
            ]
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.content for answer in answers}) == 1
        assert len(callbacks) == 3  # the same work is handed over for each
        assert [message.to for message in mail.outbox] == [[known.email]]


def test_a_task_carries_no_personal_data(django_capture_on_commit_callbacks: Any) -> None:
    user = UserFactory()
    with django_capture_on_commit_callbacks() as callbacks:
        post("/en/admin/forgot-password", {"email": user.email})
    name, ids, _is_vital = callbacks[0].args
    assert (name, ids) == ("loyalty.send_password_reset", {"user_id": user.pk})


def test_the_mail_speaks_the_users_language_as_text_and_html(django_capture_on_commit_callbacks: Any) -> None:
    user = UserFactory(name="Ona <b>", language="en")
    link_for(user, django_capture_on_commit_callbacks)
    message = mail.outbox[-1]
    assert message.subject == "A new password for Loyalty"
    assert "Hello, Ona <b>!" in message.body
    assert "within 60 minutes" in message.body
    html = message.alternatives[0].content  # type: ignore[attr-defined]
    assert "Ona &lt;b&gt;" in html
    assert "http://127.0.0.1:8000/account/reset/" in html


def test_the_link_names_this_deployment_whatever_host_was_asked(
    django_capture_on_commit_callbacks: Any, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    user = UserFactory()
    with django_capture_on_commit_callbacks(execute=True):
        Client(headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"}).post(
            "/en/admin/forgot-password", json.dumps({"email": user.email}), content_type="application/json"
        )
    assert "evil" not in str(mail.outbox[-1].body)
    assert "http://127.0.0.1:8000/account/reset/" in str(mail.outbox[-1].body)


def test_the_api_sets_the_password_once_and_ends_every_session(django_capture_on_commit_callbacks: Any) -> None:
    staff = StaffFactory()
    tokens = open_session(user=staff.user, realm=PARTNER_REALM, partner_id=staff.partner_id, at=timezone.now())
    uid, token = link_for(staff.user, django_capture_on_commit_callbacks)
    body = {"uid": uid, "token": token, "password": NEW}
    answer = post("/en/partners/auth/reset-password", body)
    assert (answer.status_code, "data" in answer.json()) == (200, False)
    staff.user.refresh_from_db()
    assert staff.user.check_password(NEW)
    assert staff.user.token_version == 2
    assert not LoginSession.objects.filter(revoked_at=None).exists()
    old = Client(headers={"Authorization": f"Bearer {tokens.access}"}).get("/en/partners/auth/me")
    assert old.json()["code"] == "INVALID_TOKEN"
    event = AuditEvent.objects.get(action="user.password_changed")
    assert (event.actor_kind, event.actor_id, event.target_id) == ("user", staff.user_id, str(staff.user_id))
    assert NEW not in json.dumps(event.changes)

    again = post("/en/partners/auth/reset-password", {**body, "password": "yet another one 43"})
    assert (again.status_code, again.json()["code"]) == (400, "INVALID_RESET_LINK")
    staff.user.refresh_from_db()
    assert staff.user.check_password(NEW)


@pytest.mark.parametrize(
    ("password", "text"),
    [
        ("short", "at least 10 characters"),
        ("1234567890123", "entirely numeric"),
        ("password123", "too common"),
        ("ona.petraite@namai.test", "too similar to the e-mail"),
    ],
)
def test_a_weak_password_is_refused_with_the_reason_and_the_link_stays_good(
    password: str, text: str, django_capture_on_commit_callbacks: Any
) -> None:
    user = UserFactory(email="ona.petraite@namai.test")
    uid, token = link_for(user, django_capture_on_commit_callbacks)
    answer = post("/en/admin/reset-password", {"uid": uid, "token": token, "password": password})
    assert (answer.status_code, answer.json()["code"]) == (422, "VALIDATION_ERROR")
    assert text in " ".join(answer.json()["errors"]["password"])
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    assert post("/en/admin/reset-password", {"uid": uid, "token": token, "password": NEW}).status_code == 200


def test_a_link_ends_with_its_hour_a_log_in_a_log_out_everywhere_and_a_disabled_user(
    django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:

    def is_good(uid: str, token: str) -> bool:
        answer = post("/en/admin/reset-password", {"uid": uid, "token": token, "password": "short"})
        return bool(answer.json()["code"] == "VALIDATION_ERROR")

    user = AdminFactory()
    uid, token = link_for(user, django_capture_on_commit_callbacks)
    assert is_good(uid, token)
    for seconds, good in ((3599, True), (3601, False)):
        later = timezone.now().replace(tzinfo=None) + timedelta(seconds=seconds)
        monkeypatch.setattr(passwords.tokens, "_now", lambda later=later: later)
        assert is_good(uid, token) is good
    monkeypatch.undo()

    accounts.log_in_admin(email=user.email, password=PASSWORD, remember=True, at=timezone.now())
    assert not is_good(uid, token)

    uid, token = link_for(user, django_capture_on_commit_callbacks)
    accounts.end_every_session(actor=SYSTEM, user=user, at=timezone.now())
    assert not is_good(uid, token)

    uid, token = link_for(user, django_capture_on_commit_callbacks)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert not is_good(uid, token)


def test_made_up_links_are_one_refusal(django_capture_on_commit_callbacks: Any) -> None:
    uid, token = link_for(UserFactory(), django_capture_on_commit_callbacks)
    other, _ = link_for(UserFactory(), django_capture_on_commit_callbacks)
    for made_up in (
        (other, token),
        (uid, "abc-def"),
        ("!!!", token),
        ("OTk5OTk5OTk5OTk5OTk5OTk5OTk5OQ", token),
        (uid, "x"),
    ):
        answer = post("/en/admin/reset-password", {"uid": made_up[0], "token": made_up[1], "password": NEW})
        assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_RESET_LINK")


def test_a_fourth_mail_to_one_address_is_refused_for_known_and_unknown_alike(
    django_capture_on_commit_callbacks: Any,
) -> None:
    user = UserFactory()
    for email in (user.email, "nobody@nowhere.test"):
        with django_capture_on_commit_callbacks():
            codes = [post("/en/admin/forgot-password", {"email": email}).status_code for _ in range(4)]
        assert codes == [200, 200, 200, 429]


def test_the_page_behind_the_link_sets_the_password(django_capture_on_commit_callbacks: Any) -> None:
    user = UserFactory()
    uid, token = link_for(user, django_capture_on_commit_callbacks)
    browser = Client(enforce_csrf_checks=True)
    address = f"/account/reset/{uid}/{token}/"
    page = browser.get(address)
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    assert "default-src 'none'" in page["Content-Security-Policy"]

    assert browser.post(address, {"password": NEW, "repeated": NEW}).status_code == 403
    user.refresh_from_db()
    assert user.check_password(PASSWORD)

    form = {"csrfmiddlewaretoken": browser.cookies["csrftoken"].value}
    differs = browser.post(address, {**form, "password": NEW, "repeated": "other"})
    assert (differs.status_code, "not the same" in differs.content.decode()) == (422, True)
    weak = browser.post(address, {**form, "password": "short", "repeated": "short"})
    assert (weak.status_code, "at least 10 characters" in weak.content.decode()) == (422, True)
    done = browser.post(address, {**form, "password": NEW, "repeated": NEW})
    assert (done.status_code, "Your new password is set" in done.content.decode()) == (200, True)
    user.refresh_from_db()
    assert user.check_password(NEW)
    used = browser.get(address)
    assert (used.status_code, "not valid any more" in used.content.decode()) == (400, True)


def test_the_demo_backend_keeps_mails_for_the_back_office(
    settings: Any, django_capture_on_commit_callbacks: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.EMAIL_BACKEND = "messaging.backends.KeepInDatabase"
    user = UserFactory()
    with django_capture_on_commit_callbacks(execute=True):
        post("/en/admin/forgot-password", {"email": user.email})
    kept = SentEmail.objects.get()
    assert (kept.to, kept.subject) == (user.email, "A new password for Loyalty")
    assert "/account/reset/" in kept.body
    assert "/account/reset/" in capsys.readouterr().out


@pytest.mark.django_db(transaction=True)
def test_two_uses_of_one_link_at_once_set_one_password() -> None:

    user = UserFactory()
    uid, token = urlsafe_base64_encode(force_bytes(user.pk)), passwords.tokens.make_token(user)
    barrier = threading.Barrier(4)
    statuses: list[int] = []

    def use(number: int) -> None:
        barrier.wait()
        try:
            body = {"uid": uid, "token": token, "password": f"{NEW} {number}"}
            statuses.append(post("/en/admin/reset-password", body).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=use, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 400, 400, 400]
    user.refresh_from_db()
    assert user.token_version == 2
