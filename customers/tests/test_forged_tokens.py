"""Forged customer tokens are worth nothing, and what a stranger can measure tells nothing (promises D1, D4, D6)."""

import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from customers.models import OneTimeCode, Person
from customers.services import one_time_codes
from customers.tests.factories import PersonFactory
from loyalty.limits.limiter import default_limiter
from loyalty.services import tokens
from loyalty.services.tokens import open_person_session
from partners.tests.factories import PartnerFactory

pytestmark = pytest.mark.django_db
ME = "/en/shop/auth/me"


@pytest.fixture
def person() -> Person:
    return PersonFactory()


def claims_of(person: Person) -> dict[str, Any]:
    pair = open_person_session(person_id=person.pk, token_version=person.token_version, at=timezone.now())
    return jwt.decode(pair.access, options={"verify_signature": False})


def signed(claims: dict[str, Any], key: str | None = None, algorithm: str = "HS256", **options: Any) -> str:
    return jwt.encode(claims, settings.JWT_SIGNING_KEY if key is None else key, algorithm=algorithm, **options)


def me(token: str) -> Any:
    return Client(headers={"Authorization": f"Bearer {token}"}).get(ME)


def without(claims: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in claims.items() if name not in names}


HOUR = timedelta(hours=1)
FORGED: dict[str, Callable[[dict[str, Any]], str]] = {
    "no algorithm": lambda claims: jwt.encode(claims, "", algorithm="none"),
    "another algorithm": lambda claims: signed(claims, algorithm="HS384"),
    "another key": lambda claims: signed(claims, "x" * 64),
    "an empty key": lambda claims: signed(claims, " "),
    "staff's audience": lambda claims: signed({**claims, "aud": "loyalty:partner"}),
    "the platform's issuer": lambda claims: signed({**claims, "iss": "loyalty/admin"}),
    "no audience": lambda claims: signed(without(claims, "aud")),
    "no issuer": lambda claims: signed(without(claims, "iss")),
    "a refresh token": lambda claims: signed({**claims, "typ": "refresh"}),
    "no kind": lambda claims: signed(without(claims, "typ")),
    "no end": lambda claims: signed(without(claims, "exp")),
    "not yet": lambda claims: signed({**claims, "nbf": timezone.now() + HOUR}),
    "somebody else": lambda claims: signed({**claims, "sub": str(int(claims["sub"]) + 1)}),
    "no number": lambda claims: signed({**claims, "sub": "me"}),
    "another session": lambda claims: signed({**claims, "sid": "5b0f1a52-7f0e-4b39-9a0e-2f4b8f0d1c11"}),
    "no session": lambda claims: signed(without(claims, "sid")),
    "bound to a partner": lambda claims: signed({**claims, "pid": PartnerFactory().pk}),
    "an older version": lambda claims: signed({**claims, "tv": 0}),
    "a newer version": lambda claims: signed({**claims, "tv": 2}),
    "a key by address": lambda claims: signed(claims, "x" * 64, headers={"jku": "https://evil.example/keys"}),
    "a key by path": lambda claims: signed(claims, "x" * 64, headers={"kid": "../../dev/null"}),
}


@pytest.mark.parametrize("kind", sorted(FORGED))
def test_a_forged_token_is_refused(kind: str, person: Person) -> None:
    claims = claims_of(person)
    assert me(signed(claims)).status_code == 200
    answer = me(FORGED[kind](claims))
    assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_TOKEN")


def test_tokens_of_a_replaced_key_hold_while_it_is_listed(person: Person, settings: Any) -> None:
    pair = open_person_session(person_id=person.pk, token_version=1, at=timezone.now())
    settings.JWT_SIGNING_KEY_FALLBACKS = [settings.JWT_SIGNING_KEY]
    settings.JWT_SIGNING_KEY = "a new key of more than thirty-two letters"
    tokens._cache.clear()
    try:
        assert me(pair.access).status_code == 200
        settings.JWT_SIGNING_KEY_FALLBACKS = []
        tokens._cache.clear()
        assert me(pair.access).status_code == 401
    finally:
        tokens._cache.clear()


@pytest.mark.slow
def test_a_known_phone_takes_as_long_as_an_unknown_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Medians within five per cent over 500 interleaved pairs."""
    monkeypatch.setattr(one_time_codes, "wait_for_next", lambda *_: 0)
    known, unknown = PersonFactory().phone, "+37069999999"
    took: dict[str, list[float]] = {known: [], unknown: []}
    for number in range(500):
        for phone in (known, unknown) if number % 2 else (unknown, known):
            default_limiter().link.client.flushdb()
            body = {"phone": phone, "type": "login"}
            began = time.perf_counter()
            answer = Client().post("/en/shop/auth/request-otp", body, content_type="application/json")
            took[phone].append(time.perf_counter() - began)
            assert answer.status_code == 200
        OneTimeCode.objects.all().delete()
    medians = [statistics.median(times) for times in took.values()]
    assert max(medians) / min(medians) < 1.05, medians
