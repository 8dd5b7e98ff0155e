from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GamesConfig(AppConfig):
    """Games, plays, stamps and coupons."""

    name = "games"
    verbose_name = _("Games and coupons")

    def ready(self) -> None:
        from games.selectors.figures import export, game_figures
        from games.services.demo import GamesDemo
        from games.services.erasure import erase_notes
        from games.subscribers import register
        from ledger.demo.parts import register_demo_part
        from loyalty.contributions import register_figures, register_subject

        register()
        register_demo_part(GamesDemo())
        none = {"total_coupons": 0, "active_coupons": 0, "completed_games": 0}
        register_figures("person.statistics", self.name, defaults=none, read=game_figures)
        register_subject(self.name, erase=erase_notes, export=export)
