from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LedgerConfig(AppConfig):
    """What happened: sales and points, append-only."""

    name = "ledger"
    verbose_name = _("Ledger")

    def ready(self) -> None:
        from ledger.demo.parts import register_demo_part
        from ledger.services.demo_mails import MailsDemo
        from ledger.services.demo_messages import MessagesDemo
        from ledger.services.demo_sms import SmsDemo
        from ledger.services.demo_webhooks import WebhookDemo
        from ledger.subscribers import register

        register()
        register_demo_part(SmsDemo())
        register_demo_part(WebhookDemo())
        register_demo_part(MessagesDemo())
        register_demo_part(MailsDemo())
