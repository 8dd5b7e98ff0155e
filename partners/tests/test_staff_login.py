"""Logging in at a partner, and what ends a log-in."""

import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from loyalty.limits import limiter
from loyalty.models import LoginSession
from loyalty.services.accounts import end_every_session, set_password
from loyalty.services.audit import SYSTEM
from loyalty.tests.factories import PASSWORD, AdminFactory, UserFactory
from partners.choices import PartnerStatus, StaffRole
from partners.models import StaffMember, StaffShop
from partners.tests.factories import PartnerFactory, ShopFactory, StaffFactory

pytestmark = pytest.mark.django_db
AUTH = "/en/partners/auth"


def post(path: str, body: dict[str, Any] | None = None, token: str | None = None, **extra: Any) -> Any:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return Client(headers=headers).post(path, json.dumps(body or {}), content_type="application/json", **extra)


def log_in(staff: StaffMember, **more: Any) -> dict[str, Any]:
    answer = post(f"{AUTH}/login", {"email": staff.user.email, "password": PASSWORD, **more})
    assert answer.status_code == 200, answer.content
    return answer.json()["data"]


def me(token: str) -> Any:
    return Client(headers={"Authorization": f"Bearer {token}"}).get(f"{AUTH}/me")


def test_a_login_answers_both_names_of_the_token_and_who_logged_in_where() -> None:
    staff = StaffFactory(user__email="rasa@namai.test", user__name="Rasa")
    ShopFactory(partner=staff.partner)
    ShopFactory(partner=staff.partner, is_active=False)
    data = log_in(staff)
    assert data["access_token"] == data["token"]
    assert (data["token_type"], data["expires_in"]) == ("bearer", 600)
    assert data["refresh_token"] != data["access_token"]
    assert data["partner"] == {
        "id": staff.partner_id,
        "name": staff.partner.name,
        "email": staff.partner.contact_email,
        "tier": "starter",
        "shops_count": 1,
    }
    assert data["user"] == {
        "id": staff.user_id,
        "staff_id": staff.pk,
        "name": "Rasa",
        "email": "rasa@namai.test",
        "language": "en",
        "role": "owner",
    }


def test_the_case_and_the_spaces_of_an_address_do_not_matter() -> None:
    staff = StaffFactory(user__email="ona@namai.test")
    answer = post(f"{AUTH}/login", {"email": " ONA@Namai.test ", "password": PASSWORD})
    assert answer.status_code == 200
    assert answer.json()["data"]["user"]["id"] == staff.user_id


def test_wrong_password_unknown_disabled_and_jobless_are_one_answer() -> None:
    staff = StaffFactory()
    disabled = StaffFactory(user__is_active=False)
    left = StaffFactory(is_active=False)
    jobless = UserFactory()
    answers = [
        post(f"{AUTH}/login", {"email": email, "password": password}, headers={"X-Request-ID": "same-for-all"})
        for email, password in (
            (staff.user.email, "wrong"),
            ("nobody@nowhere.test", PASSWORD),
            (disabled.user.email, PASSWORD),
            (left.user.email, PASSWORD),
            (jobless.email, PASSWORD),
        )
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].json()["code"] == "INVALID_CREDENTIALS"
    assert LoginSession.objects.count() == 0


def test_a_login_without_fields_names_each_of_them() -> None:
    answer = post(f"{AUTH}/login", {"email": "nonsense", "pasword": "x"})
    assert answer.status_code == 422
    assert answer.json()["errors"] == {"pasword": ["Unknown field."]}
    answer = post(f"{AUTH}/login", {"email": "nonsense"})
    assert set(answer.json()["errors"]) == {"email", "password"}


