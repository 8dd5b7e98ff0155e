import random
import uuid

import pytest
from django.conf import settings

from loyalty.limits.limiter import Limiter, Limits

START = 1_795_000_000.0  # 40 s into a minute


@pytest.fixture(scope="module")
def limiter() -> Limiter:
    return Limiter(settings.REDIS_URL)


@pytest.fixture
def principal() -> str:
    return f"test:{uuid.uuid4()}"


def admitted(limiter: Limiter, principal: str, limits: Limits, moments: list[float]) -> list[float]:
    return [moment for moment in moments if limiter.check(principal, limits, now=moment).allowed]


def most_in_any_span(moments: list[float], seconds: float) -> int:
    return max(sum(1 for other in moments if moment <= other < moment + seconds) for moment in moments)


def test_a_minute_admits_its_limit_and_not_one_more(limiter: Limiter, principal: str) -> None:
    answers = [limiter.check(principal, Limits(5000, 200), now=START) for _ in range(250)]

    assert [answer.allowed for answer in answers] == [True] * 200 + [False] * 50
    assert answers[199].minute_remaining == 0
    assert answers[199].remaining == 4800


def test_an_hour_admits_its_limit_and_not_one_more(limiter: Limiter, principal: str) -> None:
    moments = [START + number for number in range(150)]

    assert len(admitted(limiter, principal, Limits(100, 90), moments)) == 100


