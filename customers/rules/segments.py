"""Who buys how: five segments, told by the number of purchases and the last one.

prospect   has never bought
new        bought once, in the last 90 days
active     bought more than once, last in the last 90 days
at_risk    bought last 90 to 180 days ago
lapsed     has not bought for more than 180 days
"""

from datetime import datetime, timedelta

ACTIVE_FOR = timedelta(days=90)
AT_RISK_FOR = timedelta(days=180)
SEGMENTS = ("prospect", "new", "active", "at_risk", "lapsed")


def segment_of(*, purchases: int, last_purchase_at: datetime | None, at: datetime) -> str:
    """The segment at an instant."""
    if not purchases or last_purchase_at is None:
        return "prospect"
    age = at - last_purchase_at
    if age <= ACTIVE_FOR:
        return "new" if purchases == 1 else "active"
    return "at_risk" if age <= AT_RISK_FOR else "lapsed"
