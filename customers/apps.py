from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    """Who buys: one partner's view of a person."""

    name = "customers"
    verbose_name = _("Customers")
