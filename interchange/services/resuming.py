"""Imports that nobody works on any more: started again where their file is kept, and told as failed where it is not."""

from datetime import datetime, timedelta

from django.db import transaction

from interchange.choices import ImportStatus
from interchange.models import FeedImport
from loyalty.services.jobs import start_after_commit

PATIENCE = timedelta(minutes=15)


@transaction.atomic
def resume_imports(*, at: datetime) -> int:
    """Start waiting imports again whose message was lost, end those whose process died; says how many."""
    stale = FeedImport.objects.select_for_update(of=("self",), skip_locked=True).filter(
        status__in=[ImportStatus.QUEUED, ImportStatus.RUNNING], created_at__lt=at - PATIENCE
    )
    count = 0
    for run in stale.select_related("file").order_by("pk"):
        count += 1
        if hasattr(run, "file"):
            start_after_commit("interchange.import_feed", feed_import_id=run.pk)
            continue
        run.status, run.finished_at = ImportStatus.FAILED, at
        run.error_code, run.error_reason = "XML_IMPORT_FAILED", "interrupted"
        run.save(update_fields=["status", "finished_at", "error_code", "error_reason"])
    return count
