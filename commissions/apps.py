from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CommissionsConfig(AppConfig):
    """What the platform earns: rates, periods, statements."""

    name = "commissions"
    verbose_name = _("Commissions")
