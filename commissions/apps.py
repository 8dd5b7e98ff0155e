from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CommissionsConfig(AppConfig):
    """What the platform earns: rates, periods, statements."""

    name = "commissions"
    verbose_name = _("Commissions")

    def ready(self) -> None:
        from commissions import subscribers
        from commissions.selectors.figures import commission_of_groups
        from commissions.selectors.open_money import list_unsettled_months
        from commissions.services.demo import CommissionsDemo
        from ledger.demo.parts import register_demo_part
        from loyalty.contributions import register_figures
        from partners.selectors.lifecycle import register_open_money

        subscribers.register()
        register_figures("transactions.groups", self.name, defaults={"commission": {}}, read=commission_of_groups)
        register_open_money(list_unsettled_months)
        register_demo_part(CommissionsDemo())
