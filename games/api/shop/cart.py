"""The cart that a till sends with a coupon."""

from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext as _

from games.rules.discount import PricedLine
from loyalty.api.forms import CENT, Reader

MOST_MONEY = Decimal("99999999.99")
MOST_LINES = 1_000


def read_cart(reader: Reader) -> tuple[PricedLine, ...]:
    """The lines of `cart_items`, with every name that a product of ours may be known by."""
    return tuple(
        _line(reader, Reader(item, f"cart_items.{index}."))
        for index, item in enumerate(reader.rows("cart_items", most=MOST_LINES))
    )


def _line(cart: Reader, reader: Reader) -> PricedLine:
    quantity = reader.number("quantity", least=Decimal("0.001"), most=Decimal(1_000_000)) or Decimal(1)
    unit = reader.number("unit_price", "price", least=Decimal(0), most=MOST_MONEY)
    total = reader.money("total_price", most=MOST_MONEY)
    if total is None:
        total = ((unit or Decimal(0)) * quantity).quantize(CENT, ROUND_HALF_UP)
    if total > MOST_MONEY:
        reader.refuse("total_price", _("Must be between {least} and {most}.").format(least=0, most=MOST_MONEY))
    if unit is None:
        unit = (total / quantity).quantize(CENT, ROUND_HALF_UP)
    names = [reader.text(name, most=255) for name in ("product_id", "id", "sku", "barcode", "product_name", "name")]
    line = PricedLine(
        names=frozenset(name.casefold() for name in names if name),
        category=(reader.text("category", most=100) or "").casefold(),
        unit_price=unit,
        total_price=total,
    )
    cart.errors.update(reader.errors)
    return line
