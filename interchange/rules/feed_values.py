"""From the texts of a feed's item to the values of a product or an offer; each complaint is a field and a code."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from interchange.rules.feed_reading import FeedItem
from interchange.rules.feed_words import AVAILABILITY, OFFER_MARKS, OFFER_TAGS, PRODUCT_TAGS, YES
from partners.rules.offer_words import DISCOUNT_TYPES, TYPES
from partners.rules.offers import AUTOMATIC, CASHBACK, DISCOUNT, FREE_ITEM, MULTIPLIER, offer_faults, settled

LENGTHS: Mapping[str, int] = {
    **dict.fromkeys(("name", "brand", "model", "title"), 255),
    **dict.fromkeys(("sku", "xml_id", "external_id"), 100),
    **dict.fromkeys(("weight", "color", "size"), 50),
    **dict.fromkeys(("delivery_info", "warranty_info"), 500),
    **dict.fromkeys(("image_url", "external_url"), 1_000),
    "ean": 32,
    "description": 50_000,
    "terms_conditions": 50_000,
}
MOST_MONEY = Decimal(10**10)
MOST_COUNT = 1_000_000_000
# "12.50", "12,50", "1 299.00", with a currency before or behind.
_MONEY = re.compile(
    r"(?:[A-Z]{3}\s*|[€$£]\s*)?(\d[\d \u00a0]{0,14})(?:[.,](\d{1,2})0*)?\s*(?:[A-Z]{3}|[€$£])?\Z", re.ASCII
)
_CURRENCY = re.compile(r"[A-Z]{3}\Z", re.ASCII)
_COUNT = re.compile(r"(\d{1,10})(?:\.0+)?\Z", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
KINDS = frozenset({DISCOUNT, MULTIPLIER, FREE_ITEM, CASHBACK})
LATEST = datetime(2200, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class ReadItem:
    """What an item comes to. `values` are columns by name; `faults` are (field, code) and make it worthless."""

    item: FeedItem
    is_offer: bool = False
    values: dict[str, Any] = field(default_factory=dict)
    categories: list[str] = field(default_factory=list)
    faults: list[tuple[str, str]] = field(default_factory=list)

    @property
    def external_id(self) -> str:
        return str(self.values.get("external_id") or "")


def read_item(item: FeedItem, *, language: str, zone: str) -> ReadItem:
    """An item as a product or an offer. `language` is that of its texts, `zone` that of its days."""
    is_offer = item.tag == "offer" and not OFFER_MARKS.isdisjoint(item.texts)
    read = ReadItem(item, is_offer)
    read.categories = [text for text in item.texts.get("categories/category", item.texts.get("category", [])) if text]
    _Reader(read, OFFER_TAGS if is_offer else PRODUCT_TAGS).run(language, zone)
    return read


class _Reader:
    """Reads fields and collects complaints."""

    def __init__(self, read: ReadItem, tags: Mapping[str, tuple[str, ...]]) -> None:
        self.read, self.tags = read, tags

    def raw(self, name: str) -> str | None:
        return self.read.item.first(*self.tags[name])

    def fault(self, name: str, code: str) -> None:
        self.read.faults.append((name, code))

    def run(self, language: str, zone: str) -> None:
        if self.read.is_offer:
            self._offer(language, zone)
        else:
            self._product()

    # --- products

    def _product(self) -> None:
        for name in ("name", "description", "brand", "model", "ean", "sku", "xml_id", "delivery_info", "warranty_info"):
            self.text(name)
        for name in ("weight", "color", "size"):
            self.text(name)
        for name in ("image_url", "external_url"):
            self.link(name)
        for name in ("price", "discounted_price"):
            self.money(name)
        self._currency()
        self._availability()
        self.count("stock_quantity")
        if (featured := self.raw("featured")) is not None:
            self.read.values["is_featured"] = featured.lower() in YES
        # The till knows a good by the feed's number, else by its SKU or EAN.
        number = self.raw("external_id") or self.raw("sku") or self.raw("ean")
        if number is None:
            self.fault("external_id", "required")
        else:
            self.read.values["external_id"] = self.fitting("external_id", number)
        if not self.read.values.get("name"):
            self.fault("name", "required")
        if "discounted_price" in self.read.values and "price" not in self.read.values:
            self.fault("price", "required")

    def _currency(self) -> None:
        text = self.raw("currency")
        if text is None:
            return
        if _CURRENCY.match(text.upper()):
            self.read.values["currency"] = text.upper()
        else:
            self.fault("currency", "currency")

    def _availability(self) -> None:
        text = self.raw("availability")
        if text is None:
            return
        found = AVAILABILITY.get(text.lower().replace(" ", "_"))
        if found is None:
            self.fault("availability", "availability")
        else:
            self.read.values["availability"] = found

    # --- offers

    def _offer(self, language: str, zone: str) -> None:
        for name in ("title", "description", "terms_conditions"):
            self.text(name)
            if name in self.read.values:
                self.read.values[name] = {language: self.read.values[name]}
        self.link("image_url")
        for name in ("discount_value", "points_multiplier", "minimum_purchase", "maximum_discount"):
            self.money(name)
        if self.read.values.get("maximum_discount") == 0:
            self.read.values["maximum_discount"] = None
        self.count("points_required")
        self.moment("valid_from", zone, ends=False)
        self.moment("valid_until", zone, ends=True)
        if (featured := self.raw("featured")) is not None:
            self.read.values["is_featured"] = featured.lower() in YES
        self._kind()
        number = self.raw("external_id")
        if number is None:
            self.fault("external_id", "required")
        else:
            self.read.values["external_id"] = self.fitting("external_id", number)
        if "title" not in self.read.values:
            self.fault("title", "required")
        if not self.read.faults:
            self._whole()

    def _kind(self) -> None:
        values = self.read.values
        word = (self.raw("type") or (MULTIPLIER if "points_multiplier" in values else DISCOUNT)).lower()
        kind = TYPES.get(word, word)
        if kind not in KINDS:
            self.fault("type", "offer_type")
            return
        values["kind"] = kind
        word = (self.raw("discount_type") or ("percentage" if kind not in AUTOMATIC else "")).lower()
        values["discount_type"] = DISCOUNT_TYPES.get(word, word)
        if values["discount_type"] not in {"", "percentage", "fixed_amount"}:
            self.fault("discount_type", "discount_type")
        if kind == MULTIPLIER and "points_multiplier" not in values and "discount_value" in values:
            values["points_multiplier"] = values.pop("discount_value")

    def _whole(self) -> None:
        """The same rules as for an offer by hand, the texts of which are for people."""
        empty: dict[str, Any] = {"points_required": 0, "minimum_level": "", "usage_count": 0}
        names = ("discount_value", "points_multiplier", "valid_from", "valid_until", "usage_limit", "user_limit")
        values = settled({**dict.fromkeys(names), **empty, **self.read.values})
        for name in offer_faults(values):
            self.fault(name, "offer")
        kept = ("discount_type", "discount_value", "points_multiplier")
        self.read.values |= {name: values[name] for name in kept}

    # --- kinds of values

    def text(self, name: str) -> None:
        text = self.raw(name)
        if text is not None:
            self.read.values[name] = self.fitting(name, text)

    def fitting(self, name: str, text: str) -> str:
        if len(text) > LENGTHS[name]:
            self.fault(name, "too_long")
        return text

    def link(self, name: str) -> None:
        text = self.raw(name)
        if text is None:
            return
        try:
            parts = urlsplit(text)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme not in {"http", "https"} or not parts.netloc or len(text) > LENGTHS[name]:
            self.fault(name, "link")
        else:
            self.read.values[name] = text

    def money(self, name: str) -> None:
        text = self.raw(name)
        if text is None:
            return
        found = _MONEY.match(text)
        amount = None
        if found is not None:
            whole = found[1].replace(" ", "").replace("\u00a0", "")
            amount = Decimal(f"{whole}.{found[2] or 0}").quantize(Decimal("0.01"))
        if amount is None or amount >= MOST_MONEY:
            self.fault(name, "money")
        else:
            self.read.values[name] = amount

    def count(self, name: str) -> None:
        text = self.raw(name)
        if text is None:
            return
        found = _COUNT.match(text)
        if found is None or int(found[1]) > MOST_COUNT:
            self.fault(name, "count")
        else:
            self.read.values[name] = int(found[1])

    def moment(self, name: str, zone: str, *, ends: bool) -> None:
        text = self.raw(name)
        if text is None:
            return
        try:
            if _DAY.match(text):
                day = date.fromisoformat(text) + timedelta(days=1 if ends else 0)
                at = datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)
            else:
                at = datetime.fromisoformat(text)
                at = (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fault(name, "moment")
            return
        if at > LATEST:
            self.fault(name, "moment")
        else:
            self.read.values[name] = at
