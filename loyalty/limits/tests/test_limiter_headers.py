import re
import uuid

import pytest
from django.conf import settings

from loyalty.limits.limiter import Decision, Limiter, Limits, header_map, refusal

NOW = 1_795_000_000.0


@pytest.fixture(scope="module")
def limiter() -> Limiter:
    return Limiter(settings.REDIS_URL)


def _last_of(limiter: Limiter, limits: Limits, calls: int) -> Decision:
    principal = f"test:{uuid.uuid4()}"
    return [limiter.check(principal, limits, now=NOW) for _ in range(calls)][-1]


def test_an_admitted_call_tells_the_hour_and_both_windows(limiter: Limiter) -> None:
    decision = _last_of(limiter, Limits(5000, 200), 1)

    assert header_map(decision) == {
        "X-RateLimit-Limit": "5000",
        "X-RateLimit-Remaining": "4999",
        "X-RateLimit-Reset": "1795003620",
        "RateLimit-Policy": '"hour";q=5000;w=3600, "burst";q=200;w=60',
        "RateLimit": '"hour";r=4999;t=3620, "burst";r=199;t=60',
    }


def test_a_refused_call_is_told_when_and_by_which_window(limiter: Limiter) -> None:
    error = refusal(_last_of(limiter, Limits(5000, 3), 4))

    assert (error.code, error.status, error.retry_after) == ("QUOTA_EXCEEDED", 429, 60)
    assert error.details["violated_policies"] == ["burst"]
    assert error.details["headers"] == {
        "X-RateLimit-Limit": "5000",
        "X-RateLimit-Remaining": "4997",
        "X-RateLimit-Reset": "1795003620",
        "RateLimit-Policy": '"hour";q=5000;w=3600, "burst";q=3;w=60',
        "RateLimit": '"hour";r=4997, "burst";r=0;t=60',
        "Retry-After": "60",
    }


@pytest.mark.parametrize("limits", [Limits(5, 100), Limits(100, 5), Limits(5, 5)])
def test_retry_after_is_never_earlier_than_any_t(limiter: Limiter, limits: Limits) -> None:
    headers = header_map(_last_of(limiter, limits, 6))

    assert int(headers["Retry-After"]) >= max(int(t) for t in re.findall(r"t=(\d+)", headers["RateLimit"]))
