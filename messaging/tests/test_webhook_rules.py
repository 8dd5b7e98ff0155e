"""The schedule by a fake clock, and signatures by the official library (promises F2 and F3)."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import orjson
import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from messaging.rules.webhook_schedule import (
    ATTEMPTS,
    LONGEST_WAIT,
    PAUSES,
    is_worn_out,
    next_attempt,
    read_retry_after,
)
from messaging.rules.webhook_signing import body_of, headers_of, new_secret

START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


def test_ten_attempts_take_75_hours_and_35_minutes() -> None:
    at, moments = START, [START]
    while (due := next_attempt(attempts=len(moments), at=at, luck=0.5)) is not None:
        at = due
        moments.append(at)
    assert len(moments) == ATTEMPTS == 10
    assert moments[-1] - START == timedelta(hours=75, minutes=35, seconds=5)
    assert [later - earlier for earlier, later in pairwise(moments)] == list(PAUSES)


@pytest.mark.parametrize("attempts", range(1, 10))
def test_chance_moves_an_attempt_by_a_tenth_at_most(attempts: int) -> None:
    pause = PAUSES[attempts - 1]
    early, late = (next_attempt(attempts=attempts, at=START, luck=luck) for luck in (0.0, 1.0))
    assert early == START + pause * 0.9
    assert late == START + pause * 1.1


@pytest.mark.parametrize(
    ("asked", "pause"),
    [
        (timedelta(seconds=1), PAUSES[0]),
        (timedelta(hours=1), timedelta(hours=1)),
        (timedelta(days=9), LONGEST_WAIT),
        (None, PAUSES[0]),
    ],
)
def test_a_receiver_that_asks_for_time_gets_it(asked: timedelta | None, pause: timedelta) -> None:
    assert next_attempt(attempts=1, at=START, luck=0.5, asked=asked) == START + pause


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("120", timedelta(minutes=2)),
        (" 0 ", timedelta(0)),
        ("9" * 60, LONGEST_WAIT),
        ("Mon, 02 Nov 2026 09:00:00 GMT", timedelta(hours=1)),
        ("Mon, 02 Nov 2026 07:00:00 GMT", timedelta(0)),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("\u0661\u0662", None),
        ("Mon, 99 Nov 2026 09:00:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str, asked: timedelta | None) -> None:
    assert read_retry_after(text, at=START) == asked


def test_an_endpoint_is_worn_out_after_five_days() -> None:
    assert not is_worn_out(failing_since=START, at=START + timedelta(days=5, seconds=-1))
    assert is_worn_out(failing_since=START, at=START + timedelta(days=5))


# --- Signatures


def _signed(*keys: str, at: datetime | None = None) -> tuple[bytes, dict[str, str]]:
    body = body_of(event_id="evt_1", kind="points.awarded", occurred_at=START, data={"points": 5, "kas": "Žąsis"})
    return body, headers_of(event_id="evt_1", at=at or datetime.now(UTC), body=body, keys=keys)


def test_the_official_library_verifies_and_reads_what_is_sent() -> None:
    key = new_secret()
    body, headers = _signed(key)
    assert Webhook(key).verify(body, headers) == {
        "id": "evt_1",
        "type": "points.awarded",
        "event": "points.awarded",
        "created_at": "2026-11-02T08:00:00Z",
        "data": {"points": 5, "kas": "Žąsis"},
    }


def test_during_a_rotation_both_secrets_verify_and_no_third_one() -> None:
    new, former = new_secret(), new_secret()
    body, headers = _signed(new, former)
    for key in (new, former):
        assert Webhook(key).verify(body, headers)["id"] == "evt_1"
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(body, headers)


@pytest.mark.parametrize("change", ["body", "id", "timestamp"])
def test_whatever_is_changed_breaks_the_signature(change: str) -> None:
    key = new_secret()
    body, headers = _signed(key)
    if change == "body":
        body = body.replace(b"5", b"6")
    elif change == "id":
        headers["webhook-id"] = "evt_2"
    else:
        headers["webhook-timestamp"] = str(int(headers["webhook-timestamp"]) + 1)
    with pytest.raises(WebhookVerificationError):
        Webhook(key).verify(body, headers)


def test_an_old_message_is_refused_by_the_library() -> None:
    key = new_secret()
    body, headers = _signed(key, at=datetime.now(UTC) - timedelta(minutes=6))
    with pytest.raises(WebhookVerificationError):
        Webhook(key).verify(body, headers)


def test_the_older_header_is_the_hmac_of_the_body_under_the_secret_as_it_is_shown() -> None:
    new, former = new_secret(), new_secret()
    body, headers = _signed(new, former)
    for name, key in (("X-Loyalty-Signature", new), ("X-Loyalty-Signature-Former", former)):
        assert headers[name] == "sha256=" + hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
    assert "X-Loyalty-Signature-Former" not in _signed(new)[1]


def test_secrets_are_of_256_bits_and_never_the_same() -> None:
    found = {new_secret() for _ in range(100)}
    assert len(found) == 100
    assert all(key.startswith("whsec_") and len(key) == 6 + 44 for key in found)


def test_a_body_of_more_than_20_kb_is_refused() -> None:
    with pytest.raises(ValueError, match="too much"):
        body_of(event_id="evt_1", kind="a", occurred_at=START, data={"text": "x" * 20_000})
    assert orjson.loads(body_of(event_id="e", kind="a", occurred_at=START, data={}))["data"] == {}
