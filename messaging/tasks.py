"""Bringing messages out."""

from celery import shared_task
from django.utils import timezone

from loyalty.errors import UnavailableError
from messaging.selectors.emails import list_waiting_emails_across_partners
from messaging.selectors.sms import list_waiting_across_partners
from messaging.services import delivery_retention, emails, sms, webhook_relay
from messaging.services.webhook_turn import Turn


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


@shared_task(name="messaging.relay_webhooks")
def relay_webhooks() -> None:
    """Bring events out to webhook endpoints; what takes longer than a worker can spare is left to a next run."""
    if webhook_relay.relay(clock=timezone.now, turn=Turn()):
        relay_webhooks.delay()


@shared_task(name="messaging.forget_deliveries")
def forget_deliveries() -> None:
    """Give up what waited too long, delete deliveries that are long done, and events that nobody needs any more."""
    delivery_retention.forget_deliveries(at=timezone.now())
