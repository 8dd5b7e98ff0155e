from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InterchangeConfig(AppConfig):
    """Files in and out: imports of what happened elsewhere."""

    name = "interchange"
    verbose_name = _("Imports and exports")
