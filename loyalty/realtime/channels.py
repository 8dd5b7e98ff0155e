"""The channels there are, and the form in which Redis carries what is said on them.

A channel is public: its name, with the session id in it, is the only secret (contract 9.1). Redis therefore never sees
the name: messages go under its digest and are sealed with a key made of it, so that neither the memory nor the
append-only file of Redis shows a person's data or token to anybody who does not know the channel.
"""

import hashlib
import os
import re

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
# One line a kind of channel.
_KINDS = (
    rf"qr-login\.{_UUID}",
    rf"qr-card\.{_UUID}",
)
_KNOWN = re.compile("|".join(_KINDS))
_NONCE = 12


def is_known(channel: str) -> bool:
    """Whether `channel` has the form of one that we speak on."""
    return _KNOWN.fullmatch(channel) is not None


def place(channel: str) -> str:
    """Where Redis keeps the last state of `channel`, and the name of its pub/sub channel."""
    return f"realtime:{_digest('place', channel).hex()[:40]}"


def seal(channel: str, frame: bytes) -> bytes:
    """Readable only with the name of the channel."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(_digest("key", channel)).encrypt(nonce, frame, None)


def unseal(channel: str, sealed: bytes) -> bytes | None:
    """The frame, or None when it was not sealed for this channel."""
    try:
        return AESGCM(_digest("key", channel)).decrypt(sealed[:_NONCE], sealed[_NONCE:], None)
    except (InvalidTag, ValueError):
        return None


def _digest(purpose: str, channel: str) -> bytes:
    return hashlib.sha256(f"loyalty realtime {purpose} {channel}".encode()).digest()
