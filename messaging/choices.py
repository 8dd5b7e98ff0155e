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
