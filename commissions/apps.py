from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CommissionsConfig(AppConfig):
    """What the platform earns: rates, periods, statements."""

    name = "commissions"
    verbose_name = _("Commissions")

    def ready(self) -> None:
        from commissions import subscribers
        from commissions.selectors.figures import commission_of_groups
        from loyalty.contributions import register_figures

        subscribers.register()
        register_figures("transactions.groups", self.name, defaults={"commission": {}}, read=commission_of_groups)
