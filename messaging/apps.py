from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MessagingConfig(AppConfig):
    """What we send, and who agreed to it."""

    name = "messaging"
    verbose_name = _("Messaging")
