"""Documents that are one stream of bytes: PDF and text. A check answers what is wrong, or nothing."""

import codecs
import re

# A name in a PDF may be written with `#4a` for a letter.
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_ACTIVE_PDF = re.compile(rb"/(?:JavaScript|Launch|RichMedia|EmbeddedFiles?)\b")
_ZIP_END = b"PK\x05\x06"
_MARKUP = re.compile(rb"<\s*(?:!doctype|html|head|body|script|svg|iframe|object|embed|\?php)\b", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")


def check_pdf(raw: bytes) -> str:
    """A PDF from its first byte to its last, with nothing in it that acts by itself."""
    if b"%%EOF" not in raw[-1024:] or _ZIP_END in raw[-66_000:] or _MARKUP.search(raw[:1024]):
        return "damaged"
    names = _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), raw)
    return "active" if _ACTIVE_PDF.search(names) else ""


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
