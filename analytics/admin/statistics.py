"""The page of statistics: cards and tables, each figure beside that of the period before."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.rules.asking import Asked, Scope, read_asked
from analytics.rules.comparing import Compared, Number
from analytics.rules.windows import Window
from analytics.selectors.stats import Block, Figures, Statistics, get_statistics_across_partners
from loyalty.backoffice.display import NOTHING, change_url, money, to
from loyalty.backoffice.panels import Panel
from loyalty.errors import ValidationFailed
from partners.choices import PartnerStatus

PERIODS = {
    "today": gettext_lazy("Today"),
    "yesterday": gettext_lazy("Yesterday"),
    "last_7_days": gettext_lazy("7 days"),
    "last_30_days": gettext_lazy("30 days"),
    "last_90_days": gettext_lazy("90 days"),
    "this_month": gettext_lazy("This month"),
    "last_month": gettext_lazy("Last month"),
    "this_year": gettext_lazy("This year"),
    "last_year": gettext_lazy("Last year"),
}
MONEY = {
    "revenue": gettext_lazy("Revenue"),
    "refunds": gettext_lazy("Refunded"),
    "net_revenue": gettext_lazy("Net revenue"),
    "average_purchase": gettext_lazy("Average purchase"),
    "discounts": gettext_lazy("Paid with points"),
    "commission": gettext_lazy("Commission"),
}
COUNTS = {
    "purchases": gettext_lazy("Purchases"),
    "reversals": gettext_lazy("Refunds and cancellations"),
    "active_customers": gettext_lazy("Active customers"),
    "points_issued": gettext_lazy("Points issued"),
    "points_redeemed": gettext_lazy("Points redeemed"),
    "points_expired": gettext_lazy("Points expired"),
    "points_outstanding": gettext_lazy("Points outstanding"),
}
CARDS = ("purchases", "active_customers", "points_issued", "points_outstanding")


def statistics_page(page: Any, request: HttpRequest) -> HttpResponse:
    """Everything about all partners; read only, for those who may see the days it is made of."""
    if not page.has_view_permission(request):
        raise PermissionDenied
    asked = _asked(request)
    found = get_statistics_across_partners(asked=asked, scope=Scope(), at=timezone.now())
    context = {
        **page.admin_site.each_context(request),
        "title": _("Statistics"),
        "periods": _periods(asked),
        "days": _("{days}, compared with {before}").format(days=_days(found.window), before=_days(found.window.before)),
        "numbers": list(_cards(found)),
        "panels": [panel for block in found.blocks for panel in _panels(block)] or [_empty()],
    }
    return TemplateResponse(request, "loyalty/backoffice/statistics.html", context)


def _asked(request: HttpRequest) -> Asked:
    try:
        return read_asked(period=request.GET.get("period"), first=None, last=None)
    except ValidationFailed:
        messages.warning(request, _("There is no such period."))
        return Asked()


def _periods(asked: Asked) -> list[tuple[Any, str, bool]]:
    """Each period with its address, and whether it is the one that is shown."""
    address = reverse("admin:analytics_statistics")
    shown = asked.name or "last_30_days"
    return [(title, f"{address}?{urlencode({'period': name})}", name == shown) for name, title in PERIODS.items()]


def _days(window: Window) -> str:
    first, last = (date_format(day, "Y-m-d") for day in (window.first, window.last))
    return first if first == last else f"{first} {NOTHING} {last}"


def _cards(found: Statistics) -> Iterator[tuple[Any, str, str]]:
    yield _("Partners"), _count(found.partners.total), _("{count} new").format(count=_count(found.partners.new.current))
    for name in CARDS:
        one = found.totals[name]
        yield COUNTS[name], _count(one.current), _arrow(one)


def _panels(block: Block) -> Iterator[Panel]:
    currency, compared = block.currency, block.totals.compared()
    rows = [[title, *_row(compared[name], currency)] for name, title in MONEY.items()]
    rows += [[title, *_row(compared[name])] for name, title in COUNTS.items()]
    yield Panel(
        _("All partners in {currency}").format(currency=currency),
        [_("Figure"), _("This period"), _("Period before"), _("Change")],
        rows,
    )
    statuses = dict(PartnerStatus.choices)
    heads = [_("Partners who sold"), _("Purchases"), _("Net revenue"), _("Commission"), _("Change of net revenue")]
    yield Panel(
        _("By status and tier, {currency}").format(currency=currency),
        ["", *heads],
        [
            *([statuses.get(key, key), *_group(one, currency)] for key, one in sorted(block.by_status.items())),
            *([key, *_group(one, currency)] for key, one in sorted(block.by_tier.items())),
        ],
    )
    for title, ranked, empty in (
        (_("First partners, {currency}"), block.top, _("No partner sold anything in this period.")),
        (_("Falling partners, {currency}"), block.falling, _("No partner sold less than in the period before.")),
    ):
        yield Panel(
            title.format(currency=currency),
            [_("Partner"), _("This period"), _("Period before"), _("Change")],
            [[to(change_url("partners.partner", one.id), one.name), *_row(one.revenue, currency)] for one in ranked],
            empty=empty,
        )


def _group(figures: Figures, currency: str) -> list[str]:
    compared = figures.compared()
    return [
        _count(figures.partners),
        _count(compared["purchases"].current),
        _amount(compared["net_revenue"].current, currency),
        _amount(compared["commission"].current, currency),
        _arrow(compared["net_revenue"]),
    ]


def _row(one: Compared, currency: str = "") -> list[str]:
    def shown(value: Number | None) -> str:
        return _amount(value, currency) if currency else _count(value)

    return [shown(one.current), shown(one.previous), _arrow(one)]


def _amount(value: Number | None, currency: str) -> str:
    return money(None if value is None else Decimal(value), currency)


def _count(value: Number | None) -> str:
    return NOTHING if value is None else number_format(value, force_grouping=True)


def _arrow(one: Compared) -> str:
    """Which way it goes, and by how much of what it was."""
    if not one.change:
        return NOTHING
    sign = "▲" if one.change > 0 else "▼"
    return sign if one.growth is None else f"{sign} {number_format(abs(one.growth), decimal_pos=2)} %"


def _empty() -> Panel:
    return Panel(_("All partners"), empty=_("Nothing was sold in this period, nor in the one before."))
