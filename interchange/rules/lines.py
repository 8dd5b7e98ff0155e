"""What one line of a file says, or why it is refused. Pure, and quick: a file has as many lines as a year has sales."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from interchange.rules.profiles import Profile

# Why a line is refused; a line has one reason, the first that is found.
COLUMNS = "columns"  # more or fewer columns than the heading
NO_INVOICE = "no_invoice"
TEXT = "text"  # an invoice, customer, shop or product code that is too long, or holds a NUL
ADJUSTMENT = "adjustment"  # bookkeeping, not a sale
DATE = "date"  # not in the profile's format
FUTURE = "future"
NUMBER = "number"  # quantity or price is no plain number, or is finer or larger than the ledger keeps
PRICE = "price"  # zero or less
QUANTITY = "quantity"  # zero or less in a sale
RETURN_QUANTITY = "return_quantity"  # zero or more in a return
OTHER_CUSTOMER = "other_customer"  # the invoice belongs to somebody else by now
OTHER_SHOP = "other_shop"

CENT = Decimal("0.01")
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
# What the ledger's columns hold: numeric(12, 3), numeric(14, 4) and numeric(14, 2).
QUANTITY_PLACES, PRICE_PLACES = 3, 4
QUANTITY_DIGITS, PRICE_DIGITS = 9, 10
MOST_CENTS = 10**14
LONGEST_CODE, LONGEST_NAME = 100, 255
# A year has 200,000 different minutes at most that a shop is open, and few different prices.
KEPT = 1 << 16
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant, and as text for the database."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Article:
    """What was sold: its code, and code and name as text for the database."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Figures:
    """The line total in cents; quantity, unit price and total, unsigned, as text for the database."""

    cents: int
    text: str


def fits(text: str, longest: int) -> bool:
    """Whether the database takes it: PostgreSQL keeps no NUL."""
    return len(text) <= longest and "\0" not in text


def copy_text(value: str) -> str:
    """A value in the text format of COPY; PostgreSQL keeps no NUL."""
    value = value.replace("\0", "\ufffd").replace("\\", "\\\\")
    return value.replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


class Reader:
    """The values of a profile's columns, each different one worked out once."""

    def __init__(self, profile: Profile, zone: ZoneInfo, now: datetime) -> None:
        self._profile, self._zone, self._now = profile, zone, now
        self.kind = lru_cache(KEPT)(self._kind)
        self.moment = lru_cache(KEPT)(self._moment)
        self.article = lru_cache(KEPT)(self._article)
        self.figures = lru_cache(KEPT)(self._figures)

    def _kind(self, invoice: str) -> bool | str:
        """Whether the invoice is a return."""
        if not invoice:
            return NO_INVOICE
        if not fits(invoice, LONGEST_CODE):
            return TEXT
        if invoice.startswith(self._profile.adjustment_prefixes):
            return ADJUSTMENT
        return invoice.startswith(self._profile.return_prefixes)

    def _moment(self, text: str) -> Moment | str:
        """The instant of a date and time in the partner's zone; in the hour that autumn repeats, the first one."""
        try:
            local = datetime.strptime(text.strip(), self._profile.date_format)  # noqa: DTZ007 - local time, below
            at = (local if local.tzinfo else local.replace(tzinfo=self._zone)).astimezone(UTC)
        except (ValueError, OverflowError):
            return DATE
        if at < EARLIEST:
            return DATE
        return FUTURE if at > self._now else Moment(at, at.isoformat())

    def _article(self, code: str, name: str) -> Article | str:
        code = code.strip()
        if not fits(code, LONGEST_CODE):
            return TEXT
        return Article(code, f"{copy_text(code)}\t{copy_text(name.strip()[:LONGEST_NAME])}")

    def _figures(self, quantity: str, price: str, is_return: bool) -> Figures | str:
        pieces = self._number(quantity, QUANTITY_DIGITS, QUANTITY_PLACES)
        each = self._number(price, PRICE_DIGITS, PRICE_PLACES)
        if pieces is None or each is None:
            return NUMBER
        if each <= 0:
            return PRICE
        if is_return and pieces >= 0:
            return RETURN_QUANTITY
        if not is_return and pieces <= 0:
            return QUANTITY
        total = (abs(pieces) * each).quantize(CENT, ROUND_HALF_UP)
        cents = int(total.scaleb(2))
        return Figures(cents, f"{abs(pieces)}\t{each}\t{total}") if cents < MOST_CENTS else NUMBER

    def _number(self, text: str, digits: int, places: int) -> Decimal | None:
        text = text.strip().replace(self._profile.decimal_mark, ".")
        if not _NUMBER.fullmatch(text):
            return None
        whole, _, fraction = text.lstrip("+-").partition(".")
        if len(whole.lstrip("0")) > digits or len(fraction.rstrip("0")) > places:
            return None
        return Decimal(text)
