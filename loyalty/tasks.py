"""Scheduled work of the kernel."""

from celery import shared_task
from django.utils import timezone

from loyalty.errors import UnavailableError
from loyalty.services import passwords
from loyalty.services.retention import forget_expired as forget


@shared_task(name="loyalty.forget_expired")
def forget_expired() -> None:
    """Delete what has outlived its time limit: kept answers, log-in sessions."""
    forget(at=timezone.now())


@shared_task(
    name="loyalty.send_password_reset",
    autoretry_for=(UnavailableError,),
    retry_backoff=5,
    retry_backoff_max=300,
    retry_jitter=True,
    max_retries=5,
)
def send_password_reset(*, user_id: int | None) -> None:
    """Mail a link for a new password; nobody (None) is asked for where the address was unknown."""
    passwords.send_password_reset(user_id=user_id)
