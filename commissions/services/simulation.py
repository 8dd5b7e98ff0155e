"""Trying a draft of rates on what was really sold, before anybody pays by it. Nothing is written."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

from django.db import transaction
from django.utils.translation import gettext as _

from commissions.rules.cards import Draft, collisions, complaints
from commissions.rules.currency import unit_of
from commissions.rules.lines import Line, Sale, accrue
from commissions.rules.months import first_day, month_of
from commissions.rules.rates import Rate, RateBook
from commissions.rules.reversals import Refunded, reverse
from commissions.rules.simulation import Sums, rehearsed
from commissions.selectors.rates import as_rate, list_rates, load_book, wall_clock
from commissions.selectors.simulation import Part, count_by_day, read_parts, read_posted, read_sales_of_days
from commissions.services.rates import NewCard
from loyalty.errors import ResourceNotFound, ValidationFailed
from partners.models import Partner, Shop

DAYS, MOST_DAYS = 90, 400
# What is computed within a few seconds; a partner with more tries a shorter time.
MOST_SOURCES = 200_000


@dataclass(frozen=True, slots=True)
class Difference:
    """What a shop's month pays by the rates there are and by the draft."""

    shop_id: int | None
    shop: str | None
    month: str
    now: Decimal
    then: Decimal


@dataclass(frozen=True, slots=True)
class Simulation:
    """What the same sales and refunds come to. Minimum and cap of a month are not part of it."""

    begin: date
    end: date
    sales: int
    refunds: int
    base: Decimal
    now: Decimal
    then: Decimal
    without_rate: int
    groups: list[Difference]


def simulate_rates(*, partner: Partner, card: NewCard, days: int, at: datetime) -> Simulation:
    """What the last `days` days, today among them, would have paid by another card.

    Raises ValidationFailed (the card, or more sales than are computed at once), ResourceNotFound (shop).
    """
    now = wall_clock(partner, at)
    begin, end = now.date() - timedelta(days=days - 1), now.date()
    drafts = list(card.rates or [])
    _check(partner, drafts, now, is_flat=False)
    start = datetime.combine(first_day(month_of(begin)), datetime.min.time())
    rates = rehearsed(drafts, start, now)
    if card.rates is None:
        rates = _with_wide(partner, card, start, now)
    with transaction.atomic():
        books = (load_book(partner=partner), load_book(partner=partner, drafts=rates))
        read_from = start.date() if any(book.has_tiers for book in books) else begin
        _refuse_too_many(partner, read_from, begin, end)
        sales = read_sales_of_days(partner=partner, begin=read_from, end=end)
        parts = read_parts(partner=partner, begin=begin, end=end)
        ids = {sale.id for sale in sales}
        posted = read_posted(partner=partner, ids=[part.original_id for part in parts if part.original_id not in ids])
        present, draft = (_sums(partner, book, (sales, parts, posted), begin) for book in books)
        transaction.set_rollback(True)
    counted = [sale for sale in sales if sale.local_on >= begin]
    return Simulation(
        begin=begin,
        end=end,
        sales=len(counted),
        refunds=len(parts),
        base=sum((sale.amount for sale in counted), Decimal(0)),
        now=present.total,
        then=draft.total,
        without_rate=draft.without_rate,
        groups=_groups(partner, present, draft),
    )


Posted = Mapping[int, list[tuple[str, Decimal, Decimal]]]


def _sums(partner: Partner, book: RateBook, sources: tuple[list[Sale], list[Part], Posted], begin: date) -> Sums:
    sales, parts, posted = sources
    unit, sums = unit_of(partner.currency), Sums()
    sums.add(accrue(sales, book, unit), begin, {part.original_id for part in parts})
    for line in _reversals(parts, {**posted, **sums.of_sales}, unit):
        sums.put(line)
    return sums


