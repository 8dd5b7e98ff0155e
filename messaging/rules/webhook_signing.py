"""What is sent to an endpoint: the bytes of an event, and what proves that they are ours (Standard Webhooks 1.0.0)."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

PREFIX = "whsec_"
SECRET_BYTES = 32
MOST_BYTES = 20_000


def new_secret() -> str:
    """A fresh secret of 256 bits, as receivers configure it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def body_of(*, event_id: str, kind: str, occurred_at: datetime, data: Mapping[str, Any]) -> bytes:
    """The body, for readers of `type` and of `event` alike (contract 10). Raises ValueError where it is not thin."""
    moment = occurred_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = orjson.dumps({"id": event_id, "type": kind, "event": kind, "created_at": moment, "data": data})
    if len(body) > MOST_BYTES:
        raise ValueError("too much for one event")
    return body


def headers_of(*, event_id: str, at: datetime, body: bytes, keys: Sequence[str]) -> dict[str, str]:
    """The headers that prove a body. The first key is the present secret; all of them sign.

    Readers of the older header compare it as a whole, so the former secret signs in a header of its own.
    """
    timestamp = str(int(at.timestamp()))
    signed = f"{event_id}.{timestamp}.".encode() + body
    headers = {
        "Content-Type": "application/json",
        "webhook-id": event_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{_standard(key, signed)}" for key in keys),
    }
    for name, key in zip(("X-Loyalty-Signature", "X-Loyalty-Signature-Former"), keys, strict=False):
        headers[name] = f"sha256={hmac.new(key.encode(), body, hashlib.sha256).hexdigest()}"
    return headers


def _standard(key: str, signed: bytes) -> str:
    return base64.b64encode(hmac.new(_raw(key), signed, hashlib.sha256).digest()).decode()


def _raw(key: str) -> bytes:
    try:
        return base64.b64decode(key.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("not a secret of ours") from error
