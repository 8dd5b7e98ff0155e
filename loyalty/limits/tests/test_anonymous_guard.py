import time
import uuid

import pytest
from django.http import HttpRequest
from django.test import RequestFactory
from pytest_django import Settings

from loyalty.errors import LimiterUnavailable, QuotaExceeded
from loyalty.limits import anonymous
from loyalty.limits.anonymous import guard, require
from loyalty.limits.breaker import Breaker
from loyalty.limits.limiter import Limiter


def _request(address: str = "203.0.113.9", forwarded: str = "") -> HttpRequest:
    return RequestFactory().post("/", REMOTE_ADDR=address, HTTP_X_FORWARDED_FOR=forwarded)


@pytest.fixture
def group() -> str:
    return f"test-{uuid.uuid4()}"


def test_the_sixth_log_in_of_an_address_is_refused_with_a_moment(group: str) -> None:
    verdicts = [guard(_request(), group=group, rate="5/1d") for _ in range(6)]

    assert [verdict.allowed for verdict in verdicts] == [True] * 5 + [False]
    assert [verdict.remaining for verdict in verdicts] == [4, 3, 2, 1, 0, 0]
    assert 1 <= verdicts[5].retry_after <= 86_401
    assert verdicts[5].reset_at >= time.time()
    with pytest.raises(QuotaExceeded):
        require(_request(), group=group, rate="5/1d")
    assert guard(_request("203.0.113.10"), group=group, rate="5/1d").allowed


def test_a_forged_header_gains_no_call(group: str) -> None:
    allowed = [guard(_request(forwarded=f"198.51.100.{n}"), group=group, rate="5/1d").allowed for n in range(20)]

    assert allowed == [True] * 5 + [False] * 15


def test_one_ipv6_subscriber_is_one_caller(group: str) -> None:
    allowed = [guard(_request(f"2001:db8:1:2::{n:x}"), group=group, rate="5/1d").allowed for n in range(1, 9)]

    assert allowed == [True] * 5 + [False] * 3
    assert guard(_request("2001:db8:1:3::1"), group=group, rate="5/1d").allowed


def test_a_given_key_counts_from_every_address_in_any_spelling(group: str) -> None:
    spellings = ["Ona@example.lt", "ona@example.lt ", "ONA@EXAMPLE.LT"]
    allowed = [
        guard(_request(f"203.0.113.{n}"), group=group, rate="2/1d", key=spelling).allowed
        for n, spelling in enumerate(spellings)
    ]

    assert allowed == [True, True, False]


def test_guards_fail_closed_without_redis(group: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    url = "unix:///nonexistent/valkey.sock"
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": url}}
    limiter = Limiter(url, breaker=Breaker(rest=60))
    monkeypatch.setattr(anonymous, "default_limiter", lambda: limiter)

    for _ in range(2):
        with pytest.raises(LimiterUnavailable):
            guard(_request(), group=group, rate="5/1d")
    assert limiter.breaker.is_open
