from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PartnersConfig(AppConfig):
    """Who sells: partners, their shops, staff, API credentials, plan and products."""

    name = "partners"
    verbose_name = _("Partners")
