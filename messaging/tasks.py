"""Bringing messages out."""

from contextlib import suppress

from celery import Task, shared_task
from django.conf import settings
from django.utils import timezone

from loyalty.errors import TemporarilyUnavailable, UnavailableError
from messaging.selectors.emails import list_waiting_emails_across_partners
from messaging.selectors.sms import (
    line_of_across_partners,
    list_lines_across_partners,
    list_waiting_across_partners,
)
from messaging.selectors.sms_receipts import list_waiting_receipts_across_partners
from messaging.services import attachments, delivery_retention, emails, resealing, sms, webhook_relay
from messaging.services.sms_delivery import deliver_sms
from messaging.services.sms_lines import run_line
from messaging.services.sms_receipts import deliver_receipt
from messaging.services.webhook_turn import Turn

# How long an account's line is kept when it is looked after; the rest of the minute belongs to others.
LISTENING = 10.0


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
    account_id = line_of_across_partners(sms_message_id)
    if account_id is None:
        deliver_sms(sms_message_id=sms_message_id, at=timezone.now())
    else:
        run_line(account_id=account_id, seconds=0, at=timezone.now())


@shared_task(name="messaging.send_waiting_sms")
def send_waiting_sms() -> None:
    """Start what stayed behind: the broker was away, a sender died, or a pause after a failure is over."""
    for sms_message_id in list_waiting_across_partners(at=timezone.now()):
        send_sms.delay(sms_message_id=sms_message_id)
    for sms_account_id in list_lines_across_partners():
        look_after_sms_line.delay(sms_account_id=sms_account_id)


@shared_task(name="messaging.look_after_sms_line", soft_time_limit=240, time_limit=300)
def look_after_sms_line(*, sms_account_id: int) -> None:
    """Send what waits on an account's line, and hear its provider's receipts."""
    with suppress(UnavailableError):  # the next minute tries again
        run_line(account_id=sms_account_id, seconds=LISTENING, at=timezone.now())


@shared_task(name="messaging.deliver_sms_receipt")
def deliver_sms_receipt(*, sms_receipt_id: int) -> None:
    """Tell a partner's address what became of an SMS; what fails is left to `deliver_waiting_sms_receipts`."""
    deliver_receipt(sms_receipt_id=sms_receipt_id, at=timezone.now())


@shared_task(name="messaging.deliver_waiting_sms_receipts")
def deliver_waiting_sms_receipts() -> None:
    """Start the reports whose turn has come."""
    for sms_receipt_id in list_waiting_receipts_across_partners(at=timezone.now()):
        deliver_sms_receipt.delay(sms_receipt_id=sms_receipt_id)


@shared_task(name="messaging.forget_texts")
def forget_texts() -> None:
    """Empty what was written to whom, once nobody needs it."""
    sms.forget_texts(at=timezone.now())
    emails.forget_emails(at=timezone.now())


@shared_task(name="messaging.sweep_attachments")
def sweep_attachments() -> None:
    """Remove files that no message names: whoever stored them died before keeping the row."""
    # A staging deployment forgets its messages every week.
    attachments.sweep_attachments(at=timezone.now(), is_sure=settings.ENVIRONMENT == "staging")


@shared_task(
    name="messaging.send_email",
    bind=True,
    max_retries=3,
    soft_time_limit=int(emails.TALK.total_seconds()) - 15,
    time_limit=int(emails.TALK.total_seconds()),
)
def send_email(self: Task, *, email_id: int) -> None:
    """Send one e-mail if it is still to be sent; what fails for long is left to `send_waiting_emails`."""
    try:
        emails.deliver_email(email_id=email_id, at=timezone.now())
    except TemporarilyUnavailable as error:
        # Not a moment before the mail is due again: who came too early would find nothing to do.
        raise self.retry(exc=error, countdown=error.details["retry_after"]) from error


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


@shared_task(name="messaging.reseal_secrets")
def reseal_secrets() -> None:
    """Bring kept secrets under the newest key, in the night after it was changed."""
    resealing.reseal_secrets()
