"""Whether two calls ask for the same."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import orjson


def fingerprint(data: Any) -> bytes:
    """SHA-256 of a body, indifferent to the order of its keys and to absent against null members."""
    if isinstance(data, Mapping):
        data = {key: value for key, value in data.items() if value is not None}
    try:
        plain = orjson.dumps(data, _plain, orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    except TypeError:
        # A number of more than 64 bits; some field will refuse it, but it must not fail here.
        plain = json.dumps(data, sort_keys=True, default=_plain).encode()
    return hashlib.sha256(plain).digest()


def _plain(value: Any) -> Any:
    if hasattr(value, "chunks"):  # an uploaded file is its content, not its name
        digest = hashlib.sha256()
        for chunk in value.chunks():
            digest.update(chunk)
        return digest.hexdigest()
    return format(value.normalize(), "f") if hasattr(value, "normalize") else str(value)
