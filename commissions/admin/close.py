"""The month's close on one page: how far each partner is, what is odd, and the next step."""

import re
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commissions.choices import PayoutDirection, PayoutStatus, PeriodState
from commissions.models.keys import MONTH
from commissions.selectors.close_board import (
    BoardRow,
    board_across_partners,
    list_months_across_partners,
    partners_without_the_month,
    progress_across_partners,
)
from commissions.selectors.periods import current_month
from loyalty.api.pagination import Page
from loyalty.backoffice.display import NOTHING, change_url, instant, link, list_url, money, to

PAGE = 50


def urls() -> list[URLPattern]:
    """To stand before those of the months."""
    return [path("close/", admin.site.admin_view(close_page), name="commissions_close")]


def close_page(request: HttpRequest) -> HttpResponse:
    """`?month=2026-06`, narrowed by `state` and `q`; the last month that is over, if none is asked for."""
    if not request.user.has_perm("commissions.view_commissionperiod"):
        raise PermissionDenied
    months = list_months_across_partners()
    month = request.GET.get("month", "")
    if not re.match(MONTH, month):
        month = _usual(months)
    state = request.GET.get("state", "")
    state = state if state in PeriodState.values else ""
    search = request.GET.get("q", "").strip()[:100].replace("\0", "")
    page = Page(_number(request.GET.get("page", "")), PAGE)
    board = board_across_partners(month=month, state=state, search=search, page=page)
    context = {
        **admin.site.each_context(request),
        "title": _("Month's close"),
        "month": month,
        "months": months,
        "states": PeriodState.choices,
        "state": state,
        "search": search,
        "numbers": _numbers(month) if months else [],
        "table": {"headers": _headers(), "rows": [_row(row) for row in board.rows]},
        "absent": partners_without_the_month(month=month),
        "total": board.total,
        "page": page.number,
        "pages": range(1, -(-board.total // PAGE) + 1),
    }
    request.current_app = admin.site.name
    return TemplateResponse(request, "commissions/backoffice/close.html", context)


def _usual(months: list[str]) -> str:
    this = f"{timezone.now():%Y-%m}"
    return next((month for month in months if month < this), months[0] if months else this)


def _number(text: str) -> int:
    return min(int(text), 100_000) if text.isascii() and text.isdigit() and int(text) > 0 else 1


def _numbers(month: str) -> list[tuple[str, str]]:
    done = progress_across_partners(month=month)
    every = done.open + done.locked + done.settled
    return [
        (_("Closed"), f"{done.locked + done.settled} / {every}"),
        (_("Settled"), f"{done.settled} / {every}"),
        (_("Waiting for money"), str(done.issued)),
        (_("Commission"), " · ".join(money(total, currency) for currency, total in done.totals) or NOTHING),
    ]


def _headers() -> list[str]:
    return [
        *(_("partner"), _("state"), _("lines"), _("total"), _("last synchronized")),
        *(_("statement"), _("payout or invoice"), _("warnings"), _("next step")),
    ]


def _row(row: BoardRow) -> list[Any]:
    period, statement, payout = row.period, row.statement, row.payout
    return [
        link(period, str(period.partner)),
        period.get_state_display(),
        to(list_url("commissions.commissionentry", period__id__exact=period.pk), period.lines),
        money(period.total, period.currency),
        instant(row.synced_at),
        f"{statement.get_status_display()} {statement.shown_number}".strip() if statement else NOTHING,
        link(payout, f"{payout.number} · {payout.get_status_display()}") if payout else NOTHING,
        "; ".join(_warnings(row)) or NOTHING,
        _next_step(row),
    ]


def _warnings(row: BoardRow) -> list[str]:
    found = []
    if row.no_rate:
        text = ngettext("{count} line without a rate", "{count} lines without a rate", row.no_rate)
        found.append(text.format(count=row.no_rate))
    if row.is_behind and row.period.is_open:
        found.append(_("sales wait to be synchronized"))
    owes = row.payout is not None and row.payout.direction == PayoutDirection.PAYOUT
    if owes and not row.has_bank:
        found.append(_("no bank details"))
    if row.payout is not None and row.payout.error:
        found.append(row.payout.error)
    return found


def _next_step(row: BoardRow) -> Any:
    """What somebody has to do now, as a link to where it is done."""
    period, statement, payout = row.period, row.statement, row.payout
    if period.is_open:
        if period.month >= current_month(period.partner, timezone.now()):
            return _("the month goes on")
        return to(reverse("admin:commissions_commissionperiod_lock", args=[period.pk]), _("Lock the month"))
    if statement is not None and statement.is_draft:
        return to(_statement_url(row), _("Issue the statement"))
    if payout is None or payout.status == PayoutStatus.PAID:
        return _("done") if period.state == PeriodState.SETTLED else link(period, _("Look at the month"))
    return _payout_step(row)


def _payout_step(row: BoardRow) -> Any:
    payout = row.payout
    assert payout is not None
    if payout.direction == PayoutDirection.PAYOUT and not row.has_bank:
        return to(reverse("admin:commissions_bankdetails_add"), _("Enter the bank details"))
    if payout.status == PayoutStatus.DRAFT:
        return to(reverse("admin:commissions_payout_issue", args=[payout.pk]), _("Issue it"))
    if payout.status == PayoutStatus.FAILED:
        return to(reverse("admin:commissions_payout_retry", args=[payout.pk]), _("Issue it again"))
    if payout.is_with_provider:
        return _("the payment provider has it")
    return to(reverse("admin:commissions_payout_mark_paid", args=[payout.pk]), _("Mark it as paid"))


def _statement_url(row: BoardRow) -> str:
    assert row.statement is not None
    try:
        return change_url("commissions.statement", row.statement.pk)
    except NoReverseMatch:
        return change_url("commissions.commissionperiod", row.period.pk)
