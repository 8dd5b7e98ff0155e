"""Tidying the folder of attachments."""

from datetime import datetime
from logging import getLogger

from loyalty.files.orphans import Sweep, find_orphans, remove_orphans
from loyalty.files.storage import private_storage
from messaging.models.message import ATTACHMENTS
from messaging.selectors.messages import list_stored_across_partners

logger = getLogger("loyalty.files")


def sweep_attachments(*, at: datetime, is_sure: bool = False, is_dry: bool = False) -> Sweep:
    """Remove files that no attachment names any more, once no request can still be about to keep their row.

    Raises TooManyOrphansError where most of the folder would go, unless one `is_sure`.
    """
    storage = private_storage()
    found = find_orphans(storage=storage, folder=ATTACHMENTS, known=list_stored_across_partners, at=at)
    if not is_dry:
        removed = remove_orphans(storage=storage, found=found, is_sure=is_sure)
        if removed:
            logger.info("orphans", extra={"folder": ATTACHMENTS, "removed": removed, "files": found.files})
    return found
