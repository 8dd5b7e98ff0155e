"""A request to an address that somebody gave us is guarded like a fetch, and says whether it may have arrived."""

import time
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from loyalty.outbound import connecting
from loyalty.outbound.calling import call
from loyalty.outbound.targets import Allowance, OutboundRefusedError, read_host
from loyalty.outbound.tests.servers import plain, serving


def post(url: str, allowance: Allowance, **options: Any) -> Any:
    return call(url, body=b'{"a":1}', headers={"X-One": "1"}, allowance=allowance, **{"seconds": 5.0, **options})


def status(code: int, body: bytes = b"") -> Any:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        handler.send_header("Content-Length", str(len(body)))
        handler.send_header("Location", "http://127.0.0.1/")
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def test_body_and_headers_arrive_and_the_answer_is_told_whatever_its_status() -> None:
    with serving(plain(b'{"ok":true}')) as server:
        answered = post(server.url("/x?y=1"), server.allowance)
        assert (answered.status, answered.body) == (200, b'{"ok":true}')
        assert server.asked == [("/x?y=1", f"127.0.0.1:{server.port}")]
        headers, body = server.told[0]
        assert (headers["X-One"], body) == ("1", b'{"a":1}')
    for code in (302, 404, 503):
        with serving(status(code, b"no")) as server:
            assert post(server.url(), server.allowance).status == code
            assert len(server.asked) == 1


def test_what_never_left_and_what_may_have_arrived_are_told_apart() -> None:
    with serving(lambda _handler: time.sleep(8)) as server:
        began = time.monotonic()
        with pytest.raises(OutboundRefusedError) as slow:
            post(server.url(), server.allowance, seconds=0.5)
        assert time.monotonic() - began < 6
        closed = server.url(), server.allowance
    assert (slow.value.reason, slow.value.has_arrived) == ("too_slow", True)
    with pytest.raises(OutboundRefusedError) as unreachable:
        post(*closed)
    assert (unreachable.value.reason, unreachable.value.has_arrived) == ("unreachable", False)


def test_a_flood_is_cut_off() -> None:
    with serving(plain(b"x" * 70_000)) as server, pytest.raises(OutboundRefusedError, match="too_large"):
        post(server.url(), server.allowance)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "http://localhost/", "https://10.0.0.1/", "http://[::1]/", "ftp://a.example/", "x"]
)
def test_a_closed_address_opens_no_socket(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Any] = []
    monkeypatch.setattr(connecting.socket, "create_connection", lambda *one, **_two: opened.append(one))
    with pytest.raises(OutboundRefusedError):
        call(url, body=b"", headers={}, seconds=2.0, resolver=lambda host, _port: [host])
    assert opened == []


@pytest.mark.parametrize(
    "host",
    [
        "",
        "a b.example",
        "a.example/x",
        "u@a.example",
        "0x7f.1",
        "017700000001",
        "localhost",
        "a..b",
        "[::1",
        "٣.example",
    ],
)
def test_a_host_that_is_none_is_refused(host: str) -> None:
    with pytest.raises(OutboundRefusedError, match="host"):
        read_host(host, 2775)


@pytest.mark.parametrize("port", [0, -1, 65_536])
def test_a_port_that_is_none_is_refused(port: int) -> None:
    with pytest.raises(OutboundRefusedError, match="port"):
        read_host("smpp.example", port)


def test_a_host_keeps_its_name_for_the_certificate_and_any_port() -> None:
    target = read_host("SMPP.Example.", 2775, is_tls=True)
    assert (target.host, target.port, target.is_tls, target.is_allowed) == ("smpp.example", 2775, True, False)
    assert read_host("2606:4700::1111", 2775).host == "2606:4700::1111"
    assert read_host("127.0.0.1", 2775, allowance=Allowance(frozenset({2775}))).is_allowed
