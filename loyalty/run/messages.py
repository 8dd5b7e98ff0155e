"""Compiles translations that are newer than their compiled form, without the gettext tools a machine may not have."""

import ast
import os
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

from loyalty.run.places import ROOT

MAGIC = 0x950412DE
HEADER_WORDS = 7


def compile_all(root: Path = ROOT) -> list[Path]:
    """Every `<app>/locale/<language>/LC_MESSAGES/django.po` that changed; the compiled files are not kept in git."""
    done = []
    for source in sorted(root.glob("*/locale/*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime_ns < source.stat().st_mtime_ns:
            fresh = target.with_name(f"{target.name}.{os.getpid()}")
            fresh.write_bytes(pack(catalog(source.read_text(encoding="utf-8"))))
            fresh.replace(target)
            done.append(target)
    return done


def catalog(text: str) -> dict[bytes, bytes]:
    """Message id to translation, as gettext keys them: context and plural forms joined by control characters."""
    found = {}
    for entry in _entries(text):
        key = entry["msgid"]
        if "msgctxt" in entry:
            key = f"{entry['msgctxt']}\x04{key}"
        if "msgid_plural" in entry:
            key = f"{key}\0{entry['msgid_plural']}"
        forms = [entry[name] for name in sorted(entry) if name.startswith("msgstr")]
        if any(forms):
            found[key.encode()] = "\0".join(forms).encode()
    return found


def _entries(text: str) -> Iterator[dict[str, str]]:
    """The translated entries; what is marked fuzzy is a guess, and obsolete ones (`#~`) are comments."""
    for block in text.replace("\r\n", "\n").split("\n\n"):
        lines = block.splitlines()
        if any(line.startswith("#,") and "fuzzy" in line for line in lines) and 'msgid ""\nmsgstr' not in block:
            continue
        entry: dict[str, str] = {}
        name = ""
        for line in lines:
            if line.startswith("msg"):
                name, _, quoted = line.partition(" ")
                entry[name] = ast.literal_eval(quoted.strip())
            elif line.startswith('"') and name:
                entry[name] += ast.literal_eval(line.strip())
        if "msgid" in entry:
            yield entry


def pack(messages: dict[bytes, bytes]) -> bytes:
    """The GNU MO format: a header, two tables of (length, offset), then the texts, each ended by a zero byte."""
    keys = sorted(messages)
    start = HEADER_WORDS * 4 + 16 * len(keys)
    tables, texts = [], b""
    for column in (keys, [messages[key] for key in keys]):
        for item in column:
            tables += [len(item), start + len(texts)]
            texts += item + b"\0"
    header = (MAGIC, 0, len(keys), HEADER_WORDS * 4, HEADER_WORDS * 4 + 8 * len(keys), 0, start)
    return struct.pack(f"<{HEADER_WORDS + len(tables)}I", *header, *tables) + texts


if __name__ == "__main__":
    for path in compile_all():
        sys.stdout.write(f"{path.relative_to(ROOT)}\n")
