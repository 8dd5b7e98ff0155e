"""Refusals that speak of what we send."""

from django.utils.translation import gettext_lazy as _

from loyalty.errors import ConflictError, NotFoundError, UnavailableError


class SmsSendFailed(UnavailableError):
    code = "SMS_SEND_FAILED"
    number = 1607
    template = _("The SMS cannot be sent at the moment. Try again later.")


class EmailConsentMissing(ConflictError):
    """Marketing goes only to those who said yes, and did not say no since."""

    code = "EMAIL_CONSENT_MISSING"
    template = _("The owner of this address has not agreed to get marketing by e-mail.")


class MessageTemplateNotFound(NotFoundError):
    code = "MESSAGE_TEMPLATE_NOT_FOUND"
    template = _("There is no message template '{template}'.")


class TooManyWebhooks(ConflictError):
    code = "WEBHOOK_LIMIT_REACHED"
    template = _("There are {most} webhook endpoints already. Delete one first.")


class WebhookNotActive(ConflictError):
    code = "WEBHOOK_NOT_ACTIVE"
    template = _("Nothing is sent to this endpoint at the moment. Switch it on first.")
