"""Closed lists of values, as the wire spells them."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Channel(models.TextChoices):
    EMAIL = "email", _("E-mail")
    SMS = "sms", _("SMS")
    PUSH = "push", _("Push notice")


class Purpose(models.TextChoices):
    MARKETING = "marketing", _("Marketing")
    SERVICE = "service", _("Service")


class SmsPurpose(models.TextChoices):
    """Why an SMS is sent; what holds a code is never shown again."""

    OTP = "otp", _("One-time code")
    APP_LINK = "app_link", _("Link to the app")
    SERVICE = "service", _("Service")
    MARKETING = "marketing", _("Marketing")


class SmsStatus(models.TextChoices):
    QUEUED = "queued", _("Queued")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    DELIVERED = "delivered", _("Delivered")
    UNDELIVERABLE = "undeliverable", _("Undeliverable")
    EXPIRED = "expired", _("Expired")


# Nothing changes any more.
SMS_FINAL = (SmsStatus.DELIVERED, SmsStatus.FAILED, SmsStatus.UNDELIVERABLE, SmsStatus.EXPIRED)
SMS_OPEN = (SmsStatus.QUEUED, SmsStatus.SENDING)


class SmsAccountKind(models.TextChoices):
    """What brings an account's messages out."""

    PLATFORM = "platform", _("The platform's own connection")
    HTTP = "http", _("HTTP")
    SMPP = "smpp", _("SMPP")
    DATABASE = "database", _("Kept in the database (demo)")


class SmsBilling(models.TextChoices):
    PREPAID = "prepaid", _("Prepaid")
    POSTPAID = "postpaid", _("Postpaid, up to a limit")


class SmsReceiptState(models.TextChoices):
    """Of a report on its way to the partner's own address."""

    WAITING = "waiting", _("Waiting")
    DELIVERED = "delivered", _("Delivered")
    DROPPED = "dropped", _("Given up")


class EmailStatus(models.TextChoices):
    QUEUED = "queued", _("Queued")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")


class MessageType(models.TextChoices):
    """What a message is (contract 4)."""

    MESSAGE = "message", _("Message")
    COMMENT = "comment", _("Comment")
    DOCUMENT_REQUEST = "document_request", _("Request for documents")
    STATUS_UPDATE = "status_update", _("Status update")


class MessageTopic(models.TextChoices):
    """What a message is about."""

    GENERAL = "general", _("General")
    ONBOARDING = "onboarding", _("Onboarding")
    DOCUMENTS = "documents", _("Documents")
    COMMISSION = "commission", _("Commission and statements")
    INTEGRATION = "integration", _("Integration")
    MARKETING = "marketing", _("Marketing")


class EndpointState(models.TextChoices):
    ACTIVE = "active", _("Active")
    PAUSED = "paused", _("Paused")
    DISABLED = "disabled", _("Disabled")


class EndpointReason(models.TextChoices):
    """Why an endpoint gets nothing at the moment."""

    FAILING = "failing", _("Nothing was accepted for five days")
    HELD = "held", _("Paused by the platform")
    GONE = "gone", _("The endpoint answered 410 Gone")
    SWITCHED_OFF = "switched_off", _("Switched off")


class DeliveryState(models.TextChoices):
    PENDING = "pending", _("Waiting")
    SENDING = "sending", _("Being sent")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Failed")


class DeliveryError(models.TextChoices):
    """Why the last attempt came to nothing; nothing of an answer but its status is kept."""

    STATUS = "status", _("Not accepted")
    REDIRECT = "redirect", _("Redirected")
    GONE = "gone", _("Gone")
    TOO_SLOW = "too_slow", _("No answer in time")
    UNREACHABLE = "unreachable", _("Nobody listens there")
    UNKNOWN_HOST = "unknown_host", _("Unknown host name")
    NOT_PUBLIC = "not_public", _("Not a public address")
    CERTIFICATE = "certificate", _("Certificate not valid")
    ADDRESS = "address", _("Not an address we may call")
    BROKEN = "broken", _("The answer was no HTTP")
    SECRET = "secret", _("The secret cannot be read")
    EXPIRED = "expired", _("Not delivered in time")
