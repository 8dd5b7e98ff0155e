"""A partner as its own staff and systems see it."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection

from partners.models import ApiCredential, Partner, Shop

# Whether a partner has sales is known to an app above this one, which says so here when it starts (decision 21).
SalesCheck = Callable[[Partner], bool]
_sales_checks: list[SalesCheck] = []


def register_sales_check(check: SalesCheck) -> None:
    """Called from `AppConfig.ready()` by the app that keeps sales; registering twice has no further effect."""
    if check not in _sales_checks:
        _sales_checks.append(check)


def has_sales(partner: Partner) -> bool:
    """Whether anything was ever sold."""
    return any(check(partner) for check in _sales_checks)


def is_time_zone(name: str) -> bool:
    """Whether the database too can tell the day there: Python knows more, such as `localtime`, and statistics of all
    partners would stop at the one who lives in it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = %s)", [name])
        return bool(cursor.fetchone()[0])


@dataclass(frozen=True, slots=True)
class PartnerProfile:
    """A partner with what is counted rather than stored."""

    partner: Partner
    shops_count: int
    integration_status: str


def get_profile(partner: Partner) -> PartnerProfile:
    """The partner as it is now, with its open shops and how far its tills are connected."""
    partner = Partner.objects.select_related("plan").get(pk=partner.pk)
    shops = Shop.objects.filter(partner=partner, is_active=True).count()
    return PartnerProfile(partner, shops, integration_status(partner))


def integration_status(partner: Partner) -> str:
    """`not_configured` without API credentials, `ready` with them, `connected` once sales have arrived."""
    if not ApiCredential.objects.filter(partner=partner, revoked_at=None).exists():
        return "not_configured"
    return "connected" if has_sales(partner) else "ready"
