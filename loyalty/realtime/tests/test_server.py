"""The server as clients meet it: a process, sockets, Redis between it and those who publish."""

import json
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from loyalty.limits.limiter import Limiter, default_limiter
from loyalty.realtime import publish
from loyalty.realtime.channels import place
from loyalty.realtime.publish import publish_after_commit
from loyalty.realtime.tests.live import Realtime, running
from loyalty.run import binaries
from loyalty.run.valkey import Server as Valkey

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]


def fresh(kind: str = "qr-card") -> str:
    return f"{kind}.{uuid.uuid4()}"


def hear(client: ClientConnection, seconds: float = 5) -> tuple[str, Any]:
    """The next frame: event and data, which is a JSON text in the JSON."""
    frame = json.loads(client.recv(timeout=seconds))
    assert isinstance(frame["data"], str)
    return frame["event"], json.loads(frame["data"])


def say(client: ClientConnection, event: str, **data: Any) -> None:
    client.send(json.dumps({"event": event, "data": data}))


def listen(client: ClientConnection, channel: str) -> None:
    """Read the greeting, subscribe, read the acknowledgement."""
    assert hear(client)[0] == "pusher:connection_established"
    say(client, "pusher:subscribe", channel=channel)
    frame = json.loads(client.recv(timeout=30))
    assert frame == {"event": "pusher_internal:subscription_succeeded", "data": "{}", "channel": channel}


def is_silent(client: ClientConnection, seconds: float = 0.3) -> bool:
    try:
        client.recv(timeout=seconds)
    except TimeoutError:
        return True
    return False


def closing(client: ClientConnection) -> int:
    """The code with which the server closes."""
    with suppress(ConnectionClosed):
        while True:
            client.recv(timeout=30)
    assert client.protocol.close_rcvd is not None
    return client.protocol.close_rcvd.code


# --- Greeting


def test_the_first_frame_names_the_socket(realtime: Realtime) -> None:
    with realtime.open() as one, realtime.open() as other:
        event, data = hear(one)
        assert event == "pusher:connection_established"
        assert data["activity_timeout"] == 120
        first, _, second = data["socket_id"].partition(".")
        assert first.isdigit()
        assert second.isdigit()
        assert hear(other)[1]["socket_id"] != data["socket_id"]


def test_another_key_is_told_to_stay_away(realtime: Realtime) -> None:
    for path in ("/app/other?protocol=7", "/app/?protocol=7", "/", "/app/test-key/x"):
        with realtime.open(f"ws://127.0.0.1:{realtime.port}{path}") as client:
            assert hear(client) == ("pusher:error", {"code": 4001, "message": "There is no app with this key."})
            assert closing(client) == 4001


def test_another_protocol_is_refused_and_none_is_taken_for_ours(realtime: Realtime) -> None:
    plain = realtime.url.partition("?")[0]
    with realtime.open(f"{plain}?protocol=9") as client:
        assert hear(client)[1]["code"] == 4007
        assert closing(client) == 4007
    with realtime.open(plain) as client:
        assert hear(client)[0] == "pusher:connection_established"


# --- Subscribing


def test_an_event_reaches_its_channel_and_no_other(realtime: Realtime) -> None:
    channel, other = fresh(), fresh("qr-login")
    with realtime.open() as client, realtime.open() as stranger:
        listen(client, channel)
        listen(stranger, other)
        publish_after_commit(channel, "card_identified", {"status": "authenticated", "name": "Ąžuolas"})
        frame = json.loads(client.recv(timeout=30))
        assert (frame["event"], frame["channel"]) == ("card_identified", channel)
        assert json.loads(frame["data"]) == {"status": "authenticated", "name": "Ąžuolas"}
        assert is_silent(stranger)


