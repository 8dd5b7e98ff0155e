"""Files from addresses that strangers choose: nothing closed is ever reached, and nobody holds us up (promise F4)."""

import gzip
import os
import socket
import ssl
import subprocess
import time
import zlib
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from loyalty.outbound import connecting
from loyalty.outbound.addresses import is_public
from loyalty.outbound.allowance import configured_allowance
from loyalty.outbound.fetching import Limits, fetch, unpacked
from loyalty.outbound.targets import NO_ALLOWANCE, Allowance, OutboundRefusedError, read_target
from loyalty.outbound.tests.servers import plain, serving

CLOSED = [
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1"),
    *("127.255.255.254", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1"),
    *("192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.255"),
    *("240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::a9fe:a9fe", "64:ff9b::808:808"),
    *("64:ff9b:1::1", "100::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:10::1", "2001:20::1"),
    *("2001:db8::1", "2002:7f00:1::", "2002:808:808::1", "3fff::1", "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1"),
    *("fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1", "4000::1", "not an address", "", "1.2.3", "0x7f.0.0.1"),
]
OPEN = ["8.8.8.8", "1.1.1.1", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450:4001::1"]
# Each has to be refused before any socket is opened. Names lead, by the resolver below, to a closed address.
HOSTILE = [
    *(f"http://{address}/" for address in CLOSED[:23]),
    *(f"http://[{address}]/" for address in CLOSED[23:46] if "%" not in address),
    *("http://127.1/", "http://127.0.1/", "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/"),
    *("http://0x7f.0x0.0x0.0x1/", "http://017700000001/", "http://127.0.0.1./", "http://127.0.0.0x1/", "http://0/"),
    *("http://1.1.1.1.1/", "http://256.1.1.1/", "http://08.8.8.8/", "http://8.8.8.08/", "http://foo.0x1/"),
    *(
        "http://\uff11\uff12\uff17.\uff10.\uff10.\uff11/",
        "http://\u2460\u2461\u2466.\u24ea.\u24ea.\u2460/",
        "http://\uff4cocalhost/",
        "http://127\u30020\u30020\u30021/",
    ),
    *("http://localhost/", "http://LOCALHOST/", "http://localhost./", "http://intranet/", "http://printer.local/"),
    *("http://metadata.google.internal/", "http://rebind.example/", "http://mixed.example/", "http://nat64.example/"),
    *("http://user@8.8.8.8/", "http://user:pw@shop.example/", "http://shop.example@127.0.0.1/", "http://@8.8.8.8/"),
    *("http://8.8.8.8:22/", "http://8.8.8.8:8080/", "http://shop.example:6379/", "http://8.8.8.8:0/"),
    *("http://8.8.8.8:65536/", "http://8.8.8.8:-80/", "http://8.8.8.8:\uff18\uff10/", "http://8.8.8.8:80a/"),
    *("ftp://8.8.8.8/", "file:///etc/passwd", "gopher://8.8.8.8/", "//8.8.8.8/", "javascript:alert(1)", "data:,x"),
    *("8.8.8.8", "http:", "http:/8.8.8.8/", "http:///8.8.8.8", "https://", "HTTP//8.8.8.8", ""),
    *("http://8.8.8.8\\@127.0.0.1/", "http://8.8.8.8 /", "http://8.8.8.8/\r\nHost: x", "http://8.8.8.8/\t"),
    *("http://8.8.8.8/\x00", "http://[::1", "http://::1/", "http://[8.8.8.8]/", "http://[fe80::1%25eth0]/"),
    *("http://[::ffff:7f00:1]/", "http://[0:0:0:0:0:ffff:127.0.0.1]/", "http://a..b/", "http://-a.example/"),
    *("http://a_b.example/", "http://" + "a" * 64 + ".example/", "http://" + "a." * 130 + "example/"),
    "http://shop.example/" + "a" * 2_000,
]


def leads(host: str, port: int) -> Sequence[str]:
    """A resolver of the enemy."""
    names = {
        "rebind.example": ["169.254.169.254"],
        "mixed.example": ["8.8.8.8", "10.0.0.1"],
        "nat64.example": ["64:ff9b::a9fe:a9fe"],
    }
    if host in names:
        return names[host]
    if host.replace(".", "").isdigit() or ":" in host:
        return [host]
    return ["127.0.0.1"]


@pytest.fixture
def sockets(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every socket that would have been opened."""
    opened: list[Any] = []

    def refuse(address: Any, *args: Any, **kwargs: Any) -> Any:
        opened.append(address)
        raise OSError

    monkeypatch.setattr(connecting.socket, "create_connection", refuse)
    return opened


def refusal(url: str, **options: Any) -> OutboundRefusedError:
    with pytest.raises(OutboundRefusedError) as caught, fetch(url, **options):
        pass
    assert caught.value.reason in OutboundRefusedError.REASONS
    return caught.value


@pytest.mark.parametrize("address", CLOSED)
def test_a_closed_address_is_known(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", OPEN)
def test_an_open_address_is_known(address: str) -> None:
    assert is_public(address)


def test_there_are_enough_hostile_addresses() -> None:
    assert len(set(HOSTILE)) >= 100


@pytest.mark.parametrize("url", HOSTILE)
def test_a_hostile_address_opens_no_socket(url: str, sockets: list[Any]) -> None:
    refusal(url, resolver=leads)
    assert sockets == []


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("http://shop.example/a?b=c#d", "shop.example", 80, "/a?b=c"),
        ("HTTPS://Shop.Example", "shop.example", 443, "/"),
        ("https://shop.example:80/x", "shop.example", 80, "/x"),
        ("http://xn--uolas-2db.lt./", "xn--uolas-2db.lt", 80, "/"),
        ("http://[2606:4700:0::1111]/", "2606:4700::1111", 80, "/"),
        ("http://8.8.8.8:443/", "8.8.8.8", 443, "/"),
    ],
)
def test_an_ordinary_address_is_read(url: str, host: str, port: int, path: str) -> None:
    target = read_target(url)
    assert (target.host, target.port, target.path) == (host, port, path)


def test_the_socket_goes_to_the_address_that_was_checked_and_the_name_is_asked_for_once(sockets: list[Any]) -> None:
    """Rebinding: the second answer would be closed, but nobody asks a second time."""
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])
    asked: list[str] = []

    def flipping(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return next(answers)

    assert refusal("http://rebind.example/", resolver=flipping).reason == "unreachable"
    assert sockets == [("93.184.216.34", 80)]
    assert asked == ["rebind.example"]


def test_a_name_that_leads_nowhere_or_too_late_is_told_so(sockets: list[Any]) -> None:
    def nowhere(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror

    def slow(host: str, port: int) -> Sequence[str]:
        time.sleep(8)
        return ["8.8.8.8"]

    assert refusal("http://shop.example/", resolver=nowhere).reason == "unknown_host"
    started = time.monotonic()
    assert refusal("http://shop.example/", resolver=slow, limits=Limits(seconds=0.2)).reason == "too_slow"
    assert time.monotonic() - started < 6
    assert sockets == []


# --- with a real server


def test_a_file_is_fetched_with_the_name_that_was_asked_for() -> None:
    with serving(plain(b"<products/>")) as server:
        with fetch(server.url("/a?b=c"), allowance=server.allowance) as file:
            assert file.read() == b"<products/>"
        assert server.asked == [("/a?b=c", f"127.0.0.1:{server.port}")]


def test_loopback_is_closed_without_an_allowance_for_this_very_port() -> None:
    with serving(plain(b"secret")) as server:
        assert refusal(server.url()).reason == "port"
        assert refusal(server.url(), allowance=Allowance(frozenset({server.port + 1}))).reason == "port"
        for host in ("localhost", "127.0.0.2", "[::1]"):
            url = f"http://{host}:{server.port}/"
            assert refusal(url, allowance=server.allowance).reason in {"port", "host"}
        assert server.asked == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    def away(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Location", "http://127.0.0.1/")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with serving(away) as server:
        assert refusal(server.url(), allowance=server.allowance).reason == "redirect"
        assert len(server.asked) == 1


@pytest.mark.parametrize("status", [204, 206, 401, 404, 500])
def test_what_is_no_file_is_refused_without_a_word_of_it(status: int) -> None:
    def no(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status, "SECRET reason")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with serving(no) as server:
        refused = refusal(server.url(), allowance=server.allowance)
    assert (refused.reason, refused.status) == ("status", status)
    assert "SECRET" not in str(refused)


def _endless(piece: bytes, pause: float, headers: bytes) -> Any:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(headers)
        for _ in range(100_000):
            handler.wfile.write(piece)
            handler.wfile.flush()
            if pause:
                time.sleep(pause)

    return drip


@pytest.mark.parametrize(
    ("piece", "headers"),
    [
        (b"x", b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"),
        (b"1\r\nx\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        (b"X", b"HTTP/1.1 200 OK\r\nX: "),
        (b"H", b""),
    ],
)
def test_a_server_that_drips_is_left_in_time(piece: bytes, headers: bytes) -> None:
    with serving(_endless(piece, 0.02, headers)) as server:
        started = time.monotonic()
        limits = Limits(seconds=0.6)
        assert refusal(server.url(), allowance=server.allowance, limits=limits).reason == "too_slow"
        assert time.monotonic() - started < 20


def test_a_server_that_says_nothing_is_left_in_time() -> None:
    with serving(lambda handler: time.sleep(8)) as server:
        started = time.monotonic()
        refused = refusal(server.url(), allowance=server.allowance, limits=Limits(seconds=0.4))
        assert (refused.reason, time.monotonic() - started < 6) == ("too_slow", True)


@pytest.mark.parametrize("told", [True, False])
def test_too_much_is_left_as_soon_as_it_shows(told: bool) -> None:
    length = b"Content-Length: 1000000000\r\n" if told else b"Connection: close\r\n"
    with serving(_endless(b"x" * 65_536, 0, b"HTTP/1.1 200 OK\r\n" + length + b"\r\n")) as server:
        assert refusal(server.url(), allowance=server.allowance, limits=Limits(raw_bytes=200_000)).reason == "too_large"


def test_a_bomb_is_left_as_soon_as_it_shows() -> None:
    bomb = gzip.compress(b"\0" * 30_000_000)
    for headers in ({"Content_Encoding": "gzip"}, {}):
        with serving(plain(bomb, **headers)) as server:
            limits = Limits(unpacked_bytes=1_000_000)
            assert refusal(server.url(), allowance=server.allowance, limits=limits).reason == "too_large"


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (gzip.compress(b"feed" * 50_000), {"Content_Encoding": "gzip"}),
        (gzip.compress(b"feed" * 50_000), {"Content_Encoding": "X-GZip"}),
        (gzip.compress(b"feed" * 50_000), {"Content_Type": "application/gzip"}),
        (zlib.compress(b"feed" * 50_000), {"Content_Encoding": "deflate"}),
        (b"feed" * 50_000, {"Content_Encoding": "identity"}),
    ],
)
def test_a_packed_file_is_unpacked_once(body: bytes, headers: dict[str, str]) -> None:
    with serving(plain(body, **headers)) as server, fetch(server.url(), allowance=server.allowance) as file:
        assert file.read() == b"feed" * 50_000


@pytest.mark.parametrize(
    ("body", "headers", "reason"),
    [
        (b"not gzip at all", {"Content_Encoding": "gzip"}, "encoding"),
        (gzip.compress(b"feed" * 50_000)[:-20], {}, "encoding"),
        (b"x", {"Content_Encoding": "br"}, "encoding"),
        (b"x", {"Content_Length": "5", "Connection": "close"}, "broken"),
    ],
)
def test_a_broken_file_is_refused(body: bytes, headers: dict[str, str], reason: str) -> None:
    def broken(handler: BaseHTTPRequestHandler) -> None:
        plain(body, **headers)(handler)
        handler.close_connection = True

    with serving(broken) as server:
        assert refusal(server.url(), allowance=server.allowance).reason == reason


def test_pieces_of_any_size_make_the_same_file() -> None:
    packed = gzip.compress(os.urandom(200_000) + b"\0" * 200_000)
    whole = gzip.decompress(packed)
    for size in (1_000, 65_536, len(packed)):
        pieces: Iterator[bytes] = (packed[start : start + size] for start in range(0, len(packed), size))
        assert b"".join(unpacked(pieces, most=400_000)) == whole


def test_a_certificate_must_be_known_and_of_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line goes to the checked address, the name goes into the greeting, and is what the certificate must say."""
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=shop.example"]
    command += ["-addext", "subjectAltName=DNS:shop.example", "-keyout", str(key), "-out", str(cert)]
    subprocess.run(command, check=True, capture_output=True)
    greeted: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    context.sni_callback = lambda _socket, name, _context: greeted.append(name)
    real = socket.create_connection
    with serving(plain(b"safe")) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        monkeypatch.setattr(
            connecting.socket, "create_connection", lambda address, **kw: real(("127.0.0.1", server.port), **kw)
        )

        def resolve(host: str, port: int) -> Sequence[str]:
            return ["93.184.216.34"]

        assert refusal("https://shop.example/", resolver=resolve).reason == "certificate"
        trusting = ssl.create_default_context(cafile=str(cert))
        monkeypatch.setattr(connecting.ssl, "create_default_context", lambda: trusting)
        with fetch("https://shop.example/x", resolver=resolve) as file:
            assert file.read() == b"safe"
        assert refusal("https://other.example/", resolver=resolve).reason == "certificate"
        assert server.asked == [("/x", "shop.example")]
        assert greeted[-2:] == ["shop.example", "other.example"]


@pytest.mark.parametrize(
    ("debug", "named", "ports"),
    [
        (True, "8123", {8123}),
        (True, "8123, 8124", {8123, 8124}),
        (True, "", set()),
        (True, "nonsense", set()),
        (False, "8123", set()),
    ],
)
def test_an_allowance_is_for_development_only(
    debug: bool, named: str, ports: set[int], monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.DEBUG = debug
    monkeypatch.setenv("OUTBOUND_LOOPBACK_PORTS", named)
    assert configured_allowance() == Allowance(frozenset(ports))
    assert bool(ports) is (configured_allowance() != NO_ALLOWANCE)
