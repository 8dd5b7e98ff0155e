import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.realtime.frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    TEXT,
    FrameError,
    Reader,
    accept,
    build,
    build_close,
    close_code,
    read_head,
)

MASK = b"\x01\x80\xff\x07"


def masked(opcode: int, payload: bytes, *, final: bool = True, first: int | None = None) -> bytes:
    """A frame as a client sends it."""
    whole = build(opcode, payload)
    head, size = whole[0] if final else whole[0] & 0x7F, len(whole) - len(payload)
    covered = bytes(byte ^ MASK[index % 4] for index, byte in enumerate(payload))
    return bytes((head if first is None else first, whole[1] | 0x80)) + whole[2:size] + MASK + covered


def test_the_handshake_of_the_standard() -> None:
    head = read_head(
        b"GET /app/key?protocol=7 HTTP/1.1\r\nHost: x\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13"
    )
    assert (head.path, head.query, head.wants_websocket) == ("/app/key", "protocol=7", True)
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in accept(head)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"GET /",
        b"GET / HTTP/2",
        b"GET http://x/ HTTP/1.1",
        b"GET / HTTP/1.1\r\nno colon",
        b"GET / HTTP/1.1\r\n folded: x",
        b"GET  / HTTP/1.1",
        b"\x16\x03\x01\x02\x00\x01\x00",
    ],
)
def test_what_is_no_request_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        read_head(raw)


@given(st.lists(st.text(max_size=300), max_size=6), st.integers(1, 40), st.data())
def test_messages_survive_any_cutting(texts: list[str], step: int, data: st.DataObject) -> None:
    wire = b""
    for text in texts:
        whole = text.encode()
        cut = data.draw(st.integers(0, len(whole)))
        wire += masked(TEXT, whole[:cut], final=False) + masked(PING, b"between")
        wire += masked(CONTINUATION, whole[cut:])
    reader = Reader(4096)
    heard = [found for start in range(0, len(wire), step) for found in reader.feed(wire[start : start + step])]
    assert heard == [found for text in texts for found in ((PING, b"between"), (TEXT, text.encode()))]


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 4095, 4096])
def test_every_length_that_is_allowed(size: int) -> None:
    assert list(Reader(4096).feed(masked(BINARY, b"x" * size))) == [(BINARY, b"x" * size)]


@pytest.mark.parametrize(
    ("wire", "code"),
    [
        (build(TEXT, b"unmasked"), 1002),
        (masked(TEXT, b"reserved bit", first=0xC1), 1002),
        (masked(TEXT, b"unknown", first=0x83), 1002),
        (masked(CONTINUATION, b"of nothing"), 1002),
        (masked(TEXT, b"a", final=False) + masked(TEXT, b"b"), 1002),
        (masked(PING, b"x" * 126), 1002),
        (masked(PING, b"", final=False), 1002),
        (masked(TEXT, b"x" * 4097), 1009),
        (masked(TEXT, b"x" * 4000, final=False) + masked(CONTINUATION, b"x" * 97), 1009),
        # Judged by its header alone: nothing is held for what will not be taken.
        (b"\x81\xff" + (2**40).to_bytes(8), 1009),
        (b"\x89\xfe", 1002),
        (masked(TEXT, b"\xff\xfe"), 1007),
    ],
)
def test_what_breaks_the_rules_is_refused_with_its_code(wire: bytes, code: int) -> None:
    with pytest.raises(FrameError) as refusal:
        list(Reader(4096).feed(wire))
    assert refusal.value.code == code


def test_close_codes_are_checked_and_sent_back() -> None:
    assert close_code(b"") == 1000
    assert close_code(build_close(4001, "ąž")[2:]) == 4001
    for payload in (
        b"\x03",
        b"\x03\xed",
        b"\x00\x00",
        b"\x13\x88" + b"",
        (1016).to_bytes(2),
        (1000).to_bytes(2) + b"\xff",
    ):
        with pytest.raises(FrameError):
            close_code(payload)
    assert list(Reader(4096).feed(masked(CLOSE, b""))) == [(CLOSE, b"")]
    assert len(build_close(4200, "ą" * 200)) <= 127
