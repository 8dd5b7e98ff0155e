import json
import logging
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from loyalty.limits.connection import Link
from loyalty.limits.limiter import Limiter, default_limiter
from loyalty.models import User
from loyalty.realtime import publish
from loyalty.realtime.channels import is_known, place, seal, unseal
from loyalty.realtime.publish import publish_after_commit

Capture = Callable[..., AbstractContextManager[list[Any]]]


@pytest.fixture
def channel() -> str:
    return f"qr-card.{uuid.uuid4()}"


@pytest.fixture
def listener(channel: str) -> Iterator[Callable[[], list[tuple[int, dict[str, Any]]]]]:
    """What a server hears on the channel from now on: (number, frame)."""
    pubsub = default_limiter().link.client.pubsub()
    pubsub.subscribe(place(channel))
    assert pubsub.get_message(timeout=10)["type"] == "subscribe"

    def heard() -> list[tuple[int, dict[str, Any]]]:
        found = []
        while (message := pubsub.get_message(timeout=0.1)) is not None:
            number, _, sealed = message["data"].partition(b":")
            found.append((int(number), json.loads(unseal(channel, sealed))))
        return found

    yield heard
    pubsub.close()


def kept(channel: str) -> dict[bytes, bytes]:
    return default_limiter().link.client.hgetall(place(channel))


@pytest.mark.django_db(transaction=True)
def test_listeners_are_told_after_the_commit_and_not_before(channel: str, listener: Any) -> None:
    with transaction.atomic():
        publish_after_commit(channel, "card_identified", {"status": "authenticated", "price": Decimal("1.50")})
        assert listener() == []

    ((_number, frame),) = listener()
    assert frame == {
        "event": "card_identified",
        "channel": channel,
        "data": '{"status":"authenticated","price":1.5}',
    }


@pytest.mark.django_db(transaction=True)
def test_nobody_is_told_of_what_was_rolled_back(channel: str, listener: Any) -> None:
    def refused() -> None:
        with transaction.atomic():
            publish_after_commit(channel, "card_identified", {})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        refused()
    assert listener() == []
    assert kept(channel) == {}


@pytest.mark.django_db(transaction=True)
def test_the_last_state_is_kept_for_late_subscribers_and_forgotten_in_time(channel: str, listener: Any) -> None:
    publish_after_commit(channel, "status_update", {"status": "scanned"})
    publish_after_commit(channel, "status_update", {"status": "authenticated"}, keep_seconds=90)

    state = kept(channel)
    assert json.loads(unseal(channel, state[b"frame"]))["data"] == '{"status":"authenticated"}'
    assert 88 <= default_limiter().link.client.ttl(place(channel)) <= 90
    (first, _), (second, _) = listener()
    assert first < second == int(state[b"number"])


@pytest.mark.django_db(transaction=True)
def test_redis_holds_nothing_that_can_be_read_without_the_name_of_the_channel(channel: str) -> None:
    publish_after_commit(channel, "card_identified", {"email": "ona@example.lt", "token": "eyJsecret"})

    client = default_limiter().link.client
    (key,) = client.keys("*")
    dump = key + b"".join(client.hgetall(key).values())
    for secret in (channel.partition(".")[2], "ona@example.lt", "eyJsecret", "card_identified"):
        assert secret.encode() not in dump
    assert unseal(f"qr-card.{uuid.uuid4()}", kept(channel)[b"frame"]) is None
    assert unseal(channel, b"") is None


@pytest.mark.django_db(transaction=True)
def test_a_dead_redis_never_breaks_the_caller_nor_holds_it_up(
    channel: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    away = Limiter("redis://127.0.0.1:1/0")
    assert isinstance(away.link, Link)
    monkeypatch.setattr(publish, "default_limiter", lambda: away)
    began = time.monotonic()
    with caplog.at_level(logging.WARNING, "loyalty.realtime"), transaction.atomic():
        User.objects.create(email="kept@example.lt")
        for _ in range(20):
            publish_after_commit(channel, "card_identified", {"email": "ona@example.lt"})
    assert time.monotonic() - began < 5
    assert User.objects.filter(email="kept@example.lt").exists()

    ours = [record for record in caplog.records if record.name == "loyalty.realtime"]
    assert [record.getMessage() for record in ours] == ["realtime_not_told"] * 20
    said = " ".join(str(vars(record)) for record in ours)
    assert "ona@example.lt" not in said
    assert channel not in said


@pytest.mark.django_db
def test_what_cannot_be_sent_is_refused_before_the_commit(
    channel: str, django_capture_on_commit_callbacks: Capture
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        for name in ("qr-card.7", f"private-{channel}", f"{channel}\n", f"qr-card.{uuid.uuid4()}".upper()):
            assert not is_known(name)
            with pytest.raises(ValueError, match="channel"):
                publish_after_commit(name, "card_identified", {})
        with pytest.raises(ValueError, match="too much"):
            publish_after_commit(channel, "card_identified", {"text": "x" * 70_000})
        with pytest.raises(TypeError):
            publish_after_commit(channel, "card_identified", {"what": object()})
    assert callbacks == []


def test_each_sealing_differs(channel: str) -> None:
    assert seal(channel, b"{}") != seal(channel, b"{}")
    assert unseal(channel, seal(channel, b"{}")) == b"{}"
