"""How many parts a text costs, and what of it may be shown afterwards."""

import re

# GSM 03.38: one septet each, and two each for those behind an escape.
_LETTERS = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
BASIC = frozenset(_LETTERS)
# The escape itself has a place in the table, and no letter.
_SEPTETS = {letter: place + (place >= 0x1B) for place, letter in enumerate(_LETTERS)}
ESCAPE = 0x1B
_EXTENSION = {
    "\f": 0x0A, "^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2F, "[": 0x3C, "~": 0x3D, "]": 0x3E, "|": 0x40, "€": 0x65
}  # fmt: skip
EXTENDED = frozenset(_EXTENSION)
_SENDER = re.compile(r"[A-Za-z0-9 ]{1,11}\Z")
_CODE = re.compile(r"\d{4,}")


def is_gsm(text: str) -> bool:
    """Whether the old 7-bit alphabet has every letter; Lithuanian ones are not in it."""
    return BASIC.union(EXTENDED).issuperset(text)


def count_parts(text: str) -> int:
    """Messages that an operator charges for: 160 letters in one or 153 in each, 70 or 67 where GSM-7 does not do.

    A letter that takes two places is never cut in half.
    """
    if is_gsm(text):
        return _parts([2 if char in EXTENDED else 1 for char in text], 160, 153)
    return _parts([2 if ord(char) > 0xFFFF else 1 for char in text], 70, 67)


def gsm_octets(text: str) -> bytes:
    """The letters as septets, one in each octet, as SMPP carries them."""
    return b"".join(
        bytes([ESCAPE, _EXTENSION[letter]]) if letter in _EXTENSION else bytes([_SEPTETS[letter]]) for letter in text
    )


def is_sender(text: str) -> bool:
    """Whether operators take it for the name of a sender: at most 11 letters, digits and spaces."""
    return bool(_SENDER.match(text)) and text == text.strip()


def _parts(widths: list[int], alone: int, joined: int) -> int:
    if sum(widths) <= alone:
        return 1
    parts, room = 1, joined
    for width in widths:
        if width > room:
            parts, room = parts + 1, joined
        room -= width
    return parts


def without_codes(text: str) -> str:
    """The text with every number that could be a code made unreadable."""
    return _CODE.sub(lambda found: "•" * len(found[0]), text)
