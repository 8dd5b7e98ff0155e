"""System checks that a deployment must pass."""

from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, register


@register(Tags.security, deploy=True)
def production_is_configured(**_kwargs: Any) -> list[Error]:
    found = []
    if not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        found.append(Error("ALLOWED_HOSTS must name the hosts that this deployment serves.", id="loyalty.E001"))
    if settings.DATABASES["default"]["ENGINE"] != "loyalty.database":
        found.append(Error("DATABASE_URL must name a PostgreSQL database.", id="loyalty.E002"))
    if not settings.EMAIL_URL and settings.EMAIL_BACKEND.startswith("django.core.mail.backends.smtp"):
        found.append(
            Error("EMAIL_URL must name the mail server that links for a new password go by.", id="loyalty.E003")
        )
    return found
