from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GamesConfig(AppConfig):
    """Games, plays, stamps and coupons."""

    name = "games"
    verbose_name = _("Games and coupons")

    def ready(self) -> None:
        from games.selectors.figures import export, game_figures
        from games.services.erasure import erase_notes
        from games.subscribers import register
        from loyalty.contributions import register_figures, register_subject

        register()
        none = {"total_coupons": 0, "active_coupons": 0, "completed_games": 0}
        register_figures("person.statistics", self.name, defaults=none, read=game_figures)
        register_subject(self.name, erase=erase_notes, export=export)
