"""Refusals that speak of what we send."""

from django.utils.translation import gettext_lazy as _

from loyalty.errors import UnavailableError


class SmsSendFailed(UnavailableError):
    code = "SMS_SEND_FAILED"
    number = 1607
    template = _("The SMS cannot be sent at the moment. Try again later.")
