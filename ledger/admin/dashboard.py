"""The first page: how the day goes."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from ledger.admin.cells import points_of, total
from ledger.selectors import backoffice
from loyalty.backoffice.display import NOTHING, instant, link, list_url, money
from loyalty.backoffice.panels import Panel


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add today's numbers and the last sales, for those who may see sales."""
    if not request.user.has_perm("ledger.view_transaction"):
        return context
    today = backoffice.sum_today_across_partners(timezone.now())
    amounts = [money(row.amount, row.currency) for row in today]
    rows = [
        [
            link(sale, instant(sale.occurred_at)),
            sale.get_type_display(),
            link(sale.partner),
            sale.shop or NOTHING,
            link(sale.customer) if sale.customer_id else _("anonymous"),
            total(sale),
            points_of(sale),
        ]
        for sale in backoffice.list_newest_transactions_across_partners()
    ]
    context["numbers"] = [
        (_("Active partners"), _number(backoffice.count_active_partners_across_partners())),
        (_("Sales today"), _number(sum(row.sales for row in today))),
        (_("Turnover today"), " · ".join(amounts) or NOTHING),
        (_("Points issued today"), _number(sum(row.points for row in today))),
    ]
    context["panels"] = [
        Panel(
            _("Last sales"),
            [_("occurred at"), _("type"), _("partner"), _("shop"), _("customer"), _("order total"), _("points")],
            rows,
            list_url("ledger.transaction"),
            _("No till has sent a sale yet. Create API credentials for a partner and give them to a till."),
        )
    ]
    return context


def _number(value: int) -> str:
    return number_format(value, force_grouping=True)
