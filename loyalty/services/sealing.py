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


def _keys() -> MultiFernet:
    keys = [settings.SEALING_KEY, *settings.SEALING_KEY_FALLBACKS]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest())) for key in keys])
