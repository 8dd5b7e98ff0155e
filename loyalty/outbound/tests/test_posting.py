"""Posting to addresses that strangers choose: guarded like fetching, and nothing of the answer but its status."""

import time
from typing import Any

import pytest

from loyalty.outbound.posting import Reply, post
from loyalty.outbound.targets import OutboundRefusedError
from loyalty.outbound.tests.servers import plain, serving, status
from loyalty.outbound.tests.test_outbound import HOSTILE, _endless, leads, sockets  # noqa: F401 - a fixture


def refusal(url: str, **options: Any) -> str:
    with pytest.raises(OutboundRefusedError) as caught:
        post(url, b"{}", headers={}, **{"seconds": 2, "allows_http": True, **options})
    return caught.value.reason


@pytest.mark.parametrize("url", HOSTILE)
def test_a_hostile_address_opens_no_socket(url: str, sockets: list[Any]) -> None:  # noqa: F811
    refusal(url, resolver=leads)
    assert sockets == []


@pytest.mark.parametrize("code", [200, 204, 302, 404, 410, 500])
def test_the_status_is_told_and_no_redirect_followed(code: int) -> None:
    with serving(status(code, Location="http://127.0.0.1/", Retry_After="7")) as server:
        reply = post(server.url("/hook?a=b"), b'{"a":1}', headers={"X-A": "b"}, seconds=2, **_open(server))
    assert reply == Reply(code, "7")
    ((headers, body),) = server.told
    assert body == b'{"a":1}'
    assert (headers["X-A"], headers["Content-Length"]) == ("b", "7")
    assert server.asked == [("/hook?a=b", f"127.0.0.1:{server.port}")]


def test_the_body_of_an_answer_is_not_waited_for() -> None:
    with serving(_endless(b"x", 0.02, b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")) as server:
        started = time.monotonic()
        assert post(server.url(), b"{}", headers={}, seconds=20, **_open(server)).status == 200
        assert time.monotonic() - started < 15


def test_headers_that_drip_end_with_the_time_limit() -> None:
    with serving(_endless(b"X", 0.02, b"HTTP/1.1 200 OK\r\nX: ")) as server:
        started = time.monotonic()
        assert refusal(server.url(), seconds=0.6, allowance=server.allowance) == "too_slow"
        assert time.monotonic() - started < 20


def test_plain_http_is_refused_unless_it_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(plain(b"")) as server:
        assert refusal(server.url(), allowance=server.allowance, allows_http=False) == "scheme"
        assert server.asked == []


def test_loopback_needs_an_allowance() -> None:
    with serving(plain(b"")) as server:
        assert refusal(server.url()) == "port"
        assert server.asked == []


def test_a_server_that_is_away_is_unreachable() -> None:
    with serving(plain(b"")) as server:
        allowance, url = server.allowance, server.url()
    assert refusal(url, allowance=allowance) == "unreachable"


def _open(server: Any) -> dict[str, Any]:
    return {"allows_http": True, "allowance": server.allowance}
