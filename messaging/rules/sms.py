"""How many parts a text costs, and what of it may be shown afterwards."""

import re

# GSM 03.38: one septet each, and two each for those behind an escape.
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("^{}\\[~]|€\f")
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
