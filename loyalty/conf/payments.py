"""How the platform pays and is paid; docs/commission.md says more."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured

SANDBOX = "commissions.providers.sandbox.SandboxProvider"


def payment_settings(env: Any, *, development: bool) -> dict[str, Any]:
    provider = env.str("PAYMENT_PROVIDER", default=SANDBOX if development else "")
    if provider == SANDBOX and not development:
        raise ImproperlyConfigured("PAYMENT_PROVIDER: the sandbox moves no money and would call everything paid.")
    return {
        # The account that bank files pay from.
        "HOLDER": env.str("PLATFORM_ACCOUNT_HOLDER", default="Loyalty platform (demo)" if development else ""),
        "IBAN": env.str("PLATFORM_IBAN", default="LT121000011101001000" if development else ""),
        "BIC": env.str("PLATFORM_BIC", default=""),
        # Days from issuing to the day that something is due.
        "DUE_DAYS": env.int("PAYMENT_DUE_DAYS", default=14),
        # The class that talks to a payment provider (commissions/providers); none: bank files and marking by hand.
        "PROVIDER": provider,
        "API_URL": env.str("PAYMENT_API_URL", default="https://api.stripe.com"),
        "API_KEY": env.str("PAYMENT_API_KEY", default=""),
    }
