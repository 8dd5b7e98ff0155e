from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MessagingConfig(AppConfig):
    """What we send, and who agreed to it."""

    name = "messaging"
    verbose_name = _("Messaging")

    def ready(self) -> None:
        from loyalty.contributions import register_subject
        from messaging.services import erasure
        from messaging.subscribers import register

        register_subject(self.name, erase=erasure.erase, export=erasure.export)
        register()
