from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LedgerConfig(AppConfig):
    """What happened: sales and points, append-only."""

    name = "ledger"
    verbose_name = _("Ledger")

    def ready(self) -> None:
        from ledger.subscribers import register

        register()
