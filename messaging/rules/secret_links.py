"""Links that act for whoever holds them, shown to somebody else: all but the secret part of them."""

import re

from messaging.rules.blackout import BLACK

# Not where a picture comes from: it would not be seen any more.
_ADDRESS = re.compile(r"""(?<!src=["'])https?://[^\s"'<>]+""")
# A part of a path, or a value of a query.
_PART = re.compile(r"(?<=[/=#?&])[\w.~%-]{20,}=*")
_HEX = re.compile(r"[0-9a-f]{32}", re.IGNORECASE)


def without_secrets(text: str) -> str:
    """The text, or page, with what looks made up by a machine blacked out of its links."""
    return _ADDRESS.sub(lambda found: _PART.sub(_shown, found[0]), text)


def shown_address(address: str) -> str:
    """An address as others may know it: many put a key of theirs into the query, or into the path."""
    return without_secrets(address.partition("#")[0].partition("?")[0])


def _shown(found: re.Match[str]) -> str:
    part = found[0]
    kinds = (str.isdigit, str.islower, str.isupper)
    is_secret = _HEX.search(part) or all(any(map(kind, part)) for kind in kinds)
    return BLACK if is_secret else part
