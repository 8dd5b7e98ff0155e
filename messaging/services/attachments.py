"""Tidying the folder of attachments."""

from datetime import datetime

from loyalty.files.orphans import Sweep, sweep
from loyalty.files.storage import private_storage
from messaging.models.message import ATTACHMENTS
from messaging.selectors.messages import list_stored_across_partners


def sweep_attachments(*, at: datetime, is_sure: bool = False, is_dry: bool = False) -> Sweep:
    """Remove files that no attachment names any more, once no request can still be about to keep their row.

    Raises TooManyOrphansError where most of the folder would go, unless one `is_sure`.
    """
    return sweep(
        storage=private_storage(),
        folder=ATTACHMENTS,
        known=list_stored_across_partners,
        at=at,
        is_sure=is_sure,
        is_dry=is_dry,
    )
