from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LoyaltyConfig(AppConfig):
    """The kernel: users, audit, errors, API plumbing. It knows no other app."""

    name = "loyalty"
    verbose_name = _("Platform")

    def ready(self) -> None:
        from loyalty import checks  # noqa: F401
        from loyalty.celery import app  # noqa: F401
        from loyalty.contributions import register_subject
        from loyalty.services.retention import export_answers, forget_answers

        register_subject(self.name, erase=forget_answers, export=export_answers)
