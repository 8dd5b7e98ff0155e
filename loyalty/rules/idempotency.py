"""How an Idempotency-Key is written: as the IETF draft's quoted string, or bare as most clients send it."""

import re

from loyalty.errors import InvalidIdempotencyKey

MAX_LENGTH = 255
_VISIBLE = re.compile(r"[\x21-\x7e]+")
_QUOTED = re.compile(r'"((?:[^"\\]|\\["\\])*)"')


def parse_key(header: str) -> str:
    """The key itself, the same for both spellings. Raises InvalidIdempotencyKey."""
    key = header.strip(" \t")
    if key.startswith('"'):
        quoted = _QUOTED.fullmatch(key)
        if quoted is None:
            raise InvalidIdempotencyKey
        key = re.sub(r"\\(.)", r"\1", quoted.group(1))
    if len(key) > MAX_LENGTH or not _VISIBLE.fullmatch(key):
        raise InvalidIdempotencyKey
    return key
