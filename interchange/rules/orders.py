"""Lines that belong together: the invoices of a file, whichever way their lines are spread over it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from types import MappingProxyType
from typing import NamedTuple

from interchange.rules.lines import (
    COLUMNS,
    LONGEST_CODE,
    LONGEST_NAME,
    OTHER_CUSTOMER,
    OTHER_SHOP,
    TEXT,
    Reader,
    fits,
)
from interchange.rules.profiles import FIELDS, Profile


@dataclass(slots=True)
class Order:
    """One invoice so far: of one customer in one shop, at the earliest time any of its lines names."""

    number: int
    invoice: str
    is_return: bool
    customer: str
    shop: str
    occurred_at: datetime
    cents: int = 0
    # The part that goods make up which earn no points.
    excluded_cents: int = 0
    lines: int = 0
    # The parts that goods make up which an offer is for, by the offer's id.
    offer_cents: dict[int, int] = field(default_factory=dict)


class Line(NamedTuple):
    """One accepted line as text for the database: article (code, name) and figures (quantity, price, total)."""

    order: int
    number: int
    article: str
    occurred_at: str
    earns: bool
    figures: str


class OrderBook:
    """Takes the records of a file one by one and keeps their invoices; the lines themselves it hands back."""

    def __init__(
        self,
        *,
        heading: Sequence[str],
        profile: Profile,
        reader: Reader,
        excluded: frozenset[str],
        offered: Mapping[str, tuple[int, ...]] = MappingProxyType({}),
    ) -> None:
        self.orders: dict[str, Order] = {}
        self._reader = reader
        self._excluded = excluded
        self._offered = offered
        self._width = len(heading)
        places = profile.positions(heading)
        # A field without a column reads the empty text that is put behind every record.
        self._pick = itemgetter(*(places.get(name, self._width) for name in FIELDS))

    def add(self, record: list[str]) -> Line | str:  # noqa: PLR0911 - one for each thing that can be wrong
        """The line as the ledger keeps it, or the reason why it is refused."""
        if len(record) != self._width:
            return COLUMNS
        invoice, date, quantity, price, product, name, customer, shop = self._pick([*record, ""])
        order = self.orders.get(invoice) or self.orders.get(invoice.strip())
        is_return = self._reader.kind(invoice.strip()) if order is None else order.is_return
        if isinstance(is_return, str):
            return is_return
        moment = self._reader.moment(date)
        if isinstance(moment, str):
            return moment
        figures = self._reader.figures(quantity, price, is_return)
        if isinstance(figures, str):
            return figures
        article = self._reader.article(product, name)
        if isinstance(article, str):
            return article
        if order is None or customer != order.customer or shop != order.shop:
            placed = self._place(order, invoice.strip(), customer.strip(), shop.strip(), moment.at)
            if isinstance(placed, str):
                return placed
            order = placed
        order.lines += 1
        order.cents += figures.cents
        if moment.at is not order.occurred_at:
            order.occurred_at = min(order.occurred_at, moment.at)
        earns = self._count_goods(order, article.code, figures.cents)
        return Line(order.number, order.lines, article.text, moment.text, earns, figures.text)

    def _count_goods(self, order: Order, code: str, cents: int) -> bool:
        """Whether the goods earn points; those that do not, and those that an offer is for, are added up apart."""
        if code in self._excluded:
            order.excluded_cents += cents
            return False
        for offer_id in self._offered.get(code, ()):
            order.offer_cents[offer_id] = order.offer_cents.get(offer_id, 0) + cents
        return True

    def _place(self, order: Order | None, invoice: str, customer: str, shop: str, moment: datetime) -> Order | str:
        """The invoice that a line belongs to. Two customers or shops never share one; a line that names none belongs to
        whom the others name.
        """
        if not fits(customer, LONGEST_CODE) or not fits(shop, LONGEST_NAME):
            return TEXT
        if order is None:
            is_return = self._reader.kind(invoice) is True
            order = Order(len(self.orders) + 1, invoice, is_return, customer, shop, moment)
            self.orders[invoice] = order
            return order
        if customer and order.customer and customer != order.customer:
            return OTHER_CUSTOMER
        if shop and order.shop and shop != order.shop:
            return OTHER_SHOP
        order.customer = order.customer or customer
        order.shop = order.shop or shop
        return order
