from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GamesConfig(AppConfig):
    """Games, plays, stamps and coupons."""

    name = "games"
    verbose_name = _("Games and coupons")

    def ready(self) -> None:
        from games.subscribers import register

        register()
