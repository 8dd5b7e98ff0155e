"""How much one message may carry, wherever it is written."""

import re

MOST_FILES = 5
MOST_FILE_BYTES = 10_000_000
MOST_BYTES = 25_000_000
MOST_TEXT = 10_000
MOST_SUBJECT = 200
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def is_plain(text: str) -> bool:
    """Whether a text is without characters that no reader sees."""
    return not _CONTROL.search(text)
