"""Telling a partner's own address what became of an SMS (contract 11).

`waiting → delivered | dropped`, each attempt claimed by one conditional UPDATE with a lease, so that a task that runs
twice tells once. One that dies in between tells again: the partner may get a report twice, as the contract says.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from django.db import transaction
from django.db.models import F

from loyalty.outbound.allowance import configured_allowance
from loyalty.outbound.calling import call
from loyalty.outbound.targets import OutboundRefusedError
from loyalty.services.jobs import start_after_commit
from messaging.choices import SmsReceiptState, SmsStatus
from messaging.models import SmsMessage, SmsReceipt

# After the first attempt; then the report is given up.
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (30, 120, 600, 1_800, 3_600))
PATIENCE = 5.0
LEASE = timedelta(seconds=60)
USER_AGENT = "Loyalty-LT-SMPP-Gateway/1.0"
REPORTED = {
    SmsStatus.SENT: "SENT",
    SmsStatus.DELIVERED: "DELIVERED",
    SmsStatus.FAILED: "FAILED",
    SmsStatus.UNDELIVERABLE: "UNDELIVERABLE",
    SmsStatus.EXPIRED: "UNDELIVERABLE",
}


def queue_receipt(*, message: SmsMessage, at: datetime) -> SmsReceipt | None:
    """Report the state that the message is in now, if its partner asked for reports; in the same transaction."""
    if not message.receipt_url or message.partner_id is None:
        return None
    receipt = SmsReceipt.objects.create(
        partner_id=message.partner_id,
        message=message,
        status=REPORTED[SmsStatus(message.status)],
        happened_at=at,
        due_at=at,
    )
    start_after_commit("messaging.deliver_sms_receipt", sms_receipt_id=receipt.pk)
    return receipt


def deliver_receipt(*, sms_receipt_id: int, at: datetime) -> SmsReceipt | None:
    """Make one attempt at a report that is due; None where there is nothing to do. Asks outside any transaction."""
    receipt = _claim(sms_receipt_id, at)
    if receipt is None:
        return None
    error = _tell(receipt)
    values: dict[str, Any] = {"error": error}
    if not error:
        values |= {"state": SmsReceiptState.DELIVERED, "finished_at": at}
    elif receipt.attempts > len(PAUSES):
        values |= {"state": SmsReceiptState.DROPPED, "finished_at": at}
    else:
        values["due_at"] = at + PAUSES[receipt.attempts - 1]
    held = SmsReceipt.objects.filter(pk=receipt.pk, state=SmsReceiptState.WAITING, attempts=receipt.attempts)
    held.update(**values)
    receipt.refresh_from_db()
    return receipt


@transaction.atomic
def _claim(pk: int, at: datetime) -> SmsReceipt | None:
    """The report as it was claimed: its row is held until it is read, or its number might be the next one's."""
    due = SmsReceipt.objects.filter(pk=pk, state=SmsReceiptState.WAITING, due_at__lte=at)
    if not due.update(attempts=F("attempts") + 1, due_at=at + LEASE):
        return None
    return SmsReceipt.objects.select_related("message").get(pk=pk)


def payload(receipt: SmsReceipt) -> dict[str, Any]:
    """What the partner's address is told."""
    message = receipt.message
    return {
        "id": str(message.public_id),
        "externalId": message.external_id or None,
        "status": receipt.status,
        "recipient": message.phone,
        "timestamp": receipt.happened_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "error": message.error or None if receipt.status in {"FAILED", "UNDELIVERABLE"} else None,
    }


def _tell(receipt: SmsReceipt) -> str:
    """Why it did not arrive; empty where it did."""
    try:
        answered = call(
            receipt.message.receipt_url,
            body=orjson.dumps(payload(receipt)),
            headers={"Content-Type": "application/json", "User-Agent": USER_AGENT},
            seconds=PATIENCE,
            allowance=configured_allowance(),
        )
    except OutboundRefusedError as refusal:
        return refusal.reason
    return "" if 200 <= answered.status < 300 else f"status {answered.status}"
