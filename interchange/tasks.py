"""Imports that no one waits for."""

from celery import shared_task
from django.utils import timezone

from interchange.services.feed_imports import run_queued_import
from interchange.services.resuming import resume_imports
from loyalty.errors import UnavailableError


@shared_task(
    name="interchange.import_feed",
    autoretry_for=(UnavailableError,),
    retry_backoff=True,
    retry_jitter=True,
    max_retries=5,
)
def import_feed(*, feed_import_id: int) -> None:
    """Store a feed that was too large to be stored while its sender waited."""
    run_queued_import(feed_import_id=feed_import_id, at=timezone.now())


@shared_task(name="interchange.resume_feed_imports")
def resume_feed_imports() -> None:
    """Look after imports that nobody works on any more."""
    resume_imports(at=timezone.now())
