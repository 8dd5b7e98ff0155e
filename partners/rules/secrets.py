"""How API keys and secrets look and how a secret is checked.

A key is public: `lty_` and 22 random characters. A secret is `lts_`, 43 random characters (256 bits) and a CRC-32 in
six base-62 digits, so that a scanner recognizes a leaked one offline. A 256-bit secret needs no slow hash: what is
stored is HMAC-SHA256 under a pepper that is not in the database.
"""

import hmac
import secrets
import string
import zlib
from functools import lru_cache

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
KEY_PREFIX = "lty_"
SECRET_PREFIX = "lts_"  # noqa: S105 - a prefix


def new_key() -> str:
    """A fresh public key."""
    return KEY_PREFIX + "".join(secrets.choice(ALPHABET) for _ in range(22))


def new_secret() -> str:
    """A fresh secret with its check digits."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(43))
    return f"{SECRET_PREFIX}{body}{check_digits(body)}"


def check_digits(body: str) -> str:
    """CRC-32 of the random part in base 62, six digits."""
    number = zlib.crc32(body.encode())
    digits = ""
    for _ in range(6):
        number, rest = divmod(number, 62)
        digits = ALPHABET[rest] + digits
    return digits


def digest(secret: str, pepper: str) -> bytes:
    """What is stored of a secret."""
    keyed = _keyed(pepper).copy()
    keyed.update(secret.encode())
    return keyed.digest()


@lru_cache(maxsize=16)
def _keyed(pepper: str) -> hmac.HMAC:
    return hmac.new(pepper.encode(), digestmod="sha256")
