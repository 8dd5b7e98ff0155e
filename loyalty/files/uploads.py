"""Files from outside: what a file is, its content says; its name and its announced type only claim it.

Pictures are made anew, archives are measured before anybody unpacks them, and what a browser or a reader could be
talked into running is refused.
"""

import hashlib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Protocol

from django.utils.translation import gettext as _

from loyalty.files.images import PictureRefusedError, remade_picture
from loyalty.files.names import safe_name
from loyalty.files.office import office_kind
from loyalty.files.papers import check_pdf, check_text

CONTENT_TYPES = {
    "pdf": "application/pdf",
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "txt": "text/plain",
    "csv": "text/csv",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
MARKS = {
    re.compile(rb"\xff\xd8\xff"): "jpg",
    re.compile(rb"\x89PNG\r\n\x1a\n"): "png",
    re.compile(rb"RIFF....WEBP", re.DOTALL): "webp",
    re.compile(rb"%PDF-"): "pdf",
    re.compile(rb"PK\x03\x04"): "zip",
}
DOCUMENTS = frozenset(CONTENT_TYPES)
PICTURES = frozenset({"jpg", "png", "webp"})


class FileRefusedError(ValueError):
    """Why a file is not taken: `reason` is a word, `text` a sentence for whoever sent it, in their language."""

    def __init__(self, reason: str, text: str) -> None:
        self.reason, self.text = reason, text
        super().__init__(reason)


class Upload(Protocol):
    """What Django makes of a file in a form."""

    @property
    def name(self) -> str | None: ...

    @property
    def size(self) -> int | None: ...

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]: ...


@dataclass(frozen=True, slots=True)
class Checked:
    """A file that may be stored and handed out again; `kind` is its suffix."""

    name: str
    kind: str
    content: bytes

    @property
    def content_type(self) -> str:
        return CONTENT_TYPES[self.kind]

    @property
    def size(self) -> int:
        return len(self.content)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def check_upload(file: Upload, *, allowed: Collection[str] = DOCUMENTS, at_most: int) -> Checked:
    """The file, judged by content; pictures come back made anew. Raises FileRefusedError.

    `allowed` are kinds (keys of CONTENT_TYPES), `at_most` is in bytes.
    """
    raw = _read(file, at_most)
    kind = _sniff(raw, file.name or "")
    if kind not in allowed:
        raise _refused("wrong_kind", allowed=allowed)
    if kind in PICTURES:
        try:
            raw = remade_picture(raw).content
        except PictureRefusedError as error:
            raise _refused(error.reason) from error
    if fault := _fault(kind, raw):
        raise _refused(fault)
    return Checked(safe_name(file.name or "", kind), kind, raw)


def _read(file: Upload, at_most: int) -> bytes:
    if (file.size or 0) > at_most:
        raise _refused("too_large", at_most=at_most)
    parts, size = [], 0
    for chunk in file.chunks():
        size += len(chunk)
        if size > at_most:
            raise _refused("too_large", at_most=at_most)
        parts.append(chunk)
    if not size:
        raise _refused("empty")
    return b"".join(parts)


def _sniff(raw: bytes, name: str) -> str:
    """What the first bytes are; whatever has no mark of its own is text, or nothing that is known here."""
    for mark, kind in MARKS.items():
        if mark.match(raw):
            return office_kind(raw) if kind == "zip" else kind
    if check_text(raw) == "not_text":
        return ""
    return "csv" if name.lower().endswith(".csv") else "txt"


def _fault(kind: str, raw: bytes) -> str:
    if kind == "pdf":
        return check_pdf(raw)
    return check_text(raw) if kind in {"txt", "csv"} else ""


def _refused(reason: str, *, at_most: int = 0, allowed: Collection[str] = ()) -> FileRefusedError:
    kinds = ", ".join(kind.upper() for kind in CONTENT_TYPES if kind in allowed)
    texts = {
        "too_large": _("The file is larger than {most} MB.").format(most=f"{at_most / 1_000_000:g}"),
        "empty": _("The file is empty."),
        "wrong_kind": _("Files of this kind are not taken. Send one of: {kinds}.").format(kinds=kinds),
        "not_a_picture": _("The picture is damaged."),
        "too_many_pixels": _("The picture has more than 25 million pixels."),
        "active": _("The file contains scripts or other active content, which is not taken."),
        "damaged": _("The file is damaged or hides another file."),
    }
    return FileRefusedError(reason, texts[reason])
