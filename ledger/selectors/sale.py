"""Everything a sale needs to know before it is recorded, in one query."""

import json
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import connection

from ledger.rules.earning import CardRules

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


_SQL = "SELECT row_to_json(c)::text FROM ledger_sale_context(%s, %s, %s, %s, %s, %s, %s, %s::text[], %s::text[]) c"


def get_sale_context(
    *,
    partner_id: int,
    who: CustomerReference,
    shop_id: int | None,
    programme_id: int | None = None,
    categories: list[str] | None = None,
    products: list[str] | None = None,
) -> SaleContext:
    """One round trip. Whatever belongs to another partner is not found."""
    parameters = (
        *(partner_id, who.customer_id, who.email, who.issued_card_id, who.card, shop_id, programme_id),
        *(categories or [], products or []),
    )
    with connection.cursor() as cursor:
        cursor.execute(_SQL, parameters)
        return read_context(cursor.fetchone()[0])


def read_context(text: str) -> SaleContext:
    """What `ledger_sale_context` found, as JSON; its numbers are exact."""
    found = json.loads(text, parse_float=Decimal)
    card = None
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
    )
