"""Both ways to a provider, with a real server at the other end."""

import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from loyalty.outbound.tests.servers import FeedServer, serving
from messaging.errors import SmsSendFailed
from messaging.gateways.base import Connection, Notice, Outgoing, SmsNotTakenError, SmsRefusedError
from messaging.gateways.http import HttpGateway
from messaging.gateways.smpp import SmppGateway
from messaging.rules.sms import gsm_octets
from messaging.tests.smpp_server import Smsc, deliver, receipt, smsc

MESSAGE = Outgoing("sms-17", "Coffee", "+37060000001", "Hello", minutes=90, receipt_url="https://we.example/en/r/1")


@pytest.fixture
def reach(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Any:
    """Lets a port of loopback be reached."""
    settings.DEBUG = True
    return lambda port: monkeypatch.setenv("OUTBOUND_LOOPBACK_PORTS", str(port))


# --- HTTP


def answering(*answers: tuple[int, Any]) -> Any:
    left = list(answers)

    def answer(handler: BaseHTTPRequestHandler) -> None:
        status, body = left.pop(0) if len(left) > 1 else left[0]
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(raw)))
        handler.end_headers()
        handler.wfile.write(raw)

    return answer


def http(server: FeedServer, **options: Any) -> HttpGateway:
    return HttpGateway(
        Connection(base_url=server.url("/lt"), username="lty_key", password="secret", connection_timeout=1, **options)
    )


def test_http_sends_what_the_contract_says_and_learns_the_providers_id(reach: Any) -> None:
    with serving(answering((200, {"success": True, "data": {"message_id": "P-1"}}))) as server:
        reach(server.port)
        assert http(server).send(MESSAGE) == "P-1"
        assert server.asked[0][0] == "/lt/sms/send"
        headers, body = server.told[0]
        assert json.loads(body) == {
            "source": "Coffee",
            "destination": "+37060000001",
            "message": "Hello",
            "validityMinutes": 90,
            "receipt": True,
            "receiptURL": "https://we.example/en/r/1",
        }
        assert (headers["X-API-Key"], headers["X-API-Secret"]) == ("lty_key", "secret")
        assert headers["Idempotency-Key"] == "sms-17"


def test_http_asks_for_no_receipt_that_cannot_reach_us(reach: Any) -> None:
    with serving(answering((200, {"data": {"message_id": 7}}))) as server:
        reach(server.port)
        assert http(server).send(Outgoing("sms-1", "C", "+37060000001", "x", receipt_url="http://127.0.0.1/r")) == "7"
        assert "receipt" not in json.loads(server.told[0][1])


@pytest.mark.parametrize(
    ("status", "body", "error", "said"),
    [
        (422, {"code": 2002, "message": "secret detail"}, SmsRefusedError, "refused: 2002"),
        (422, {"code": "VALIDATION_ERROR"}, SmsRefusedError, "refused: VALIDATION_ERROR"),
        (400, b"<html>secret detail</html>", SmsRefusedError, "refused: status 400"),
        (401, {"code": 1001}, SmsNotTakenError, "status 401"),
        (402, {"code": 1002}, SmsNotTakenError, "status 402"),
        (429, {"code": 1003}, SmsNotTakenError, "status 429"),
        (302, b"", SmsNotTakenError, "status 302"),
    ],
)
def test_http_tells_a_final_refusal_from_one_that_can_be_mended(
    reach: Any, status: int, body: Any, error: type[Exception], said: str
) -> None:
    with serving(answering((status, body))) as server:
        reach(server.port)
        with pytest.raises(error) as refusal:
            http(server).send(MESSAGE)
    shown = getattr(refusal.value, "reason", None) or str(refusal.value)
    assert shown == said


@pytest.mark.parametrize("answers", [((500, b"oops"),), ((503, {}),)])
def test_after_a_5xx_nobody_knows_whether_it_went_out(reach: Any, answers: Any) -> None:
    with serving(answering(*answers)) as server:
        reach(server.port)
        with pytest.raises(SmsSendFailed) as failure:
            http(server).send(MESSAGE)
    assert not isinstance(failure.value, SmsNotTakenError)


def test_http_waits_no_longer_than_its_limit(reach: Any) -> None:
    with serving(lambda _handler: time.sleep(8)) as server:
        reach(server.port)
        began = time.monotonic()
        with pytest.raises(SmsSendFailed) as failure:
            http(server).send(MESSAGE)
        assert time.monotonic() - began < 6
        gone = http(server)
    assert not isinstance(failure.value, SmsNotTakenError)
    with pytest.raises(SmsNotTakenError) as unreachable:
        gone.send(MESSAGE)
    assert unreachable.value.reason == "unreachable"


