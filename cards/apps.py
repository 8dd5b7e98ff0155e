from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CardsConfig(AppConfig):
    """What customers hold: card programmes with their rules, and issued cards."""

    name = "cards"
    verbose_name = _("Cards")
