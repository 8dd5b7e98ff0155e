"""Refusals that speak of what we send."""

from django.utils.translation import gettext_lazy as _

from loyalty.errors import ConflictError, UnavailableError


class SmsSendFailed(UnavailableError):
    code = "SMS_SEND_FAILED"
    number = 1607
    template = _("The SMS cannot be sent at the moment. Try again later.")


class TooManyWebhooks(ConflictError):
    code = "WEBHOOK_LIMIT_REACHED"
    template = _("There are {most} webhook endpoints already. Delete one first.")


class WebhookNotActive(ConflictError):
    code = "WEBHOOK_NOT_ACTIVE"
    template = _("Nothing is sent to this endpoint at the moment. Switch it on first.")
