"""How much one message may carry, wherever it is written."""

import re

MOST_FILES = 5
MOST_FILE_BYTES = 10_000_000
MOST_BYTES = 25_000_000
MOST_TEXT = 10_000
MOST_SUBJECT = 200
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# What ends a line for some reader or other, and what turns the direction in which others' words are read.
_NO_HEADING = re.compile(r"[\t\n\r\x80-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def is_one_line(text: str) -> bool:
    """Whether a text fits into a line of a list, and into a header."""
    return not _NO_HEADING.search(text)


def is_plain(text: str) -> bool:
    """Whether a text is without characters that no reader sees."""
    return not _CONTROL.search(text)