@pytest.mark.parametrize("per_minute", [200, 1200])
def test_the_edge_of_a_clock_minute_gives_no_second_burst(limiter: Limiter, principal: str, per_minute: int) -> None:
    edge = (START // 60 + 1) * 60
    before, after = [edge - 1] * (per_minute + 10), [edge + 1] * (per_minute + 10)

    assert len(admitted(limiter, principal, Limits(100_000, per_minute), before + after)) == per_minute


@pytest.mark.parametrize("per_minute", [60, 1020])
def test_no_span_of_sixty_seconds_admits_more_than_the_limit(limiter: Limiter, principal: str, per_minute: int) -> None:
    moments = [START + number * 35 / per_minute for number in range(per_minute * 4)]

    passed = admitted(limiter, principal, Limits(1_000_000, per_minute), moments)

    assert most_in_any_span(passed, 60) == per_minute


def test_no_span_of_an_hour_admits_more_than_the_limit(limiter: Limiter, principal: str) -> None:
    moments = [START + number * 7 for number in range(1600)]

    passed = admitted(limiter, principal, Limits(300, 100), moments)

    assert most_in_any_span(passed, 3600) == 300


@pytest.mark.parametrize("seed", range(6))
def test_random_bursts_never_pass_the_hour_and_are_refused_only_near_it(
    limiter: Limiter, principal: str, seed: int
) -> None:
    dice = random.Random(seed)
    moments = sorted(START + dice.choice(range(0, 12_000, 200)) + dice.expovariate(0.02) for _ in range(400))
    limits = Limits(50, 1000)

    passed = admitted(limiter, principal, limits, moments)

    assert most_in_any_span(passed, 3600) <= 50
    for refused in set(moments) - set(passed):
        assert sum(1 for moment in passed if refused - 3660 <= moment <= refused) >= 50


@pytest.mark.parametrize(("limits", "span"), [(Limits(300, 100), 3660), (Limits(10**6, 1220), 61)])
def test_buckets_keep_98_percent_of_the_limit_usable(
    limiter: Limiter, principal: str, limits: Limits, span: int
) -> None:
    """A client that waits as told gets its whole limit every 61 sixtieths of the window: 60/61 is 98.4 %."""
    limit = limits.per_hour if span > 61 else limits.per_minute
    passed, now, rounds = 0, START // 3600 * 3600, 3
    while passed < limit * rounds:
        decision = limiter.check(principal, limits, now=now)
        passed += decision.allowed
        now += decision.retry_after
    used = now - START // 3600 * 3600

    assert used <= span * (rounds - 1) + 120


def test_refused_calls_do_not_count(limiter: Limiter, principal: str) -> None:
    limits = Limits(5000, 3)
    for second in range(60):
        limiter.check(principal, limits, now=START + second)

    assert limiter.peek(principal, limits, now=START + 59.9).remaining == 4997
    assert limiter.check(principal, limits, now=START + 60).allowed


@pytest.mark.parametrize("limits", [Limits(5000, 7), Limits(5000, 1500), Limits(40, 30), Limits(5, 1001)])
def test_obeying_retry_after_succeeds_at_the_first_try(limiter: Limiter, principal: str, limits: Limits) -> None:
    now, refusals = START, 0
    while refusals < 12:
        decision = limiter.check(principal, limits, now=now)
        if not decision.allowed:
            refusals += 1
            now += decision.retry_after
            assert limiter.check(principal, limits, now=now).allowed
        now += 0.013


def test_retry_after_of_a_full_minute_is_the_exact_moment(limiter: Limiter, principal: str) -> None:
    limits = Limits(5000, 2)
    limiter.check(principal, limits, now=START)
    limiter.check(principal, limits, now=START + 20)

    assert limiter.check(principal, limits, now=START + 30).retry_after == 30
    assert not limiter.check(principal, limits, now=START + 59.999).allowed
    assert limiter.check(principal, limits, now=START + 60).allowed
    assert limiter.check(principal, limits, now=START + 60).retry_after == 20


@pytest.mark.parametrize("smaller", [Limits(100, 5), Limits(5, 100), Limits(5, 2000), Limits(3, 3)])
def test_a_lowered_limit_waits_until_enough_has_left(limiter: Limiter, principal: str, smaller: Limits) -> None:
    pace = 70 if smaller.per_hour < 100 else 1.3
    for number in range(20):
        limiter.check(principal, Limits(100, 1500 if smaller.per_minute > 1000 else 100), now=START + number * pace)
    now = START + 20 * pace

    refused = limiter.check(principal, smaller, now=now)

    assert (refused.allowed, refused.retry_after > 0) == (False, True)
    assert limiter.check(principal, smaller, now=now + refused.retry_after).allowed


def test_peek_counts_nothing(limiter: Limiter, principal: str) -> None:
    limits = Limits(10, 5)
    limiter.check(principal, limits, now=START)
    for _ in range(20):
        seen = limiter.peek(principal, limits, now=START)

    assert (seen.allowed, seen.remaining, seen.minute_remaining) == (True, 9, 4)
    assert limiter.peek(f"{principal}:nobody", limits, now=START).remaining == 10


def test_a_clock_that_is_set_back_loses_no_count(limiter: Limiter, principal: str) -> None:
    limits = Limits(10, 2000)
    for _ in range(5):
        limiter.check(principal, limits, now=START)
    for _ in range(4):
        limiter.check(principal, limits, now=START - 300)

    assert limiter.peek(principal, limits, now=START).remaining == 1
    assert limiter.peek(principal, limits, now=START + 3720).remaining == 10


def test_every_key_expires_and_shares_one_slot(limiter: Limiter, principal: str) -> None:
    limiter.check(principal, Limits(10, 5))
    limiter.check(principal, Limits(10, 5000), watch=principal)
    limiter.bump(principal)

    keys = {key.decode() for key in limiter.link.client.scan_iter(f"rl:{{{principal}}}:*", count=10_000)}
    assert keys == {f"rl:{{{principal}}}:{suffix}" for suffix in "hmsg"}
    assert all(limiter.link.client.ttl(key) > 0 for key in keys)


def test_the_watched_counter_comes_along_and_never_repeats(limiter: Limiter, principal: str) -> None:
    limits = Limits(10, 5)
    assert limiter.check(principal, limits).generation is None
    assert limiter.check(principal, limits, watch=principal).generation == 0

    first = limiter.bump(principal) or 0
    assert limiter.check(principal, limits, watch=principal).generation == first
    limiter.link.client.delete(f"rl:{{{principal}}}:g")

    assert (limiter.bump(principal) or 0) > first > 0


def test_a_server_that_forgot_the_script_is_sent_it_again(limiter: Limiter, principal: str) -> None:
    limiter.link.client.script_flush()

    assert limiter.check(principal, Limits(10, 5)).remaining == 9
    assert limiter.check(principal, Limits(10, 5)).remaining == 8


def test_the_servers_clock_decides_when_no_moment_is_given(limiter: Limiter, principal: str) -> None:
    limits = Limits(10, 5)
    limiter.check(principal, limits)
    seconds, _ = limiter.link.client.time()

    assert 3590 <= limiter.peek(principal, limits).reset_at - seconds <= 3661