@pytest.mark.parametrize("url", ["https://127.0.0.1", "https://10.0.0.1", "https://localhost", "http://[::1]"])
def test_http_never_reaches_inside(url: str) -> None:
    with pytest.raises(SmsNotTakenError):
        HttpGateway(Connection(base_url=url, username="k", password="s")).send(MESSAGE)


@pytest.mark.parametrize(
    ("status", "result"), [(404, ""), (200, ""), (401, "credentials"), (403, "credentials"), (500, "status 500")]
)
def test_http_is_tried_without_sending(reach: Any, status: int, result: str) -> None:
    with serving(answering((status, {"message": "secret detail"}))) as server:
        reach(server.port)
        assert http(server).test() == result
        assert server.told == []


# --- SMPP


@pytest.fixture
def server(reach: Any) -> Iterator[Smsc]:
    with smsc() as state:
        reach(state.port)
        yield state


def line(state: Smsc, hear: Any = lambda _notice: True, **options: Any) -> SmppGateway:
    wanted = {"username": "coffee", "password": "secret", "connection_timeout": 2, "bind_timeout": 1, **options}
    return SmppGateway(Connection(host="127.0.0.1", port=state.port, **wanted), hear)


def test_smpp_binds_once_sends_and_says_goodbye(server: Smsc) -> None:
    with line(server) as gateway:
        assert [gateway.send(MESSAGE), gateway.send(MESSAGE)] == ["m-1", "m-2"]
    assert server.binds == [("coffee", "secret")]
    sent = server.submitted[0]
    assert (sent.source, sent.destination, sent.octets, sent.coding) == ("Coffee", "37060000001", b"Hello", 0)
    assert (sent.registered & 3, sent.validity, sent.is_payload) == (1, "000000013000000R", False)
    deadline = time.monotonic() + 60
    while server.open_lines and time.monotonic() < deadline:
        time.sleep(0.02)
    assert server.open_lines == 0


@pytest.mark.parametrize(
    ("text", "coding", "octets", "is_payload"),
    [
        ("@£ €[x]", 0, b"\x00\x01\x20\x1b\x65\x1b\x3cx\x1b\x3e", False),
        ("§ÑÜ", 0, b"\x5f\x5d\x5e", False),
        ("ąž", 8, "ąž".encode("utf-16-be"), False),
        ("😀", 8, "😀".encode("utf-16-be"), False),
        ("a" * 160, 0, b"a" * 160, False),
        ("a" * 161, 0, b"a" * 161, True),
        ("ą" * 71, 8, ("ą" * 71).encode("utf-16-be"), True),
        ("x" * 1600, 0, b"x" * 1600, True),
    ],
)
def test_smpp_carries_every_letter_and_a_long_text_whole(
    server: Smsc, text: str, coding: int, octets: bytes, is_payload: bool
) -> None:
    with line(server) as gateway:
        gateway.send(Outgoing("sms-1", "Coffee", "+37060000001", text))
    sent = server.submitted[0]
    assert (sent.coding, sent.octets, sent.is_payload) == (coding, octets, is_payload)


def test_the_old_alphabet_has_a_place_for_each_letter() -> None:
    assert gsm_octets("@\n\rΞ Æ!0A¡ZÄ§¿aà") == bytes(
        [0x00, 0x0A, 0x0D, 0x1A, 0x20, 0x1C, 0x21, 0x30, 0x41, 0x40, 0x5A, 0x5B, 0x5F, 0x60, 0x61, 0x7F]
    )


@pytest.mark.parametrize(
    ("status", "error", "said"),
    [
        (0x58, SmsNotTakenError, "smpp 0x58"),
        (0x14, SmsNotTakenError, "smpp 0x14"),
        (0x0B, SmsRefusedError, "refused: smpp 0xb"),
    ],
)
def test_smpp_tells_a_busy_provider_from_a_message_it_will_not_take(
    server: Smsc, status: int, error: type[Exception], said: str
) -> None:
    server.statuses.append(status)
    with line(server) as gateway:
        with pytest.raises(error) as refusal:
            gateway.send(MESSAGE)
        assert (getattr(refusal.value, "reason", None) or str(refusal.value)) == said
        assert gateway.send(MESSAGE) == "m-1"  # on the same line
    assert len(server.binds) == 1


