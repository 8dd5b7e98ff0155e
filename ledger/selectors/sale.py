"""Everything a sale needs to know before it is recorded, in one query."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from django.db import connection

from ledger.rules.earning import CardRules
from ledger.rules.offers import SaleOffer, read_offer

RULES = tuple(CardRules.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class CustomerReference:
    """How a till names the customer; at least one field is set, or the sale is anonymous.

    `card` is a card number, or the UUID of its QR code.
    """

    customer_id: int | None = None
    email: str | None = None
    issued_card_id: int | None = None
    card: str | None = None

    @property
    def is_anonymous(self) -> bool:
        return self.customer_id is None and self.email is None and not self.names_card

    @property
    def names_card(self) -> bool:
        return self.issued_card_id is not None or self.card is not None


@dataclass(frozen=True, slots=True)
class HeldCard:
    """The issued card that a sale works on, with its programme's rules."""

    id: int
    number: str
    programme_id: int
    # Changes with every change of the programme.
    version: str
    is_blocked: bool
    # The programme runs and is valid at the shop of the sale.
    is_earning: bool
    is_valid_at_shop: bool
    rules: CardRules
    # What the partner adds at the time and in the shop of the sale, as read and as told.
    offers: tuple[SaleOffer, ...] = ()
    offers_text: str | None = None

    @property
    def is_idle(self) -> bool:
        """Of no use at this shop, through no fault of the customer: another programme may do."""
        return not self.is_earning and not self.is_blocked


@dataclass(frozen=True, slots=True)
class SaleContext:
    """What was found: the shop, the customer, the card (each may be absent), and goods that earn nothing.

    A shop or programme that was not named is known.
    """

    is_shop_known: bool
    is_programme_known: bool
    customer_id: int | None
    customer_email: str | None
    card: HeldCard | None
    named_card_found: bool
    excluded_categories: frozenset[str] = field(default_factory=frozenset)
    excluded_products: frozenset[str] = field(default_factory=frozenset)
    # Something in the cart had to be looked up for an offer.
    is_special_cart: bool = False


_SQL = """
SELECT row_to_json(c)::text
FROM ledger_sale_context(%s, %s, %s, %s, %s, %s, %s, %s::text[], %s::text[], %s::timestamptz) c
"""


def get_sale_context(
    *,
    partner_id: int,
    who: CustomerReference,
    shop_id: int | None,
    occurred_at: datetime,
    programme_id: int | None = None,
    categories: list[str] | None = None,
    products: list[str] | None = None,
) -> SaleContext:
    """One round trip. Whatever belongs to another partner is not found."""
    parameters = (
        *(partner_id, who.customer_id, who.email, who.issued_card_id, who.card, shop_id, programme_id),
        *(categories or [], products or [], occurred_at),
    )
    with connection.cursor() as cursor:
        cursor.execute(_SQL, parameters)
        return read_context(cursor.fetchone()[0])


def read_context(text: str) -> SaleContext:
    """What `ledger_sale_context` found, as JSON; its numbers are exact."""
    found = json.loads(text, parse_float=Decimal)
    card = None
    special = found["offer_products"] or {}
    if found["card_id"] is not None:
        card = HeldCard(
            id=found["card_id"],
            number=found["card_number"],
            programme_id=found["programme_id"],
            version=found["version"],
            is_blocked=found["is_blocked"],
            is_earning=found["is_earning"],
            is_valid_at_shop=found["is_valid_at_shop"],
            rules=CardRules(**{name: found[name] for name in RULES}),
            offers=read_offers(found["offers"], special),
            offers_text=found["offers"],
        )
    return SaleContext(
        is_shop_known=found["is_shop_known"],
        is_programme_known=found["is_programme_known"],
        customer_id=found["customer_id"],
        customer_email=found["customer_email"],
        card=card,
        named_card_found=found["named_id"] is not None,
        excluded_categories=frozenset(found["excluded_categories"] or ()),
        excluded_products=frozenset(found["excluded_products"] or ()),
        is_special_cart=bool(special),
    )


def read_offers(text: str | None, products: Mapping[str, list[str]] = MappingProxyType({})) -> tuple[SaleOffer, ...]:
    """The offers that were told of; `products` of the cart that are in the categories of each."""
    if text is None:
        return ()
    return tuple(read_offer(one, products.get(str(one["id"]), ())) for one in json.loads(text))
