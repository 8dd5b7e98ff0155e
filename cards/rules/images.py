"""Pictures that a partner puts on a card: taken out of a data URI; what becomes of them says loyalty.files.images."""

import base64
import binascii
import re

from loyalty.files.images import Picture, PictureRefusedError, remade_picture

MAX_BYTES = 256 * 1024
_DATA_URI = re.compile(r"data:image/(?:png|jpe?g|webp);base64,", re.IGNORECASE)


def read_picture(text: str) -> Picture:
    """The picture of a data URI. Raises PictureRefusedError."""
    return remade_picture(_decode(text))


def read_encoded(text: str, *, most_bytes: int = MAX_BYTES) -> Picture:
    """The picture of base64, with or without the beginning of a data URI. Raises PictureRefusedError."""
    start = _DATA_URI.match(text)
    return remade_picture(_unpack(text[start.end() :] if start else text, most_bytes))


def _decode(text: str) -> bytes:
    start = _DATA_URI.match(text)
    if start is None:
        raise PictureRefusedError("not_a_data_uri")
    return _unpack(text[start.end() :], MAX_BYTES)


def _unpack(payload: str, most_bytes: int) -> bytes:
    if len(payload) > most_bytes * 4 // 3 + 4:
        raise PictureRefusedError("too_large")
    try:
        raw = base64.b64decode(payload, validate=True)
    except (binascii.Error, ValueError) as error:
        raise PictureRefusedError("not_a_data_uri") from error
    if len(raw) > most_bytes:
        raise PictureRefusedError("too_large")
    return raw
