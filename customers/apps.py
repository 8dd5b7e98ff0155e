from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    """Who buys: one partner's view of a person."""

    name = "customers"
    verbose_name = _("Customers")

    def ready(self) -> None:
        from customers.services.erasure import erase_customers, export_customers
        from customers.subscribers import register
        from loyalty.contributions import register_subject

        register()
        register_subject(self.name, erase=erase_customers, export=export_customers)
