from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CardsConfig(AppConfig):
    """What customers hold: card programmes with their rules, and issued cards."""

    name = "cards"
    verbose_name = _("Cards")

    def ready(self) -> None:
        from cards.selectors.brand import brand_figures
        from cards.selectors.cards import list_names
        from cards.selectors.figures import card_figures
        from cards.services import erasure
        from cards.subscribers import register
        from loyalty.contributions import register_figures, register_subject
        from partners.selectors.programmes import know_programmes

        register()
        know_programmes(list_names)
        register_figures("person.statistics", self.name, defaults={"total_cards": 0}, read=card_figures)
        register_figures("brand", self.name, defaults={"color": ""}, read=brand_figures)
        register_subject(self.name, erase=erasure.erase, export=erasure.export)