def test_smpp_that_is_cut_off_after_the_submit_leaves_it_open_and_binds_anew(server: Smsc) -> None:
    server.drops_after_submit = True
    with line(server) as gateway:
        with pytest.raises(SmsSendFailed) as failure:
            gateway.send(MESSAGE)
        assert not isinstance(failure.value, SmsNotTakenError)
        server.drops_after_submit = False
        assert gateway.send(MESSAGE) == "m-2"
    assert len(server.binds) == 2


@pytest.mark.parametrize(
    ("options", "password", "reason"),
    [
        ({}, "wrong", "credentials"),
        ({"silent_bind": True}, "secret", "bind too slow"),
        ({"drip": True}, "secret", "bind too slow"),
    ],
)
def test_smpp_that_cannot_log_in_says_why_in_time(reach: Any, options: Any, password: str, reason: str) -> None:
    with smsc(**options) as state:
        reach(state.port)
        gateway = line(state, password=password)
        began = time.monotonic()
        assert gateway.test() == reason
        assert time.monotonic() - began < 6
        with pytest.raises(SmsNotTakenError):
            gateway.send(MESSAGE)
        assert state.submitted == []


def test_smpp_is_tried_without_sending(server: Smsc) -> None:
    assert line(server).test() == ""
    assert (len(server.binds), server.submitted) == (1, [])


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "localhost", "::1"])
def test_smpp_never_reaches_inside(host: str) -> None:
    gateway = SmppGateway(Connection(host=host, port=2775, username="u", password="p", connection_timeout=1))
    assert gateway.test() in {"not_public", "host"}


# --- What the provider says


def hearing(server: Smsc, answers: Any = lambda _notice: True, seconds: float = 1.0) -> list[Notice]:
    heard: list[Notice] = []

    def hear(notice: Notice) -> bool:
        heard.append(notice)
        return bool(answers(notice))

    with line(server, hear) as gateway:
        gateway.listen(seconds)
    return heard


@pytest.mark.parametrize(
    ("state", "error", "status", "shown"),
    [
        ("DELIVRD", "000", "delivered", "DELIVRD 000"),
        ("UNDELIV", "001", "undeliverable", "UNDELIV 001"),
        ("EXPIRED", "", "expired", "EXPIRED"),
        ("REJECTD", "<b>", "failed", "REJECTD"),
        ("ENROUTE", "000", "", ""),
        ("NONSENSE", "000", "", ""),
    ],
)
def test_a_receipt_is_read_and_acknowledged(server: Smsc, state: str, error: str, status: str, shown: str) -> None:
    server.outbox.append(receipt("abc-1", state, error))
    heard = hearing(server)
    assert [(one.external_id, one.status, one.error) for one in heard] == [("abc-1", status, shown)]
    assert server.acknowledged == [0]


def test_a_receipt_that_is_not_noted_is_asked_for_again(server: Smsc) -> None:
    server.outbox.append(receipt("abc-1"))
    answers = iter([False, True])
    heard = hearing(server, lambda _notice: next(answers), 2.0)
    assert len(heard) == 2
    assert (server.acknowledged, server.outbox) == ([0x64, 0], [])


def test_a_receipt_may_be_in_its_optional_parts_only(server: Smsc) -> None:
    extra = b"\x00\x1e\x00\x06abc-2\0" + b"\x04\x27\x00\x01\x02"
    server.outbox.append(deliver(2000, b"", extra=extra))
    assert [(one.external_id, one.status) for one in hearing(server)] == [("abc-2", "delivered")]


def test_a_text_that_somebody_wrote_is_told_with_its_number(server: Smsc) -> None:
    server.outbox.append(deliver(2000, b"STOP", esm_class=0))
    assert [(one.phone, one.text) for one in hearing(server)] == [("+37060000001", "STOP")]


def test_a_broken_receipt_is_turned_away_and_the_line_goes_on(server: Smsc) -> None:
    broken = deliver(2000, receipt("abc-1"), extra=b"\x13\x83\xff\xff\x00")
    server.outbox += [broken]
    heard: list[Notice] = []
    with line(server, lambda notice: not heard.append(notice)) as gateway:
        gateway.listen(0.5)
        server.outbox.clear()
        assert gateway.send(MESSAGE) == "m-1"
    assert server.acknowledged[0] in {0, 0x65}


def test_receipts_are_heard_while_a_message_is_being_taken(server: Smsc) -> None:
    heard: list[Notice] = []
    server.delay = 0.3
    with line(server, lambda notice: not heard.append(notice)) as gateway:
        gateway.send(MESSAGE)
        server.outbox.append(receipt("m-1"))
        gateway.listen(0.3)
        gateway.send(MESSAGE)
    assert [one.external_id for one in heard] == ["m-1"]