def _reversals(parts: list[Part], lines: Posted, unit: Decimal) -> Iterable[Line]:
    for part in parts:
        for category, amount, base in lines.get(part.original_id, []):
            place = (part.id, part.month, part.local_on, part.shop_id, "platform", category, part.month, None)
            yield reverse(Refunded(*place, amount, base, part.whole, part.before, part.reached), unit)


def _groups(partner: Partner, present: Sums, draft: Sums) -> list[Difference]:
    keys = sorted({*present.groups, *draft.groups}, key=lambda key: (key[1], key[0] or 0))
    names = dict(Shop.objects.filter(partner=partner, pk__in={key[0] for key in keys}).values_list("pk", "name"))
    return [
        Difference(
            shop_id,
            names.get(shop_id) if shop_id is not None else None,
            month,
            present.groups.get((shop_id, month), Decimal(0)),
            draft.groups.get((shop_id, month), Decimal(0)),
        )
        for shop_id, month in keys
    ]


def _with_wide(partner: Partner, card: NewCard, start: datetime, now: datetime) -> list[Rate]:
    """The partner's own rates, and the flat fields in place of those that are for everything."""
    own = [row for row in list_rates(partner=partner) if row.currency == partner.currency]
    kept = [as_rate(row) for row in own if row.component not in (card.flat or {}) or row.shop_id or row.category]
    drafts = []
    for component, terms in (card.flat or {}).items():
        wide = [row for row in own if row.component == component and not row.shop_id and not row.category]
        draft = Draft(component, currency=partner.currency, valid_from=card.valid_from)
        for row in wide:
            if as_rate(row).is_valid_at(now):
                draft = replace(draft, percent=row.percent, fixed=row.fixed, minimum=row.minimum, maximum=row.maximum)
        drafts.append(replace(draft, **cast("dict[str, Any]", dict(terms))))
        if card.valid_from is not None and card.valid_from <= now:
            # Before it begins there is what there was.
            before = [as_rate(row) for row in wide if row.valid_from < card.valid_from]
            ends = [min(row.valid_to or card.valid_from, card.valid_from) for row in before]
            kept += [replace(row, valid_to=end) for row, end in zip(before, ends, strict=True)]
    _check(partner, drafts, now, is_flat=True)
    return [*kept, *rehearsed(drafts, start, now)]


def _refuse_too_many(partner: Partner, read_from: date, begin: date, end: date) -> None:
    counted, fits = 0, 0
    for day, count in count_by_day(partner=partner, begin=read_from, end=end):
        counted += count
        if counted <= MOST_SOURCES:
            fits = (end - max(day, begin)).days + 1
    if counted > MOST_SOURCES:
        text = _("There are more sales than are computed at once. Try {days} days.").format(days=max(fits, 1))
        raise ValidationFailed(errors={"days": [text]})


def _check(partner: Partner, drafts: Sequence[Draft], now: datetime, *, is_flat: bool) -> None:
    errors: dict[str, list[str]] = {}
    for index, draft in enumerate(drafts):
        for name, text in complaints(draft, now):
            wire = {"minimum": "min", "maximum": "max"}.get(name, name)
            errors.setdefault(name if is_flat else f"rates.{index}.{wire}", []).append(text)
        if draft.currency != partner.currency:
            text = _("This partner's currency is {currency}.").format(currency=partner.currency)
            errors.setdefault(f"rates.{index}.currency", []).append(text)
    for index in collisions(drafts, now):
        errors.setdefault(f"rates.{index}", []).append(_("Overlaps another rate of the same scope."))
    if errors:
        raise ValidationFailed(errors=errors)
    wanted = {draft.shop_id for draft in drafts if draft.shop_id is not None}
    own = set(Shop.objects.filter(partner=partner, pk__in=wanted).values_list("pk", flat=True))
    for index, draft in enumerate(drafts):
        if draft.shop_id is not None and draft.shop_id not in own:
            raise ResourceNotFound(errors={f"rates.{index}.shop_id": [_("There is no such shop.")]})
