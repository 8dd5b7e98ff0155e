"""Working out what wanted sources pay, into `desired_line`: by the rules, which are Python (`commissions.rules.lines`).

Sales of one category group by flat rates are nearly all there are, and cost more to carry to Python and back than to
compute. For them the same arithmetic is written once more here, in SQL; it asks the same rate book, and a test holds
it to the rules to the last digit. Everything else (mixed carts, tiers, refunds) goes through the rules themselves.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import connection

from commissions.rules.lines import ACCRUAL, NO_RATE, Line, accrue
from commissions.rules.rates import PLATFORM, RateBook
from commissions.rules.reversals import reverse
from commissions.selectors.sources import read_refunds, read_sales
from partners.models import Partner

TABLES = """
CREATE TEMPORARY TABLE IF NOT EXISTS desired_line (
    source_id bigint, component text, category text, kind text, month text, origin_month text, shop_id bigint,
    local_on date, base numeric, rate_id bigint, amount numeric
) ON COMMIT DROP;
CREATE TEMPORARY TABLE IF NOT EXISTS rate_step (
    shop_key bigint, category_key text, component text, begins timestamp, ends timestamp, kind text, rate_id bigint,
    factor numeric, fixed numeric, minimum numeric, maximum numeric
) ON COMMIT DROP;
"""
# The sales of one group, as `read_sales` reads them, with what rates ask about: their shops and categories.
_SALES = """
SELECT w.*, coalesce(c.category, w.category) AS group_category,
       CASE WHEN w.shop_id = ANY(%(shops)s::bigint[]) THEN w.shop_id ELSE 0 END AS shop_key,
       CASE WHEN coalesce(c.category, w.category) = ANY(%(categories)s::text[])
            THEN coalesce(c.category, w.category) ELSE '' END AS category_key
FROM wanted_source w LEFT JOIN cart c ON c.transaction_id = w.id WHERE w.counts AND c.is_mixed IS NOT TRUE
"""
_KEYS = f"SELECT DISTINCT shop_key, category_key FROM ({_SALES}) AS s"
# `accrue` and `flat_amount` of the rules: clamp(round(base x percent) + fixed, minimum, maximum), half away from zero.
_LINES = f"""
INSERT INTO desired_line
SELECT s.id, r.component, s.group_category, r.kind, s.month, s.month, s.shop_id, s.local_on, s.amount, r.rate_id,
       least(greatest(round(s.amount * r.factor, %(digits)s) + r.fixed, r.minimum), r.maximum)
FROM ({_SALES}) AS s JOIN rate_step r USING (shop_key, category_key)
WHERE (r.begins IS NULL OR s.moment >= r.begins) AND (r.ends IS NULL OR s.moment < r.ends)
"""
_COLUMNS = ", ".join(Line._fields)


class Computing:
    """Works out the lines of one partner's sources."""

    def __init__(self, partner: Partner, book: RateBook, unit: Decimal) -> None:
        self.partner, self.book, self.unit = partner, book, unit
        self._known: set[tuple[int, str]] = set()

    def sales(self) -> None:
        """The lines of the wanted sales; where tiers count, these are whole months."""
        if not self.book.has_tiers:
            self._flat_rates()
        self._copy(accrue(read_sales(only_mixed=not self.book.has_tiers), self.book, self.unit))

    def refunds(self) -> None:
        """The lines of the wanted refunds and cancellations."""
        self._copy(reverse(part, self.unit) for part in read_refunds(partner=self.partner))

    def _flat_rates(self) -> None:
        digits = -self.unit.as_tuple().exponent  # type: ignore[operator]
        asked: dict[str, Any] = {"shops": sorted(self.book.shops), "categories": sorted(self.book.categories)}
        with connection.cursor() as cursor:
            cursor.execute(_KEYS, asked)
            self._add_steps(set(cursor.fetchall()))
            cursor.execute(_LINES, {**asked, "digits": digits})

    def _add_steps(self, keys: set[tuple[int, str]]) -> None:
        """The book's answers for these shops and categories, from when to when."""
        fresh = keys - self._known
        self._known |= fresh
        with connection.cursor() as cursor, cursor.copy("COPY rate_step FROM STDIN") as copy:
            for shop, category in fresh:
                for component in self.book.components:
                    for begins, ends, rate in self.book.steps(component, shop or None, category):
                        head = (shop, category, component, begins, ends)
                        if rate is not None:
                            terms = (rate.percent.scaleb(-2), rate.fixed, rate.minimum, rate.maximum)
                            copy.write_row((*head, ACCRUAL, rate.id, *terms))
                        elif component == PLATFORM:
                            copy.write_row((*head, NO_RATE, None, 0, 0, None, None))

    def _copy(self, lines: Iterable[Line]) -> None:
        with connection.cursor() as cursor, cursor.copy(f"COPY desired_line ({_COLUMNS}) FROM STDIN") as copy:
            for line in lines:
                copy.write_row(line)
