"""What stands on a statement, in the words of the one who gets it; the kinds of files only differ in how it looks."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from commissions.choices import Component, EntryKind
from commissions.models import Statement
from commissions.rules.currency import unit_of
from commissions.rules.months import first_day, last_day
from commissions.selectors.statements import Group, groups_of

MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True)
class Content:
    """Everything is text already. `summary` rows marked True are sums of those above."""

    language: str
    title: str
    number: str
    notice: str
    issuer: str
    holder: Sequence[str]
    facts: Sequence[tuple[str, str]]
    summary: Sequence[tuple[str, str, bool]]
    headers: Sequence[str]
    groups: Sequence[Sequence[str]]
    groups_title: str
    verdict: str
    page_of: str


def language_of(statement: Statement) -> str:
    """The language a statement is written in: as it was when it was issued."""
    known = [code for code, _name in settings.LANGUAGES]
    wanted = statement.holder.get("language", statement.partner.default_language)
    return wanted if wanted in known else settings.LANGUAGE_CODE


def amount_text(amount: Decimal, currency: str) -> str:
    """12 345,60 as the active language writes it, with as many decimals as the currency has."""
    exponent = unit_of(currency).as_tuple().exponent
    text = number_format(abs(amount), decimal_pos=-int(exponent), force_grouping=True)
    return f"{MINUS if amount < 0 else ''}{text}"


def content_of(statement: Statement) -> Content:
    """The content of a statement in its language."""
    groups = groups_of(statement=statement)
    language = language_of(statement)
    with override(language):
        holder: dict[str, Any] = statement.holder or {"name": statement.partner.name}
        legal = holder.get("legal_name") or holder["name"]
        code = holder.get("registration_code")
        return Content(
            language=language,
            title=_("Statement of commission"),
            number=statement.shown_number,
            notice="" if statement.is_issued else _("Draft: not issued yet"),
            issuer=settings.PLATFORM_NAME,
            holder=[
                *(legal, *([holder["name"]] if holder["name"] != legal else [])),
                *([_("Registration code: {code}").format(code=code)] if code else []),
            ],
            facts=_facts(statement),
            summary=_summary(statement),
            headers=[_("What"), _("Component"), _("Month of the sale"), _("Shop"), _("Lines"), _("Base"), _("Amount")],
            groups=[_group(one, statement.currency) for one in groups],
            groups_title=_("What the month comes to"),
            verdict=_verdict(statement),
            page_of=_("Page {page} of {pages}"),
        )


def _facts(statement: Statement) -> list[tuple[str, str]]:
    zone = ZoneInfo(statement.partner.time_zone)
    begin, end = (date_format(day, "Y-m-d") for day in (first_day(statement.month), last_day(statement.month)))
    facts = [(_("Period"), f"{begin} \N{EN DASH} {end}"), (_("Currency"), statement.currency)]
    if statement.issued_at is not None:
        facts.append((_("Issued on"), date_format(statement.issued_at.astimezone(zone), "Y-m-d")))
    return facts


def _summary(statement: Statement) -> list[tuple[str, str, bool]]:
    names = {
        "accruals": _("Commission of the month's sales"),
        "late_accruals": _("Commission of earlier sales"),
        "reversals": _("Given back for refunds"),
        "adjustments": _("Corrections of earlier months"),
        "manual": _("Lines by hand"),
        "minimum_topup": _("Top-up to the monthly minimum"),
        "cap_reduction": _("Reduction to the monthly cap"),
    }
    parts = [(text, getattr(statement, name)) for name, text in names.items()]
    rows = [(_("Opening balance"), statement.opening, False)]
    rows += [(text, amount, False) for text, amount in parts if amount]
    rows += [
        (_("Total of the month"), statement.total, True),
        (_("Balance"), statement.opening + statement.total, True),
        (_("Settled with this statement"), statement.settled, False),
        (_("Carried to the next statement"), statement.closing, True),
    ]
    return [(text, amount_text(amount, statement.currency), is_sum) for text, amount, is_sum in rows]


def _verdict(statement: Statement) -> str:
    amount = f"{amount_text(abs(statement.settled), statement.currency)} {statement.currency}"
    if statement.settled > 0:
        return _("To be paid: {amount}").format(amount=amount)
    if statement.settled < 0:
        return _("You receive: {amount}").format(amount=amount)
    return _("Nothing is to be paid with this statement.")


def _group(group: Group, currency: str) -> list[str]:
    return [
        str(EntryKind(group.kind).label),
        str(Component(group.component).label),
        group.origin_month,
        group.shop_name or "",
        number_format(group.lines, force_grouping=True),
        amount_text(group.base, currency),
        amount_text(group.amount, currency),
    ]
