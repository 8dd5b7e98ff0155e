"""What platform staff look for in games."""

from django.db.models import QuerySet

from games.models import StampEvent, StampProgress

SHOWN = 50


def list_last_stamp_events(*, progress: StampProgress) -> QuerySet[StampEvent]:
    """The latest things that happened on a stamp card."""
    rows = StampEvent.objects.select_related("shop", "transaction").filter(progress=progress)
    return rows.defer("transaction__xid", "transaction__fingerprint").order_by("-pk")[:SHOWN]
