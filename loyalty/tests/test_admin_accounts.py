"""The back office's log-in, users, sessions and audit log."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from loyalty.models import AuditEvent, LoginSession, User
from loyalty.services import audit
from loyalty.services.audit import SYSTEM
from loyalty.tests.factories import PASSWORD, AdminFactory, UserFactory

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(AdminFactory())
    return client


def _log_in(client: Client, email: str, password: str) -> Any:
    return client.post("/admin/login/", {"username": email, "password": password, "next": "/admin/"})


@pytest.mark.django_db
def test_staff_log_in_with_any_spelling_of_their_address(client: Client) -> None:
    AdminFactory(email="boss@example.test")
    assert _log_in(client, "Boss@Example.test", PASSWORD).status_code == 302
    assert client.get("/admin/").status_code == 200


@pytest.mark.django_db
def test_users_of_partners_and_wrong_passwords_stay_outside(client: Client) -> None:
    UserFactory(email="cashier@example.test")
    assert _log_in(client, "cashier@example.test", PASSWORD).status_code == 200
    assert _log_in(client, "nobody@example.test", PASSWORD).status_code == 200
    assert client.get("/admin/").status_code == 302


@pytest.mark.django_db
def test_guessing_ends_after_ten_tries_even_with_the_right_password(client: Client) -> None:
    AdminFactory(email="boss@example.test")
    for _ in range(10):
        assert _log_in(client, "boss@example.test", "wrong").status_code == 200
    answer = _log_in(client, "boss@example.test", PASSWORD)
    assert answer.status_code == 200
    assert "Too many requests" in answer.content.decode()
    assert client.get("/admin/").status_code == 302


@pytest.mark.django_db
def test_a_log_in_without_a_csrf_token_is_refused() -> None:
    AdminFactory(email="boss@example.test")
    client = Client(enforce_csrf_checks=True)
    assert _log_in(client, "boss@example.test", PASSWORD).status_code == 403


@pytest.mark.django_db
def test_the_back_office_speaks_the_language_chosen(client: Client) -> None:
    answer = client.post("/i18n/setlang/", {"language": "lt", "next": "/admin/login/"})
    assert answer.status_code == 302
    assert 'lang="lt"' in client.get("/admin/login/").content.decode()


@pytest.mark.django_db
def test_a_new_user_is_audited_without_a_word_of_personal_data(boss: Client) -> None:
    sent = {"email": "Ona@Example.test", "name": "Ona", "language": "lt", "password": "ilgas slaptazodis 9"}
    assert boss.post(reverse("admin:loyalty_user_add"), sent).status_code == 302
    made = User.objects.get(email="ona@example.test")
    assert made.check_password("ilgas slaptazodis 9")
    assert not made.is_staff
    event = AuditEvent.objects.get(action="user.created")
    text = str(event.changes)
    assert "ona" not in text.lower()
    assert "slaptazodis" not in text
    assert event.changes["language"] == [None, "lt"]


@pytest.mark.django_db
def test_two_users_with_one_address_are_refused(boss: Client) -> None:
    UserFactory(email="ona@example.test")
    answer = boss.post(reverse("admin:loyalty_user_add"), {"email": "ONA@example.test", "language": "lt"})
    assert "email" in answer.context["adminform"].form.errors


@pytest.mark.django_db
def test_a_new_password_ends_every_session(boss: Client) -> None:
    user = UserFactory()
    url = reverse("admin:loyalty_user_change_password", args=[user.pk])
    assert "password" in boss.post(url, {"reason": "asked", "password": "short"}).context["form"].errors
    assert boss.post(url, {"reason": "asked", "password": "ilgas slaptazodis 9"}).status_code == 302
    user.refresh_from_db()
    assert user.check_password("ilgas slaptazodis 9")
    assert user.token_version == 2
    event = AuditEvent.objects.get(action="user.password_changed")
    assert (event.actor_kind, event.target_id, event.reason) == ("admin", str(user.pk), "asked")


@pytest.mark.django_db
def test_only_a_superuser_gives_rights_or_touches_a_superuser(client: Client) -> None:
    helper, boss, user = UserFactory(is_staff=True), AdminFactory(), UserFactory()
    helper.user_permissions.set(Permission.objects.filter(content_type__app_label__in=["loyalty", "auth"]))
    client.force_login(helper)
    sent = {"email": user.email, "name": "New", "language": "en", "is_active": "on"}
    url = reverse("admin:loyalty_user_change", args=[user.pk])
    assert client.post(url, sent | {"is_staff": "on", "is_superuser": "on"}).status_code == 302
    user.refresh_from_db()
    assert (user.name, user.is_staff, user.is_superuser) == ("New", False, False)
    assert client.post(reverse("admin:loyalty_user_change", args=[boss.pk]), sent).status_code == 403
    for action in ("change_password", "log_out_everywhere"):
        url = reverse(f"admin:loyalty_user_{action}", args=[boss.pk])
        answer = client.post(url, {"reason": "mine", "password": "ilgas slaptazodis 9"})
        assert answer.status_code == 403
    boss.refresh_from_db()
    assert (boss.check_password(PASSWORD), boss.token_version) == (True, 1)
    assert client.get(reverse("admin:auth_group_add")).status_code == 403


@pytest.mark.django_db
def test_rights_given_are_audited(boss: Client) -> None:
    permission = Permission.objects.get(codename="view_user")
    sent = {"name": "Support", "permissions": [permission.pk]}
    assert boss.post(reverse("admin:auth_group_add"), sent).status_code == 302
    created, changed = AuditEvent.objects.order_by("id")
    assert (created.action, created.changes) == ("group.created", {"name": [None, "Support"]})
    assert (changed.action, changed.changes) == ("group.updated", {"permissions": [[], [permission.pk]]})


@pytest.mark.django_db
def test_a_session_is_ended_with_a_reason_and_once(boss: Client) -> None:
    session = LoginSession.objects.create(
        id=uuid.uuid4(),
        user=UserFactory(),
        realm="partner",
        partner_id=5,
        token_version=1,
        current=b"x" * 32,
        rotated_at=NOW,
        created_at=NOW,
        expires_at=NOW + timedelta(days=30),
    )
    url = reverse("admin:loyalty_loginsession_revoke", args=[session.pk])
    assert boss.post(url, {"reason": "lost phone"}).status_code == 302
    session.refresh_from_db()
    assert session.revoked_at is not None
    event = AuditEvent.objects.get(action="session.revoked")
    assert (event.partner_id, event.target_id, event.reason) == (5, str(session.pk), "lost phone")
    assert boss.post(url, {"reason": "again"}).status_code == 404


@pytest.mark.django_db
def test_an_objects_history_is_its_part_of_the_audit_log(boss: Client) -> None:
    user, other = UserFactory(), UserFactory()
    for one in (user, other):
        audit.record(actor=SYSTEM, action="user.tested", target=one, at=NOW)
    answer = boss.get(reverse("admin:loyalty_user_history", args=[user.pk]), follow=True)
    assert [event.target_id for event in answer.context["cl"].result_list] == [str(user.pk)]


@pytest.mark.django_db
def test_the_audit_log_cannot_be_written(boss: Client) -> None:
    event = audit.record(actor=SYSTEM, action="user.tested", target=UserFactory(), at=NOW)
    assert boss.post(reverse("admin:loyalty_auditevent_change", args=[event.pk]), {"action": "x"}).status_code == 403
    assert boss.get(reverse("admin:loyalty_auditevent_add")).status_code == 403
    assert AuditEvent.objects.get(action="user.tested").pk == event.pk
