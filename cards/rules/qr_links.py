"""The link in the picture that a till shows and an app scans."""

import uuid
from urllib.parse import parse_qs, urlsplit

SCHEME, PLACE = "loyaltylt", "qr-card"
LONGEST = 500


def link_of(pairing_id: uuid.UUID) -> str:
    """What the picture says: the pairing id, twice, because older apps read one name and newer ones the other."""
    return f"{SCHEME}://{PLACE}?code={pairing_id.hex}&session={pairing_id}"


def read_link(text: str) -> uuid.UUID:
    """The pairing id in a scanned link. Raises ValueError where it is another link or none."""
    parts = urlsplit(text.strip())
    if parts.scheme != SCHEME or parts.netloc != PLACE or parts.path not in {"", "/"}:
        raise ValueError("another link")
    query = parse_qs(parts.query, strict_parsing=True, max_num_fields=10)
    named = {uuid.UUID(value) for name in ("code", "session") for value in query.get(name, [])}
    if len(named) != 1:
        raise ValueError("not one pairing id")
    return named.pop()
