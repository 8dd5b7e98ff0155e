"""Names of files from outside, fit to be shown, stored and sent back in a header."""

import re
import unicodedata

LONGEST = 120
_ODD = re.compile(r"[^\w .,()+-]", re.ASCII)
_WINDOWS = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in "123456789")}
)


def safe_name(name: str, suffix: str) -> str:
    """The last part of a path, without anything that a shell, a browser or a file system reads another way.

    The suffix is that of the content: what claims to be a program is none any more.
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    # One way to write every letter, and no character that turns the reading direction or shows nothing.
    plain = "".join(
        char for char in unicodedata.normalize("NFC", last) if unicodedata.category(char)[0] in "LNPSZM" or char == " "
    )
    plain = "".join(
        char if char.isalnum() or unicodedata.category(char)[0] == "M" else _ODD.sub("_", char) for char in plain
    )
    stem = plain.rpartition(".")[0] or plain
    stem = re.sub(r"\s+", " ", stem).strip(" ._-")[:LONGEST].rstrip(" ._-")
    if not stem or stem.casefold() in _WINDOWS:
        stem = f"file {stem}".strip()
    return f"{stem}.{suffix}"
