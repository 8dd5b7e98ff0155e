"""Bringing messages out."""

from celery import shared_task
from django.utils import timezone

from loyalty.errors import UnavailableError
from messaging.selectors.emails import list_waiting_emails_across_partners
from messaging.selectors.sms import list_waiting_across_partners
from messaging.services import emails, sms


@shared_task(
    name="messaging.send_sms",
    autoretry_for=(UnavailableError,),
    retry_backoff=10,
    retry_backoff_max=60,
    retry_jitter=True,
    max_retries=3,
)
def send_sms(*, sms_message_id: int) -> None:
    """Send one SMS if it is still to be sent; what fails for long is left to `send_waiting_sms`."""
    sms.deliver_sms(sms_message_id=sms_message_id, at=timezone.now())


@shared_task(name="messaging.send_waiting_sms")
def send_waiting_sms() -> None:
    """Start what stayed behind: the broker was away, a sender died, or a pause after a failure is over."""
    for sms_message_id in list_waiting_across_partners(at=timezone.now()):
        send_sms.delay(sms_message_id=sms_message_id)


@shared_task(name="messaging.forget_texts")
def forget_texts() -> None:
    """Empty what was written to whom, once nobody needs it."""
    sms.forget_texts(at=timezone.now())
    emails.forget_emails(at=timezone.now())


@shared_task(
    name="messaging.send_email",
    autoretry_for=(UnavailableError,),
    retry_backoff=10,
    retry_backoff_max=60,
    retry_jitter=True,
    max_retries=3,
)
def send_email(*, email_id: int) -> None:
    """Send one e-mail if it is still to be sent; what fails for long is left to `send_waiting_emails`."""
    emails.deliver_email(email_id=email_id, at=timezone.now())


@shared_task(name="messaging.send_waiting_emails")
def send_waiting_emails() -> None:
    """Start what stayed behind: the broker was away, a sender died, or a pause after a failure is over."""
    for email_id in list_waiting_emails_across_partners(at=timezone.now()):
        send_email.delay(email_id=email_id)
