"""Scheduled work of the kernel."""

from celery import shared_task
from django.utils import timezone

from loyalty.services.retention import forget_expired as forget


@shared_task(name="loyalty.forget_expired")
def forget_expired() -> None:
    """Delete what has outlived its time limit: kept answers, log-in sessions."""
    forget(at=timezone.now())
