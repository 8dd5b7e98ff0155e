from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MessagingConfig(AppConfig):
    """What we send, and who agreed to it."""

    name = "messaging"
    verbose_name = _("Messaging")

    def ready(self) -> None:
        from loyalty.contributions import register_subject
        from loyalty.services.outbox import register_listeners
        from messaging.selectors.webhooks import list_wanted_across_partners
        from messaging.services import erasure
        from messaging.services.webhook_turn import wake
        from messaging.subscribers import register

        register_subject(self.name, erase=erasure.erase, export=erasure.export)
        register_listeners(read=list_wanted_across_partners, wake=wake)
        register()
