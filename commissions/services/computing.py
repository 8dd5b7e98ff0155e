"""Working out what wanted sources pay, into `desired_line`: by the rules, which are Python (`commissions.rules.lines`).

Sales of one category group by flat rates are nearly all there are, and cost more to carry to Python and back than to
compute. For them the same arithmetic is written once more here, in SQL; it asks the same rate book, and a test holds
it to the rules to the last digit. Everything else (mixed carts, tiers, refunds) goes through the rules themselves.
"""

from collections.abc import Iterable
from decimal import Decimal

from django.db import connection

from commissions.rules.lines import ACCRUAL, NO_RATE, Line, accrue
from commissions.rules.rates import PLATFORM, RateBook
from commissions.rules.reversals import reverse
from commissions.selectors.sources import read_refunds, read_sales
from partners.models import Partner

TABLES = """
CREATE TEMPORARY TABLE desired_line (
    source_id bigint, component text, category text, kind text, month text, origin_month text, shop_id bigint,
    local_on date, base numeric, rate_id bigint, amount numeric
) ON COMMIT DROP;
CREATE TEMPORARY TABLE wanted_sale (
    id bigint, local_on date, moment timestamp, shop_id bigint, base numeric, category text, is_mixed boolean,
    shop_key bigint, category_key text
) ON COMMIT DROP;
CREATE TEMPORARY TABLE rate_step (
    shop_key bigint, category_key text, component text, begins timestamp, ends timestamp, kind text, rate_id bigint,
    factor numeric, fixed numeric, minimum numeric, maximum numeric
) ON COMMIT DROP;
"""
# As `read_sales` reads them: the category of a cart of one group is the cart's. The keys are all that rates ask about.
_SALES = """
INSERT INTO wanted_sale
SELECT s.*, CASE WHEN s.shop_id = ANY(%(shops)s::bigint[]) THEN s.shop_id ELSE 0 END,
       CASE WHEN s.category = ANY(%(categories)s::text[]) THEN s.category ELSE '' END
FROM (
    SELECT t.id, t.local_on, t.occurred_at AT TIME ZONE %(zone)s, t.shop_id, t.amount,
           coalesce(c.category, t.category) AS category, coalesce(c.is_mixed, false)
    FROM wanted_source w JOIN ledger_transaction t ON t.id = w.id
    LEFT JOIN (
        SELECT l.transaction_id, min(l.category) AS category, min(l.category) <> max(l.category) AS is_mixed
        FROM wanted_source w JOIN ledger_transactionline l ON l.transaction_id = w.id GROUP BY 1
    ) AS c ON c.transaction_id = t.id
    WHERE t.partner_id = %(partner)s AND t.type = 'purchase' AND t.status IN ('completed', 'cancelled')
) AS s
"""
_KEYS = "SELECT shop_key, category_key, bool_or(is_mixed) FROM wanted_sale GROUP BY 1, 2"
_STEPS = """COPY rate_step FROM STDIN"""
# `accrue` and `flat_amount` of the rules: clamp(round(base x percent) + fixed, minimum, maximum), half away from zero.
_LINES = """
INSERT INTO desired_line
SELECT s.id, r.component, s.category, r.kind, to_char(s.local_on, 'YYYY-MM'), to_char(s.local_on, 'YYYY-MM'), s.shop_id,
       s.local_on, s.base, r.rate_id,
       least(greatest(round(s.base * r.factor, %(digits)s) + r.fixed, r.minimum), r.maximum)
FROM wanted_sale s JOIN rate_step r USING (shop_key, category_key)
WHERE NOT s.is_mixed AND (r.begins IS NULL OR s.moment >= r.begins) AND (r.ends IS NULL OR s.moment < r.ends)
"""
_COLUMNS = ", ".join(Line._fields)


class Computing:
    """Works out the lines of one partner's sources."""

    def __init__(self, partner: Partner, book: RateBook, unit: Decimal) -> None:
        self.partner, self.book, self.unit = partner, book, unit
        self._known: set[tuple[int, str]] = set()

    def sales(self) -> None:
        """The lines of the wanted sales; where tiers count, these are whole months."""
        if self.book.has_tiers:
            self._copy(accrue(read_sales(partner=self.partner), self.book, self.unit))
        else:
            self._flat()

    def refunds(self) -> None:
        """The lines of the wanted refunds and cancellations."""
        self._copy(reverse(part, self.unit) for part in read_refunds(partner=self.partner))

    def _flat(self) -> None:
        values = {
            "partner": self.partner.pk,
            "zone": self.partner.time_zone,
            "shops": sorted(self.book.shops),
            "categories": sorted(self.book.categories),
        }
        with connection.cursor() as cursor:
            cursor.execute(_SALES, values)
            cursor.execute(_KEYS)
            keys = cursor.fetchall()
            self._add_steps({(shop, category) for shop, category, _has_mixed in keys})
            cursor.execute(_LINES, {"digits": -self.unit.as_tuple().exponent})  # type: ignore[operator]
        if any(has_mixed for _shop, _category, has_mixed in keys):
            mixed = read_sales(partner=self.partner, wanted="(SELECT id FROM wanted_sale WHERE is_mixed)")
            self._copy(accrue(mixed, self.book, self.unit))

    def _add_steps(self, keys: set[tuple[int, str]]) -> None:
        """The book's answers for these shops and categories, from when to when."""
        fresh = keys - self._known
        self._known |= fresh
        with connection.cursor() as cursor, cursor.copy(_STEPS) as copy:
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
