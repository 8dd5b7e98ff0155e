"""Documents that are one stream of bytes: PDF and text. A check answers what is wrong, or nothing."""

import codecs
import re
import zlib

# A name in a PDF may be written with `#4a` for a letter.
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_ACTIVE_PDF = re.compile(rb"/(?:JavaScript|Launch|RichMedia|EmbeddedFiles?)\b")
# Objects may be packed together, where no name of theirs is seen: they are unpacked, or the file is refused.
_PACKED = b"/ObjStm"
_STREAM = re.compile(rb"endstream|stream(?:\r\n|[\r\n \t])")
_STREAM_END = b"endstream"
# Before an end there is one; a few more may be accidents of what is packed.
_MOST_BEGINNINGS = 20
_FILTER = re.compile(rb"/(\w+Decode|Crypt|AHx|A85|LZW|Fl|RL|CCF|DCT)\b")
_MOST_UNPACKED = 20_000_000
_ZIP_END = b"PK\x05\x06"
_MARKUP = re.compile(rb"<\s*(?:!doctype|html|head|body|script|svg|iframe|object|embed|\?php)\b", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")


def check_pdf(raw: bytes) -> str:
    """A PDF from its first byte to its last, with nothing in it that acts by itself."""
    if b"%%EOF" not in raw[-1024:] or _ZIP_END in raw[-66_000:] or _MARKUP.search(raw[:1024]):
        return "damaged"
    packed = _unpacked(raw)
    if packed is None:
        return "damaged"
    return "active" if any(_ACTIVE_PDF.search(_plain(part)) for part in (raw, *packed)) else ""


def _plain(raw: bytes) -> bytes:
    return _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), raw)


def _unpacked(raw: bytes) -> list[bytes] | None:
    """What its packed objects say; None where that cannot be told, or is more than any paper needs."""
    found: list[bytes] = []
    if _PACKED not in _plain(raw):
        return found
    since, begun, left = 0, 0, _MOST_UNPACKED
    for mark in _STREAM.finditer(raw):
        if mark[0] == _STREAM_END:
            if not begun:
                return None
            since, begun = mark.end(), 0
            continue
        # All that is written since the last end, and an end has its beginning: no comment hides what a stream is.
        said, begun = _plain(raw[since : mark.start()]), begun + 1
        if begun > _MOST_BEGINNINGS:
            return None
        if _PACKED not in said:
            continue
        objects = _inflated(raw[mark.end() : raw.find(_STREAM_END, mark.end())], left)
        if objects is None or not _is_simply_packed(said):
            return None
        left -= len(objects)
        found.append(objects)
    return found


def _is_simply_packed(said: bytes) -> bool:
    return _FILTER.findall(said) == [b"FlateDecode"] and b"/Predictor" not in said


def _inflated(packed: bytes, most: int) -> bytes | None:
    machine = zlib.decompressobj()
    try:
        objects = machine.decompress(packed, max(1, most))
    except zlib.error:
        return None
    return objects if machine.eof and objects.lstrip()[:1].isdigit() else None


def check_text(raw: bytes) -> str:
    """Plain text in UTF-8, UTF-16 or the old Baltic letters that Excel still writes; no markup."""
    text = _decoded(raw)
    if text is None or _CONTROL.search(text):
        return "not_text"
    # A browser takes what begins with a tag for a page, whatever it is told.
    if text.lstrip("\ufeff \t\r\n\f").startswith("<") or _MARKUP.search(text.encode("utf-8", "replace")):
        return "active"
    return ""


def _decoded(raw: bytes) -> str | None:
    encodings: tuple[str, ...] = ("utf-8", "windows-1257")
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ("utf-16",)
    for encoding in encodings:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None
