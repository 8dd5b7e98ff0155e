"""Word and Excel files: ZIP archives that are measured before anybody unpacks them (promise G2)."""

import io
import re
import zipfile
import zlib

MOST_ENTRIES = 1_000
MOST_INFLATED = 100_000_000
MOST_RATIO = 100
# Far below this size a good ratio says nothing: an empty sheet packs well.
SMALL = 1_000_000
_CHUNK = 65_536
_MAIN = {"word/document.xml": "docx", "xl/workbook.xml": "xlsx"}
_ACTIVE_NAME = re.compile(
    r"vbaproject|activex|/embeddings/|\.(?:exe|dll|js|vbs|bat|cmd|ps1|scr|html?|svg)$", re.IGNORECASE
)
_EXTERNAL = re.compile(rb"TargetMode\s*=\s*[\"']External[\"']", re.IGNORECASE)
_FETCHED = re.compile(rb"relationships/(?:attachedTemplate|oleObject|frame|subDocument|externalLink)", re.IGNORECASE)


def office_kind(raw: bytes) -> str:
    """`docx`, `xlsx`, or nothing for an archive that is neither, is too much unpacked, or would act by itself."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            return _kind(archive, raw)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError):
        return ""


def _kind(archive: zipfile.ZipFile, raw: bytes) -> str:
    entries = archive.infolist()
    if archive.comment or not _fits(entries, raw):
        return ""
    names = [entry.filename for entry in entries]
    if len(set(names)) != len(names) or any(_is_bad_name(name) for name in names):
        return ""
    kind = next((found for main, found in _MAIN.items() if main in names), "")
    return kind if kind and "[Content_Types].xml" in names and _is_honest(archive, entries) else ""


def _fits(entries: list[zipfile.ZipInfo], raw: bytes) -> bool:
    """Whether what the archive says of itself is bearable: asked before a byte of it is unpacked."""
    inflated, packed = sum(entry.file_size for entry in entries), sum(entry.compress_size for entry in entries)
    return (
        0 < len(entries) <= MOST_ENTRIES
        and inflated <= MOST_INFLATED
        and (inflated <= SMALL or inflated <= MOST_RATIO * max(packed, 1))
        # Entries that share their bytes, bytes before the archive and bytes after it.
        and packed <= len(raw)
        and min(entry.header_offset for entry in entries) == 0
        and raw[-22:-18] == b"PK\x05\x06"
        and not any(entry.flag_bits & 1 for entry in entries)
    )


def _is_bad_name(name: str) -> bool:
    return name.startswith("/") or "\\" in name or ".." in name.split("/") or bool(_ACTIVE_NAME.search(name))


def _is_honest(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> bool:
    """Whether it unpacks to what it says, and loads nothing from elsewhere when it is opened."""
    for entry in entries:
        with archive.open(entry) as stream:
            size, start = 0, b""
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                if size > entry.file_size:
                    return False
                if entry.filename.endswith(".rels") and len(start) < MOST_ENTRIES * 1_000:
                    start += chunk
        if size != entry.file_size or (_EXTERNAL.search(start) and _FETCHED.search(start)):
            return False
    return True