def test_who_comes_late_is_told_the_last_state_and_nobody_anything_twice(realtime: Realtime) -> None:
    channel = fresh("qr-login")
    publish_after_commit(channel, "status_update", {"status": "scanned"})
    publish_after_commit(channel, "status_update", {"status": "authenticated"})
    with realtime.open() as first, realtime.open() as second:
        listen(first, channel)
        assert hear(first) == ("status_update", {"status": "authenticated"})
        listen(second, channel)
        assert hear(second) == ("status_update", {"status": "authenticated"})
        assert is_silent(first)
        say(first, "pusher:subscribe", channel=channel)
        assert hear(first)[0] == "pusher_internal:subscription_succeeded"
        assert hear(first) == ("status_update", {"status": "authenticated"})
        assert is_silent(second)


def test_subscribing_while_it_is_said_loses_nothing(realtime: Realtime) -> None:
    """The gap between the subscription and the fetching of the last state, a hundred times."""
    with ExitStack() as stack:
        clients = [stack.enter_context(realtime.open()) for _ in range(100)]
        channels = [fresh() for _ in clients]
        for client, channel in zip(clients, channels, strict=True):
            say(client, "pusher:subscribe", channel=channel)
            publish_after_commit(channel, "card_identified", {"channel": channel})
        for client, channel in zip(clients, channels, strict=True):
            assert [hear(client)[0] for _ in range(2)][1] == "pusher_internal:subscription_succeeded"
            assert hear(client) == ("card_identified", {"channel": channel})
            assert is_silent(client, 0.005)


def test_sockets_share_one_subscription_that_ends_with_the_last_of_them(realtime: Realtime) -> None:
    channel, client = fresh(), default_limiter().link.client

    def subscriptions() -> int:
        ((_name, count),) = client.pubsub_numsub(place(channel))
        return count

    with realtime.open() as one:
        with realtime.open() as other:
            listen(one, channel)
            listen(other, channel)
            publish_after_commit(channel, "card_identified", {"n": 1})
            assert hear(one) == hear(other) == ("card_identified", {"n": 1})
            assert subscriptions() == 1
        say(one, "pusher:unsubscribe", channel=channel)
        deadline = time.monotonic() + 60
        while subscriptions():
            assert time.monotonic() < deadline
        publish_after_commit(channel, "card_identified", {"n": 2})
        assert is_silent(one)
        say(one, "pusher:subscribe", channel=channel)
        assert hear(one)[0] == "pusher_internal:subscription_succeeded"
        assert hear(one) == ("card_identified", {"n": 2})


@pytest.mark.parametrize(
    ("channel", "message"),
    [
        ("private-qr-card.5f0a2c1e-8b7d-4c3a-9e6f-1a2b3c4d5e6f", "There are no private or presence channels here."),
        ("presence-room", "There are no private or presence channels here."),
        ("qr-card.1", "There is no such channel."),
        ("qr-card.*", "There is no such channel."),
        ("qr-card:5f0a2c1e-8b7d-4c3a-9e6f-1a2b3c4d5e6f", "There is no such channel."),
        ("qr-other.5f0a2c1e-8b7d-4c3a-9e6f-1a2b3c4d5e6f", "There is no such channel."),
        ("", "There is no such channel."),
        ("x" * 3000, "There is no such channel."),
    ],
)
def test_only_known_channels_can_be_listened_on(realtime: Realtime, channel: str, message: str) -> None:
    with realtime.open() as client:
        hear(client)
        say(client, "pusher:subscribe", channel=channel)
        assert hear(client) == ("pusher:error", {"code": 4009, "message": message})
        say(client, "pusher:ping")
        assert hear(client) == ("pusher:pong", {})


def test_a_socket_listens_on_fifty_channels_at_most(realtime: Realtime) -> None:
    with realtime.open() as client:
        hear(client)
        for _ in range(50):
            say(client, "pusher:subscribe", channel=fresh())
            assert hear(client)[0] == "pusher_internal:subscription_succeeded"
        say(client, "pusher:subscribe", channel=fresh())
        assert hear(client) == ("pusher:error", {"code": 4100, "message": "A socket may listen on 50 channels."})


