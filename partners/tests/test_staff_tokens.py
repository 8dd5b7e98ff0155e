"""Forged tokens are worth nothing, and a refresh token is worth one exchange."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from loyalty.models import LoginSession
from loyalty.services import tokens
from loyalty.services.tokens import ADMIN_REALM, PARTNER_REALM, open_session, refresh_session
from loyalty.tests.factories import AdminFactory
from partners.models import StaffMember
from partners.tests.factories import StaffFactory

REFRESH = "/en/partners/auth/refresh"


@pytest.fixture
def staff(db: None) -> StaffMember:
    return StaffFactory()


def pair(staff: StaffMember, **options: Any) -> Any:
    at = options.pop("at", timezone.now())
    return open_session(user=staff.user, realm=PARTNER_REALM, partner_id=staff.partner_id, at=at, **options)


def claims(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


def signed(payload: dict[str, Any], key: str | None = None, **options: Any) -> str:
    return jwt.encode(payload, settings.JWT_SIGNING_KEY if key is None else key, algorithm="HS256", **options)


def by_hand(header: dict[str, Any], payload: dict[str, Any] | bytes, key: bytes | None) -> str:
    """A token that no library would make."""

    def part(value: Any) -> bytes:
        raw = value if isinstance(value, bytes) else json.dumps(value).encode()
        return base64.urlsafe_b64encode(raw).rstrip(b"=")

    head = part(header) + b"." + part(payload)
    signature = b"" if key is None else part(hmac.new(key, head, hashlib.sha256).digest())
    return (head + b"." + signature).decode()


def me(token: str) -> Any:
    return Client(headers={"Authorization": f"Bearer {token}"}).get("/en/partners/auth/me")


OWN = settings.JWT_SIGNING_KEY.encode()
Forge = Callable[[dict[str, Any]], str]
FORGED: dict[str, Forge] = {
    "alg none": lambda good: by_hand({"alg": "none", "typ": "JWT"}, good, None),
    "alg NONE": lambda good: by_hand({"alg": "NONE", "typ": "JWT"}, good, None),
    "alg none with a signature": lambda good: by_hand({"alg": "none"}, good, OWN),
    "no alg": lambda good: by_hand({"typ": "JWT"}, good, OWN),
    "alg RS256 signed as HS256": lambda good: by_hand({"alg": "RS256"}, good, OWN),
    "alg HS512 signed as HS256": lambda good: by_hand({"alg": "HS512"}, good, OWN),
    "another algorithm with the right key": lambda good: jwt.encode(good, settings.JWT_SIGNING_KEY, algorithm="HS512"),
    "no signature": lambda good: by_hand({"alg": "HS256"}, good, None),
    "the wrong key": lambda good: signed(good, "x" * 40),
    "Django's own key": lambda good: signed(good, settings.SECRET_KEY),
    "an empty key": lambda good: by_hand({"alg": "HS256"}, good, b""),
    "a key by path": lambda good: signed(good, "x" * 40, headers={"kid": "../../../../dev/null"}),
    "a key by address": lambda good: signed(
        good, "x" * 40, headers={"jku": "http://127.0.0.1/k", "x5u": "http://127.0.0.1"}
    ),
    "a key of its own": lambda good: signed(good, "x" * 40, headers={"jwk": {"kty": "oct", "k": "eHh4"}}),
    "a critical extension": lambda good: signed(good, headers={"crit": ["unknown"], "unknown": True}),
    "another audience": lambda good: signed({**good, "aud": "loyalty:admin"}),
    "an audience of everything": lambda good: signed({**good, "aud": "*"}),
    "no audience": lambda good: signed({key: value for key, value in good.items() if key != "aud"}),
    "another issuer": lambda good: signed({**good, "iss": "loyalty/admin"}),
    "no issuer": lambda good: signed({key: value for key, value in good.items() if key != "iss"}),
    "another type": lambda good: signed({**good, "typ": "refresh"}),
    "no type": lambda good: signed({key: value for key, value in good.items() if key != "typ"}),
    "no expiry": lambda good: signed({key: value for key, value in good.items() if key != "exp"}),
    "an expiry that is no number": lambda good: signed({**good, "exp": "tomorrow"}),
    "not yet valid": lambda good: signed({**good, "nbf": good["iat"] + 3600}),
    "another user": lambda good: signed({**good, "sub": "999999999"}),
    "a user that is no number": lambda good: signed({**good, "sub": "1 OR 1=1"}),
    "another session": lambda good: signed({**good, "sid": "00000000-0000-4000-8000-000000000000"}),
    "a session that is no id": lambda good: signed({**good, "sid": "' OR true --"}),
    "another partner": lambda good: signed({**good, "pid": good["pid"] + 1}),
    "no partner": lambda good: signed({**good, "pid": None}),
    "an older token version": lambda good: signed({**good, "tv": 0}),
    "a newer token version": lambda good: signed({**good, "tv": 2}),
    "no token version": lambda good: signed({key: value for key, value in good.items() if key != "tv"}),
    "a second audience after the first": lambda good: by_hand(
        {"alg": "HS256"}, (json.dumps(good)[:-1] + ', "aud": "loyalty:admin"}').encode(), OWN
    ),
    "a list for a body": lambda good: by_hand({"alg": "HS256"}, b"[]", OWN),
    "two dots": lambda good: "..",
    "not ASCII": lambda good: "ąžuolas.ąžuolas.ąžuolas".encode().decode("latin-1"),
    "very long": lambda good: "a" * 20_000,
}


@pytest.mark.parametrize("kind", FORGED)
def test_a_forged_token_is_refused_and_tells_nothing(kind: str, staff: StaffMember) -> None:
    token = pair(staff).access
    assert me(token).status_code == 200
    answer = me(FORGED[kind](claims(token)))
    assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_TOKEN")
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_changed_letter_of_the_signature_is_refused(staff: StaffMember) -> None:
    token = pair(staff).access
    head, _, signature = token.rpartition(".")
    changed = f"{head}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"
    assert me(changed).json()["code"] == "INVALID_TOKEN"


def test_an_access_token_ends_after_ten_minutes(staff: StaffMember) -> None:
    now = timezone.now()
    assert me(pair(staff, at=now - timedelta(minutes=9, seconds=50)).access).status_code == 200
    answer = me(pair(staff, at=now - timedelta(minutes=10, seconds=2)).access)
    assert (answer.status_code, answer.json()["code"]) == (401, "TOKEN_EXPIRED")


def test_no_realm_takes_a_token_of_another(staff: StaffMember) -> None:
    admin = AdminFactory()
    admins = open_session(user=admin, realm=ADMIN_REALM, partner_id=None, at=timezone.now())
    own = pair(staff)
    assert me(admins.access).json()["code"] == "INVALID_TOKEN"
    assert me(own.refresh).json()["code"] == "INVALID_TOKEN"
    to_admin = Client(headers={"Authorization": f"Bearer {own.access}"}).get("/en/admin/me")
    assert to_admin.json()["code"] == "INVALID_TOKEN"
    for token, path in ((own.access, REFRESH), (admins.refresh, REFRESH), (own.refresh, "/en/admin/refresh")):
        answer = Client().post(path, json.dumps({"refresh_token": token}), content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_TOKEN")


def test_a_missing_or_strange_header_asks_for_authentication(db: None) -> None:
    for value in (None, "", "Basic dXNlcjpwYXNz", "Bearer", "Bearer  "):
        headers = {} if value is None else {"Authorization": value}
        answer = Client(headers=headers).get("/en/partners/auth/me")
        assert (answer.status_code, answer.json()["code"]) == (401, "AUTH_REQUIRED")


def test_tokens_of_a_replaced_signing_key_hold_while_it_is_listed(staff: StaffMember, settings: Any) -> None:

    old = pair(staff).access
    settings.JWT_SIGNING_KEY_FALLBACKS = [settings.JWT_SIGNING_KEY]
    settings.JWT_SIGNING_KEY = "n" * 40
    tokens._cache.clear()
    try:
        assert me(old).status_code == 200
        assert me(pair(staff).access).status_code == 200
        settings.JWT_SIGNING_KEY_FALLBACKS = []
        tokens._cache.clear()
        assert me(old).json()["code"] == "INVALID_TOKEN"
    finally:
        tokens._cache.clear()


# --- Refreshing


def test_a_refresh_token_gives_the_next_pair_and_a_repeat_within_ten_seconds_the_same(staff: StaffMember) -> None:
    now = timezone.now() - timedelta(seconds=120)
    first = pair(staff, at=now)
    second = refresh_session(token=first.refresh, realm=PARTNER_REALM, at=now + timedelta(seconds=60))
    again = refresh_session(token=first.refresh, realm=PARTNER_REALM, at=now + timedelta(seconds=69))
    assert again == second
    assert second.refresh != first.refresh
    third = refresh_session(token=second.refresh, realm=PARTNER_REALM, at=now + timedelta(seconds=70))
    assert third.refresh not in {first.refresh, second.refresh}
    assert me(third.access).status_code == 200


def test_using_a_refresh_token_again_later_ends_the_whole_session(staff: StaffMember) -> None:
    now = timezone.now()
    first = pair(staff, at=now - timedelta(seconds=60))
    body = json.dumps({"refresh_token": first.refresh})
    second = refresh_session(token=first.refresh, realm=PARTNER_REALM, at=now - timedelta(seconds=30))
    assert me(second.access).status_code == 200
    stolen = Client().post(REFRESH, body, content_type="application/json")
    assert (stolen.status_code, stolen.json()["code"]) == (401, "INVALID_TOKEN")
    assert me(second.access).json()["code"] == "INVALID_TOKEN"
    child = Client().post(REFRESH, json.dumps({"refresh_token": second.refresh}), content_type="application/json")
    assert child.json()["code"] == "INVALID_TOKEN"
    assert LoginSession.objects.get().revoked_at is not None


def test_an_older_ancestor_ends_the_session_even_within_ten_seconds(staff: StaffMember) -> None:
    first = pair(staff)
    now = timezone.now()
    second = refresh_session(token=first.refresh, realm=PARTNER_REALM, at=now)
    third = refresh_session(token=second.refresh, realm=PARTNER_REALM, at=now)
    answer = Client().post(REFRESH, json.dumps({"refresh_token": first.refresh}), content_type="application/json")
    assert answer.json()["code"] == "INVALID_TOKEN"
    assert me(third.access).json()["code"] == "INVALID_TOKEN"


def test_a_refresh_does_not_lengthen_the_session(staff: StaffMember) -> None:
    now = timezone.now()
    first = pair(staff, at=now, lifetime=timedelta(hours=12))
    second = refresh_session(token=first.refresh, realm=PARTNER_REALM, at=now + timedelta(hours=11))
    assert claims(second.refresh)["exp"] == claims(first.refresh)["exp"]


@pytest.mark.django_db(transaction=True)
def test_eight_parallel_refreshes_of_one_token_make_one_child() -> None:
    first = pair(StaffFactory())
    body = json.dumps({"refresh_token": first.refresh})
    for _ in range(5):
        answers: list[Any] = []
        barrier = threading.Barrier(8)

        def refresh(body: str = body, answers: list[Any] = answers, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            try:
                answers.append(Client().post(REFRESH, body, content_type="application/json"))
            finally:
                connection.close()

        threads = [threading.Thread(target=refresh) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [answer.status_code for answer in answers] == [200] * 8
        pairs = {json.dumps(answer.json()["data"]) for answer in answers}
        assert len(pairs) == 1
        body = json.dumps({"refresh_token": json.loads(pairs.pop())["refresh_token"]})
    assert LoginSession.objects.filter(revoked_at=None).count() == 1
