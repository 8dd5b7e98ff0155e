from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AnalyticsConfig(AppConfig):
    """What it adds up to: the daily roll-up and the statistics that are read from it."""

    name = "analytics"
    verbose_name = _("Statistics")

    def ready(self) -> None:
        from analytics.services.attaching import NoteAttached
        from ledger.services.followers import register_follower

        register_follower(NoteAttached())
