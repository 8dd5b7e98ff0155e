"""Rates in words, as pages of the back office show them."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from commissions.choices import Component, RateMode
from commissions.models import CommissionRate
from commissions.rules.cards import Draft
from loyalty.backoffice.display import NOTHING, money
from partners.models import Shop


def number(value: Decimal) -> str:
    """In the reader's notation, without zeros that say nothing."""
    return number_format(Decimal(format(value.normalize(), "f")))


def terms_in_words(rate: CommissionRate | Draft | None) -> str:
    """`2.5 % + 0.30 EUR, at least 0.05 EUR, at most 10.00 EUR`; of tiers every step."""
    if rate is None:
        return NOTHING
    fixed = f" + {money(rate.fixed, rate.currency)}" if rate.fixed else ""
    parts = [f"{number(rate.percent)} %{fixed}"]
    if rate.mode != RateMode.FLAT:
        parts = [str(RateMode(rate.mode).label), *_steps(rate), *([fixed.lstrip(" +")] if fixed else [])]
    if rate.minimum is not None:
        parts.append(_("at least {amount}").format(amount=money(rate.minimum, rate.currency)))
    if rate.maximum is not None:
        parts.append(_("at most {amount}").format(amount=money(rate.maximum, rate.currency)))
    return ", ".join(parts)


def tiers_of(rate: CommissionRate | Draft) -> list[tuple[Decimal, Decimal]]:
    """(from, percent) of each step, lowest first."""
    if isinstance(rate, Draft):
        return list(rate.tiers)
    return [(Decimal(step["from"]), Decimal(step["percent"])) for step in rate.tiers]


def _steps(rate: CommissionRate | Draft) -> Iterable[str]:
    steps = tiers_of(rate)
    if not steps or steps[0][0] > 0:
        steps = [(Decimal(0), rate.percent), *steps]
    for start, percent in steps:
        yield _("from {amount}: {percent} %").format(amount=money(start, rate.currency), percent=number(percent))


def scope_in_words(rate: CommissionRate | Draft, shops: dict[int, Shop] | None = None) -> str:
    """What a rate speaks of: its component, and the shop and category where it has them."""
    shop: Any = (shops or {}).get(rate.shop_id or 0) or getattr(rate, "shop", None)
    parts = [str(Component(rate.component).label)]
    if rate.shop_id is not None:
        parts.append(str(shop or rate.shop_id))
    if rate.category:
        parts.append(f"“{rate.category}”")
    return " · ".join(parts)


def clock_in_words(moment: datetime | None) -> str:
    """A moment on the partner's clock: the day alone at midnight."""
    if moment is None:
        return NOTHING
    is_midnight = (moment.hour, moment.minute, moment.second, moment.microsecond) == (0, 0, 0, 0)
    return f"{moment:%Y-%m-%d}" if is_midnight else f"{moment:%Y-%m-%d %H:%M}"