def test_who_leaves_and_comes_back_at_once_is_told_the_last_state(realtime: Realtime) -> None:
    for _ in range(20):
        channel = fresh()
        publish_after_commit(channel, "card_identified", {"n": 1})
        with realtime.open() as client:
            listen(client, channel)
            assert hear(client) == ("card_identified", {"n": 1})
            # In one packet, so that the server reads both before it turns to Redis.
            client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
            say(client, "pusher:unsubscribe", channel=channel)
            say(client, "pusher:subscribe", channel=channel)
            client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)
            assert hear(client)[0] == "pusher_internal:subscription_succeeded"
            assert hear(client) == ("card_identified", {"n": 1})


# --- What clients may not say


def test_clients_cannot_speak_to_each_other(realtime: Realtime) -> None:
    channel = fresh()
    with realtime.open() as victim, realtime.open() as forger:
        listen(victim, channel)
        listen(forger, channel)
        for event in ("client-card_identified", "card_identified", "pusher_internal:subscription_succeeded"):
            forger.send(json.dumps({"event": event, "channel": channel, "data": '{"status":"authenticated"}'}))
            name, data = hear(forger)
            assert name == "pusher:error"
            assert data["code"] == (4301 if event.startswith("client-") else None)
        assert is_silent(victim)


@pytest.mark.parametrize(
    "text", ["", "no json", "[1]", "null", "{}", '{"event":1}', '{"event":"pusher:subscribe"}', "[" * 2000]
)
def test_what_is_not_understood_is_answered_and_the_socket_lives_on(realtime: Realtime, text: str) -> None:
    with realtime.open() as client:
        hear(client)
        client.send(text)
        name, data = hear(client)
        assert name == "pusher:error"
        assert data["message"]
        say(client, "pusher:ping")
        assert hear(client) == ("pusher:pong", {})


def test_binary_and_oversized_frames_end_the_socket(realtime: Realtime) -> None:
    with realtime.open() as client:
        hear(client)
        client.send(b"\x00\x01")
        assert hear(client)[0] == "pusher:error"
        assert closing(client) == 1003
    before = realtime.memory()
    with realtime.open() as client:
        hear(client)
        with suppress(ConnectionClosed):
            client.send("x" * 20_000_000)
        assert closing(client) == 1009
    assert realtime.memory() - before < 5


def test_who_says_too_much_is_sent_away_for_a_while(realtime: Realtime) -> None:
    with realtime.open() as client:
        hear(client)
        with suppress(ConnectionClosed):
            for _ in range(80):
                say(client, "pusher:ping")
        assert closing(client) == 4100


