"""Logging in as platform staff."""

import json
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.test import Client

from loyalty.models import LoginSession, User
from loyalty.tests.factories import PASSWORD, AdminFactory, UserFactory

pytestmark = pytest.mark.django_db


def post(path: str, body: dict[str, Any] | None = None, token: str = "") -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return Client(headers=headers).post(path, json.dumps(body or {}), content_type="application/json")


def me(token: str) -> Any:
    return Client(headers={"Authorization": f"Bearer {token}"}).get("/en/admin/me")


def test_an_admin_logs_in_refreshes_and_logs_out() -> None:
    admin = AdminFactory(name="Ona")
    answer = post("/en/admin/login", {"email": admin.email, "password": PASSWORD})
    data = answer.json()["data"]
    assert (answer.status_code, data["token_type"], data["expires_in"]) == (200, "bearer", 600)
    assert data["access_token"] == data["token"]
    assert data["user"] == {
        "id": admin.pk,
        "name": "Ona",
        "email": admin.email,
        "language": "en",
        "is_superuser": True,
        "created_at": data["user"]["created_at"],
        "last_login_at": data["user"]["last_login_at"],
    }
    answer = me(data["token"])
    assert (answer.status_code, answer["X-RateLimit-Limit"]) == (200, "10000")
    assert answer.json()["data"]["email"] == admin.email

    fresh = post("/en/admin/refresh", {"refresh_token": data["refresh_token"]}).json()["data"]
    assert me(fresh["token"]).status_code == 200
    assert post("/en/admin/logout", token=fresh["token"]).status_code == 200
    assert me(fresh["token"]).json()["code"] == "INVALID_TOKEN"
    assert me(data["token"]).json()["code"] == "INVALID_TOKEN"


def test_only_platform_staff_get_an_admin_token_and_strangers_learn_nothing() -> None:
    user, disabled = UserFactory(), AdminFactory(is_active=False)
    answers = [
        post("/en/admin/login", {"email": email, "password": password})
        for email, password in (
            (user.email, PASSWORD),
            (user.email, "wrong"),
            ("nobody@nowhere.test", PASSWORD),
            (disabled.email, PASSWORD),
        )
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (403, "INSUFFICIENT_PERMISSIONS"),
        (401, "INVALID_CREDENTIALS"),
        (401, "INVALID_CREDENTIALS"),
        (401, "INVALID_CREDENTIALS"),
    ]
    assert LoginSession.objects.count() == 0


def test_an_admin_who_stops_being_one_is_out_on_the_next_request() -> None:
    admin = AdminFactory()
    token = post("/en/admin/login", {"email": admin.email, "password": PASSWORD}).json()["data"]["token"]
    for change in ({"is_staff": False}, {"is_active": False}):
        User.objects.filter(pk=admin.pk).update(**change)
        assert me(token).json()["code"] == "INVALID_TOKEN"
        User.objects.filter(pk=admin.pk).update(is_staff=True, is_active=True)
        assert me(token).status_code == 200


def test_an_unknown_address_takes_as_long_as_a_wrong_password() -> None:
    """By the work that is done: one password hash each (measuring time belongs to the slow proofs)."""

    admin = AdminFactory()
    post("/en/admin/login", {"email": "nobody@nowhere.test", "password": "warm up"})
    counts = []
    for email in (admin.email, "nobody@nowhere.test"):
        with patch.object(
            Argon2PasswordHasher, "verify", autospec=True, side_effect=Argon2PasswordHasher.verify
        ) as spy:
            post("/en/admin/login", {"email": email, "password": "wrong"})
        counts.append(spy.call_count)
    assert counts == [1, 1]
