"""Mail settings.

EMAIL_URL names the mail server. A development machine without one keeps its mails in the database, where the back
office shows them; a production machine never does, because some of them hold links for a new password.
"""

from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

# Every step of a talk with a mail server ends after EMAIL_TIMEOUT; all of them together must end before the lease of
# the one who talks (messaging.services.emails).
LONGEST_STEP = 20
KEPT = "messaging.backends.KeepInDatabase"


def mail_settings(env: environ.Env, *, development: bool) -> dict[str, Any]:
    """How mail goes out, under whose name, and where people's answers to it go (nowhere when empty)."""
    url = env.str("EMAIL_URL", default="")
    found: dict[str, Any] = environ.Env.email_url_config(url or "smtp://localhost:25")
    if development and not url:
        found["EMAIL_BACKEND"] = KEPT
    found["EMAIL_BACKEND"] = env.str("EMAIL_BACKEND", default=found["EMAIL_BACKEND"])
    if not development and found["EMAIL_BACKEND"] == KEPT:
        raise ImproperlyConfigured(
            "EMAIL_BACKEND keeps links for new passwords where staff read them: not in production."
        )
    found["EMAIL_TIMEOUT"] = env.int("EMAIL_TIMEOUT", default=15)
    if not 1 <= found["EMAIL_TIMEOUT"] <= LONGEST_STEP:
        raise ImproperlyConfigured(f"EMAIL_TIMEOUT must be between 1 and {LONGEST_STEP} seconds.")
    name = env.str("PLATFORM_NAME", default="Loyalty")
    return {
        **found,
        "EMAIL_URL": url,
        "PLATFORM_NAME": name,
        "DEFAULT_FROM_EMAIL": env.str("DEFAULT_FROM_EMAIL", default=f"{name} <no-reply@localhost>"),
        "SUPPORT_EMAIL": env.str("SUPPORT_EMAIL", default=""),
    }