def test_who_does_not_read_is_let_go_and_holds_nobody_up(realtime: Realtime) -> None:
    channel = fresh()
    with realtime.raw() as deaf, realtime.open() as client:
        key = "dGhlIHNhbXBsZSBub25jZQ=="
        deaf.sendall(
            f"GET /app/test-key HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        text = json.dumps({"event": "pusher:subscribe", "data": {"channel": channel}}).encode()
        size = len(text).to_bytes(2)
        deaf.sendall(b"\x81\xfe" + size + b"\0\0\0\0" + text)
        listen(client, channel)
        realtime.wait_for(channels=1)
        for number in range(200):
            publish_after_commit(channel, "card_identified", {"number": number, "text": "x" * 60_000})
            assert hear(client)[1]["number"] == number
        say(client, "pusher:ping")
        assert hear(client) == ("pusher:pong", {})
        realtime.wait_for(sockets=1)


# --- Staying


def test_websocket_pings_are_answered_and_pusher_pongs_not_needed(realtime: Realtime) -> None:
    with realtime.open() as client:
        hear(client)
        assert client.ping(b"here?").wait(60)
        say(client, "pusher:pong")
        say(client, "pusher:ping")
        assert hear(client) == ("pusher:pong", {})


@pytest.mark.slow
def test_a_silent_socket_is_spoken_to_before_the_sdk_loses_patience(realtime: Realtime) -> None:
    with realtime.open() as client:
        hear(client)
        for _ in range(3):
            began = time.monotonic()
            assert hear(client, 30) == ("pusher:ping", {})
            assert 20 < time.monotonic() - began < 28


def test_ordinary_requests_are_answered(realtime: Realtime) -> None:
    assert realtime.health()["status"] == "ok"
    assert realtime.request("HEAD /health HTTP/1.1\r\n\r\n") == (200, b"")
    assert realtime.request("POST /health HTTP/1.1\r\n\r\n")[0] == 405
    status, body = realtime.request("GET /app/test-key HTTP/1.1\r\n\r\n")
    assert (status, json.loads(body)["code"]) == (404, "ENDPOINT_NOT_FOUND")
    assert realtime.request("nonsense\r\n\r\n")[0] == 400
    assert realtime.request("GET / HTTP/1.1\r\nx: " + "y" * 9000)[0] == 400
    upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n"
    assert realtime.request(f"GET /app/test-key HTTP/1.1\r\n{upgrade}\r\n")[0] == 426
    version = "Sec-WebSocket-Version: 13\r\n"
    assert realtime.request(f"GET /app/test-key HTTP/1.1\r\n{upgrade}{version}Sec-WebSocket-Key: x\r\n\r\n")[0] == 400


# --- Coming and going


def test_being_stopped_it_sends_everybody_to_its_successor() -> None:
    with running(settings.REDIS_URL) as server, ExitStack() as stack:
        clients = [stack.enter_context(server.open()) for _ in range(20)]
        for client in clients:
            hear(client)
        began = time.monotonic()
        server.process.terminate()
        assert [closing(client) for client in clients] == [4200] * 20
        assert server.process.wait(timeout=10) == 0
        assert time.monotonic() - began < 9


def test_being_stopped_it_does_not_wait_for_who_does_not_answer() -> None:
    with running(settings.REDIS_URL) as server, server.raw() as mute:
        mute.sendall(b"GET /app/test-key HTTP/1.1\r\n")
        time.sleep(0.2)
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 8


@pytest.fixture
def valkey(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    """A Redis that may be killed."""
    sockets = tmp_path_factory.mktemp("s")
    server = Valkey(binaries.find_valkey(), tmp_path / "data", sockets, tmp_path / "log", throw_away=True)
    server.start()
    server.wait()
    yield server
    server.stop()


def test_redis_may_come_and_go(valkey: Valkey, monkeypatch: pytest.MonkeyPatch) -> None:
    limiter = Limiter(valkey.cache_url)
    monkeypatch.setattr(publish, "default_limiter", lambda: limiter)
    old, new = fresh(), fresh()
    with running(valkey.cache_url) as server, server.open() as early, server.open() as late:
        listen(early, old)
        publish_after_commit(old, "card_identified", {"n": 1})
        assert hear(early) == ("card_identified", {"n": 1})

        valkey.child.kill()
        valkey.child.wait()
        server.wait_for(status="degraded")
        listen(late, new)
        valkey.start()
        valkey.wait()
        server.wait_for(status="ok")

        limiter.breaker.succeeded()
        publish_after_commit(old, "card_identified", {"n": 2})
        publish_after_commit(new, "card_identified", {"n": 3})
        assert hear(early) == ("card_identified", {"n": 2})
        assert hear(late) == ("card_identified", {"n": 3})


# --- Many


def held(server: Realtime, count: int) -> float:
    """Megabytes that the server holds while `count` sockets listen, each of which was told something."""
    with ExitStack() as stack:
        clients = [stack.enter_context(server.open()) for _ in range(count)]
        channels = [fresh() for _ in clients]
        for client, channel in zip(clients, channels, strict=True):
            listen(client, channel)
        server.wait_for(sockets=count, channels=count)
        for channel in channels:
            publish_after_commit(channel, "card_identified", {"channel": channel, "text": "x" * 1000})
        for client, channel in zip(clients, channels, strict=True):
            assert hear(client, 30)[1]["channel"] == channel
        memory = server.memory()
    server.wait_for(sockets=0, channels=0)
    return memory


def test_it_holds_a_hundred_sockets(realtime: Realtime) -> None:
    assert held(realtime, 100) < 150


@pytest.mark.slow
def test_it_holds_two_thousand_sockets_in_three_hundred_megabytes() -> None:
    with running(settings.REDIS_URL) as server:
        assert held(server, 2000) <= 300
