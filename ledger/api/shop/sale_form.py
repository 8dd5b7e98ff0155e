"""What a till may send to `transactions/create`, with the older spellings of its fields (contract 5.7)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import orjson
from django.utils.translation import gettext as _

from ledger.choices import TransactionType
from ledger.rules.cart import CartLine
from ledger.selectors.sale import CustomerReference
from ledger.services.refunds import Refund
from ledger.services.reported import Sale
from loyalty.api.forms import CENT, Reader

MOST_MONEY = Decimal("99999999.99")
MOST_POINTS = 10_000_000
MOST_LINES = 1_000
MOST_META_BYTES = 16_384
OLDEST = timedelta(days=400)
CLOCK_SKEW = timedelta(seconds=60)
TYPES = {
    "purchase": TransactionType.PURCHASE,
    "earn": TransactionType.PURCHASE,
    "refund": TransactionType.REFUND,
    "cancellation": TransactionType.CANCELLATION,
}


def read_sale(
    data: Mapping[str, Any],
    *,
    fingerprint: bytes,
    idempotency_key: str | None,
    default_shop_id: int | None,
    at: datetime,
) -> Sale | Refund:
    """The body as a sale or a refund. Raises ValidationFailed with every field that is wrong."""
    reader = Reader(data)
    kind = TYPES.get(str(data.get("type") or "purchase"))
    if kind is None:
        reader.refuse("type", _("Must be purchase, refund or cancellation."))
    shared: dict[str, Any] = {
        "order_id": reader.text("order_id", "reference", most=100, required=True),
        "who": _customer(reader),
        "order_total": reader.money("order_total", "amount", most=MOST_MONEY),
        "points": reader.integer("points", "points_earned", most=MOST_POINTS),
        "shop_id": reader.identifier("shop_id"),
        "description": reader.text("description", most=500) or "",
        "meta_data": _meta(reader),
        "occurred_at": _occurred(reader, at),
        "fingerprint": fingerprint,
        "idempotency_key": idempotency_key,
    }
    if shared["shop_id"] is None:
        shared["shop_id"] = default_shop_id
    if kind == TransactionType.PURCHASE:
        return _purchase(reader, shared)
    refund_id = reader.text("refund_id", most=100)
    currency = reader.text("currency", most=3)
    reader.finish()
    return Refund(type=str(kind), refund_id=refund_id, currency=currency, **shared)


def _purchase(reader: Reader, shared: dict[str, Any]) -> Sale:
    if shared["order_total"] is None and "order_total" not in reader.errors and "amount" not in reader.errors:
        if shared["points"] is None:
            reader.refuse("order_total", _("This field is required, unless 'points' is given."))
        shared["order_total"] = Decimal(0)
    own: dict[str, Any] = {
        "currency": reader.text("currency", most=3),
        "programme_id": reader.identifier("partner_card_id"),
        "points_redeemed": reader.integer("points_redeemed", most=MOST_POINTS) or 0,
        "points_discount_amount": reader.money("points_discount_amount", most=MOST_MONEY),
        "lines": _lines(reader),
        "coupon_code": reader.text("coupon_code", most=64),
    }
    reader.finish()
    return Sale(**shared, **own)


def _customer(reader: Reader) -> CustomerReference:
    return CustomerReference(
        customer_id=reader.identifier("user_id"),
        email=reader.email("user_email"),
        issued_card_id=reader.identifier("loyalty_card_id", "card_id"),
        card=read_card(reader),
    )


def read_card(reader: Reader) -> str | None:
    """A card number or the UUID of a QR code; anything else can be no card, so it is looked for and not found."""
    text = reader.text("card_number", "qr_code", most=64)
    if text is None:
        return None
    digits = text.replace("-", "").replace(" ", "")
    if len(digits) == 9 and digits.isascii() and digits.isdigit():
        return f"{digits[:3]}-{digits[3:6]}-{digits[6:]}"
    if len(digits) == 32 and all(char in "0123456789abcdefABCDEF" for char in digits):
        return digits.lower()
    return "none"


def _meta(reader: Reader) -> Mapping[str, Any]:
    """The till's own data as plain JSON, its numbers as the database keeps them."""
    meta = reader.mapping("meta_data")
    if not meta:
        return {}
    try:
        plain = orjson.dumps(meta, float)
    except orjson.JSONEncodeError:
        reader.refuse("meta_data", _("A whole number is too large."))
        return {}
    if len(plain) > MOST_META_BYTES:
        reader.refuse("meta_data", _("Must be at most {most} bytes.").format(most=MOST_META_BYTES))
    return orjson.loads(plain)


def _occurred(reader: Reader, at: datetime) -> datetime:
    moment = reader.instant("occurred_at")
    if moment is None:
        return at
    if moment > at + CLOCK_SKEW:
        reader.refuse("occurred_at", _("Must not be in the future."))
        return at
    if at - moment > OLDEST:
        reader.refuse("occurred_at", _("Must be at most 400 days ago."))
        return at
    # In UTC, so that the first answer and every replay are spelled alike.
    return min(moment.astimezone(UTC), at)


def _lines(reader: Reader) -> tuple[CartLine, ...]:
    return tuple(
        _line(reader, Reader(item, f"cart_items.{index}."))
        for index, item in enumerate(reader.rows("cart_items", most=MOST_LINES))
    )


def _line(cart: Reader, reader: Reader) -> CartLine:
    quantity = reader.number("quantity", least=Decimal("0.001"), most=Decimal(1_000_000))
    quantity = (quantity or Decimal(1)).quantize(Decimal("0.001"), ROUND_HALF_UP)
    unit_price = reader.number("unit_price", "price", least=Decimal(0), most=MOST_MONEY)
    total = reader.money("total_price", most=MOST_MONEY)
    if total is None:
        total = ((unit_price or Decimal(0)) * quantity).quantize(CENT, ROUND_HALF_UP)
        if total > MOST_MONEY:
            reader.refuse("total_price", _("Must be between {least} and {most}.").format(least=0, most=MOST_MONEY))
    line = CartLine(
        total_price=total,
        quantity=quantity,
        unit_price=None if unit_price is None else unit_price.quantize(Decimal("0.0001"), ROUND_HALF_UP),
        product_id=reader.text("product_id", most=100) or "",
        product_name=reader.text("product_name", "name", most=255) or "",
        sku=reader.text("sku", most=100) or "",
        category=(reader.text("category", most=100) or "").casefold(),
    )
    cart.errors.update(reader.errors)
    return line