def test_staff_of_several_partners_choose_one() -> None:
    user = UserFactory()
    first, second = (StaffFactory(user=user, role=role) for role in (StaffRole.MANAGER, StaffRole.ANALYST))
    stranger = PartnerFactory()

    answer = post(f"{AUTH}/login", {"email": user.email, "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (422, "PARTNER_CHOICE_NEEDED")
    shown = {partner["id"] for partner in answer.json()["details"]["partners"]}
    assert shown == {first.partner_id, second.partner_id}

    data = log_in(second, partner_id=second.partner_id)
    assert data["partner"]["id"] == second.partner_id
    assert data["user"]["role"] == "analyst"

    for partner_id in (stranger.pk, 999_999_999, 10**30):
        answer = post(f"{AUTH}/login", {"email": user.email, "password": PASSWORD, "partner_id": partner_id})
        assert (answer.status_code, answer.json()["code"]) == (404, "PARTNER_NOT_FOUND")


def test_a_suspended_partner_lets_nobody_in_and_ends_what_was_open() -> None:
    staff = StaffFactory()
    token = log_in(staff)["token"]
    staff.partner.status = PartnerStatus.SUSPENDED
    staff.partner.save()
    answer = post(f"{AUTH}/login", {"email": staff.user.email, "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (403, "PARTNER_NOT_ACTIVE")
    assert (me(token).status_code, me(token).json()["code"]) == (403, "PARTNER_NOT_ACTIVE")


def test_me_lists_every_partner_one_works_for_and_the_shops_in_reach() -> None:
    user = UserFactory()
    staff = StaffFactory(user=user, role=StaffRole.MANAGER, partner__name="Alfa")
    shop = ShopFactory(partner=staff.partner)
    StaffShop.objects.create(staff=staff, shop=shop)
    other = StaffFactory(user=user, role=StaffRole.ANALYST, partner__name="Beta")
    StaffFactory(user=user, is_active=False)
    data = me(log_in(staff, partner_id=staff.partner_id)["token"]).json()["data"]
    assert data["user"]["staff_id"] == staff.pk
    assert data["shop_ids"] == [shop.pk]
    assert "customers.edit" in data["capabilities"]
    assert "session" not in data["capabilities"]
    assert data["partners"] == [
        {"id": staff.partner_id, "name": "Alfa", "role": "manager", "is_active": True},
        {"id": other.partner_id, "name": "Beta", "role": "analyst", "is_active": True},
    ]


def test_a_role_change_a_lost_job_and_a_disabled_user_bite_on_the_next_request() -> None:
    staff = StaffFactory()
    token = log_in(staff)["token"]
    profile = f"/en/partners/{staff.partner_id}"
    client = Client(headers={"Authorization": f"Bearer {token}"})
    assert client.get(profile).status_code == 200

    StaffMember.objects.filter(pk=staff.pk).update(role=StaffRole.CASHIER)
    answer = client.get(profile)
    assert (answer.status_code, answer.json()["code"]) == (403, "INSUFFICIENT_PARTNER_PERMISSIONS")

    StaffMember.objects.filter(pk=staff.pk).update(role=StaffRole.OWNER, is_active=False)
    assert client.get(profile).json()["code"] == "INVALID_TOKEN"

    StaffMember.objects.filter(pk=staff.pk).update(is_active=True)
    assert client.get(profile).status_code == 200
    type(staff.user).objects.filter(pk=staff.user_id).update(is_active=False)
    assert client.get(profile).json()["code"] == "INVALID_TOKEN"


def test_a_new_password_and_a_logout_everywhere_end_access_and_refresh() -> None:

    for end in (
        lambda user: set_password(actor=SYSTEM, user=user, password="another long one", at=timezone.now()),
        lambda user: end_every_session(actor=SYSTEM, user=user, at=timezone.now()),
    ):
        staff = StaffFactory()
        data = log_in(staff)
        end(staff.user)
        assert me(data["token"]).json()["code"] == "INVALID_TOKEN"
        answer = post(f"{AUTH}/refresh", {"refresh_token": data["refresh_token"]})
        assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_TOKEN")


@pytest.mark.parametrize("by", ["access", "refresh"])
def test_a_logout_ends_both_tokens_at_once(by: str) -> None:
    data = log_in(StaffFactory())
    if by == "access":
        answer = post(f"{AUTH}/logout", token=data["access_token"])
    else:
        answer = post(f"{AUTH}/logout", {"refresh_token": data["refresh_token"]})
    assert answer.status_code == 200
    assert "data" not in answer.json()
    assert me(data["access_token"]).json()["code"] == "INVALID_TOKEN"
    assert post(f"{AUTH}/refresh", {"refresh_token": data["refresh_token"]}).status_code == 401


def test_a_logout_needs_a_token_and_leaves_other_sessions_alone() -> None:
    staff = StaffFactory()
    first, second = log_in(staff), log_in(staff)
    assert post(f"{AUTH}/logout").json()["code"] == "AUTH_REQUIRED"
    assert post(f"{AUTH}/logout", token="made.up.token").json()["code"] == "INVALID_TOKEN"
    post(f"{AUTH}/logout", token=first["token"])
    assert me(second["token"]).status_code == 200


def test_not_remembered_means_twelve_hours() -> None:
    log_in(StaffFactory(), remember=False)
    log_in(StaffFactory())
    lengths = [session.expires_at - session.created_at for session in LoginSession.objects.order_by("expires_at")]
    assert [length.total_seconds() / 3600 for length in lengths] == [12, 720]


def test_an_admin_without_a_job_gets_no_partner_token() -> None:
    admin = AdminFactory()
    answer = post(f"{AUTH}/login", {"email": admin.email, "password": PASSWORD})
    assert answer.json()["code"] == "INVALID_CREDENTIALS"


def test_ten_wrong_passwords_close_the_address_even_for_the_right_one_and_only_this_address() -> None:
    staff, other = StaffFactory(), StaffFactory()
    codes = [
        post(f"{AUTH}/login", {"email": staff.user.email, "password": f"wrong {number}"}).json()["code"]
        for number in range(12)
    ]
    assert codes == ["INVALID_CREDENTIALS"] * 10 + ["QUOTA_EXCEEDED"] * 2
    answer = post(f"{AUTH}/login", {"email": staff.user.email.upper(), "password": PASSWORD})
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 901
    assert log_in(other)["token"]


def test_unknown_addresses_are_counted_like_known_ones() -> None:
    codes = [post(f"{AUTH}/login", {"email": "nobody@nowhere.test", "password": "x"}).json()["code"] for _ in range(11)]
    assert codes == ["INVALID_CREDENTIALS"] * 10 + ["QUOTA_EXCEEDED"]


def test_logging_in_often_is_nothing_bad() -> None:
    staff = StaffFactory()
    for _ in range(15):
        log_in(staff)


def test_without_redis_nobody_logs_in_and_tokens_go_on_working(monkeypatch: pytest.MonkeyPatch) -> None:

    staff = StaffFactory()
    token = log_in(staff)["token"]
    away = limiter.Limiter("redis://127.0.0.1:1/0")
    monkeypatch.setattr("loyalty.limits.limiter.default_limiter", lambda: away)
    monkeypatch.setattr("loyalty.limits.anonymous.default_limiter", lambda: away)
    away.breaker.failed("test")
    assert me(token).status_code == 200  # opens the breaker
    answer = post(f"{AUTH}/login", {"email": staff.user.email, "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (503, "TEMPORARILY_UNAVAILABLE")
    assert int(answer["Retry-After"]) > 0
    assert me(token).status_code == 200
