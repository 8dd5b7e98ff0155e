"""Forgetting what has served its time."""

from celery import shared_task
from django.utils import timezone

from customers.services import qr_logins
from customers.services.one_time_codes import forget_codes


@shared_task(name="customers.forget")
def forget() -> None:
    """Delete one-time codes that no limit looks back to any more."""
    forget_codes(at=timezone.now())


@shared_task(name="customers.expire_qr_logins")
def expire_qr_logins() -> None:
    """Tell tills whose QR code is over, and delete those that nobody asks for any more."""
    qr_logins.expire_qr_logins(at=timezone.now())
