import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from loyalty.errors import LimiterUnavailable
from loyalty.limits.breaker import Breaker
from loyalty.limits.limiter import Limiter, Limits
from loyalty.run import binaries
from loyalty.run.valkey import Server

LIMITS = Limits(5000, 200)


@pytest.fixture
def server(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(
        binaries.find_valkey(), tmp_path / "data", tmp_path_factory.mktemp("s"), tmp_path / "log", throw_away=True
    )
    server.start()
    server.wait()
    yield server
    server.stop()


def kill(server: Server) -> None:
    assert server.child is not None
    server.child.kill()
    server.child.wait()


def test_sales_go_on_when_redis_is_killed_and_return_to_it(server: Server) -> None:
    limiter = Limiter(server.cache_url, breaker=Breaker(rest=0.3))
    principal = f"test:{uuid.uuid4()}"
    assert not limiter.check(principal, LIMITS).degraded

    kill(server)
    answers = [limiter.check(principal, LIMITS, watch="gate") for _ in range(300)]
    assert [answer.allowed for answer in answers] == [True] * 200 + [False] * 100
    assert all(answer.degraded and answer.generation is None for answer in answers)
    assert 1 <= answers[-1].retry_after <= 61
    assert limiter.bump("gate") is None

    server.start()
    server.wait()
    time.sleep(0.31)
    back = limiter.check(principal, LIMITS, watch="gate")
    assert (back.degraded, back.remaining, back.generation) == (False, 4999, 0)


def test_log_in_and_coupons_fail_closed_while_redis_is_away(server: Server) -> None:
    limiter = Limiter(server.cache_url, breaker=Breaker(rest=0.3))
    limiter.require_available()
    kill(server)

    with pytest.raises(LimiterUnavailable) as failure:
        limiter.check("test:coupon", LIMITS, fail_closed=True)
    assert (failure.value.code, failure.value.status) == ("TEMPORARILY_UNAVAILABLE", 503)
    assert failure.value.retry_after == 1
    with pytest.raises(LimiterUnavailable):
        limiter.require_available()


def test_a_redis_that_hangs_costs_one_time_limit_and_then_nothing(server: Server) -> None:
    limiter = Limiter(server.cache_url)
    limiter.check("test:hang", LIMITS)
    limiter.link.client.execute_command("CLIENT", "PAUSE", "8000")

    started = time.perf_counter()
    assert limiter.check("test:hang", LIMITS).degraded
    assert 0.15 < time.perf_counter() - started < 4

    started = time.perf_counter()
    assert all(limiter.check("test:hang", LIMITS).degraded for _ in range(199))
    assert time.perf_counter() - started < 4


def test_a_restart_between_two_calls_is_not_an_outage(server: Server) -> None:
    limiter = Limiter(server.cache_url)
    limiter.check("test:restart", LIMITS)
    kill(server)
    server.start()
    server.wait()

    assert not limiter.check("test:restart", LIMITS).degraded


def test_there_is_always_one_more_line_for_another_thread_and_after_another_outage(server: Server) -> None:
    limiter = Limiter(server.cache_url)
    most = limiter.link.client.connection_pool.max_connections

    def ask() -> None:
        assert not limiter.check("test:lines", LIMITS).degraded

    for _ in range(most // 2 + 1):
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
        limiter.link._drop()
        ask()
    assert limiter.bump("gate") is not None
    assert not limiter.breaker.is_open


def test_a_refusal_of_redis_itself_counts_as_an_outage(server: Server) -> None:
    limiter = Limiter(server.cache_url)
    limiter.check("test:full", LIMITS)
    limiter.link.client.config_set("maxmemory", "1")

    assert limiter.check("test:full", LIMITS).degraded


def test_an_open_breaker_lets_one_call_try_after_its_rest() -> None:
    breaker = Breaker(rest=0.05)
    assert not breaker.is_open
    breaker.failed("test")
    assert breaker.is_open
    time.sleep(0.06)
    assert [breaker.is_open, breaker.is_open] == [False, True]
    breaker.succeeded()
    assert not breaker.is_open


def test_the_limiter_of_the_process_slides_too() -> None:
    limiter = Limiter("unix:///nonexistent/valkey.sock", breaker=Breaker(rest=60))
    edge = 1_795_000_020.0
    passed = [
        moment for moment in [edge - 1] * 250 + [edge + 1] * 250 if limiter.check("a", LIMITS, now=moment).allowed
    ]
    refused = limiter.check("a", LIMITS, now=edge + 1)

    assert len(passed) == 200
    assert limiter.check("a", LIMITS, now=edge + 1 + refused.retry_after).allowed
