"""What went through an SMS account this month: by day, purpose, country and template."""

from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext_lazy as _

from loyalty.backoffice.display import NOTHING, list_url, money
from loyalty.backoffice.panels import Panel
from messaging.choices import SmsPurpose
from messaging.models import SmsAccount
from messaging.selectors.sms_accounts import get_usage

FIGURES = ("messages", "delivered", "failed", "parts")


def usage_panels(account: SmsAccount) -> list[Panel]:
    """The account's own messages of this month on its partner's clock, the newest day first."""
    today = timezone.localdate(timezone=ZoneInfo(account.partner.time_zone))
    usage = get_usage(partner=account.partner, since=today.replace(day=1), until=today, account=account)
    purposes = dict(SmsPurpose.choices)
    heads = (_("messages"), _("delivered"), _("failed"), _("parts"), _("cost"))
    messages = list_url("messaging.smsmessage", account__id__exact=account.pk)

    def figures(row: dict[str, Any]) -> list[str]:
        counts = [number_format(row[name], force_grouping=True) for name in FIGURES]
        return [*counts, money(row["cost"], usage.currency)]

    total = [_("Together"), *figures(usage.totals)]
    days = [[date_format(row["day"], "Y-m-d"), *figures(row)] for row in reversed(usage.by_day)]
    tables: tuple[tuple[Any, Any, list[list[Any]]], ...] = (
        (_("This month by day"), _("day"), [*days, total] if days else []),
        (
            _("This month by purpose"),
            _("purpose"),
            [[purposes.get(row["purpose"], row["purpose"]), *figures(row)] for row in usage.by_purpose],
        ),
        (
            _("This month by country"),
            _("country"),
            [[row["country"] or NOTHING, *figures(row)] for row in usage.by_country],
        ),
        (
            _("This month by template"),
            _("template"),
            [[row["template"] or NOTHING, *figures(row)] for row in usage.by_template],
        ),
    )
    empty = _("Nothing this month.")
    return [Panel(title, (first, *heads), rows, messages, empty) for title, first, rows in tables]
