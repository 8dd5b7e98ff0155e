"""Keeping a short secret in the database for a while, unreadable in backups and to whoever looks (decision 25)."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


def seal(text: str) -> bytes:
    """Encrypt and sign with the newest key."""
    return _keys().encrypt(text.encode())


def unseal(sealed: bytes) -> str | None:
    """What was sealed; None where no key of ours fits any more."""
    try:
        return _keys().decrypt(bytes(sealed)).decode()
    except InvalidToken:
        return None


def reseal(sealed: bytes) -> bytes | None:
    """The same under the newest key, as it is where it is so already; None where no key of ours fits any more."""
    newest = _key(settings.SEALING_KEY)
    try:
        newest.decrypt(bytes(sealed))
    except InvalidToken:
        text = unseal(sealed)
        return None if text is None else newest.encrypt(text.encode())
    return bytes(sealed)


def _keys() -> MultiFernet:
    return MultiFernet([_key(key) for key in (settings.SEALING_KEY, *settings.SEALING_KEY_FALLBACKS)])


def _key(key: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest()))
