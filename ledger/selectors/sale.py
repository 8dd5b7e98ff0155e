"""Everything a sale needs to know before it is recorded, in one query."""

from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from ledger.rules.earning import CardRules

RULES = tuple(CardRules.__dataclass_fields__)
_RULE_COLUMNS = ", ".join(f"k.{name}" for name in RULES)


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
    is_blocked: bool
    # The programme runs and is valid at the shop of the sale.
    is_earning: bool
    is_valid_at_shop: bool
    rules: CardRules


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


# The card that the till named, else the one of the customer that is of most use here: valid at this shop, of the
# programme asked for, not blocked, the oldest.
_SQL = f"""
SELECT known.shop, known.programme, who.id, who.email, named.issued_id, held.*,
       (SELECT array_agg(g.key) FROM partners_category g
        WHERE g.partner_id = %(partner)s AND NOT g.earns_points AND g.key = ANY(%(categories)s)),
       (SELECT array_agg(p.external_id) FROM partners_product p LEFT JOIN partners_category pg ON pg.id = p.category_id
        WHERE p.partner_id = %(partner)s AND p.external_id = ANY(%(products)s)
          AND (NOT p.earns_points OR NOT coalesce(pg.earns_points, true)))
FROM (SELECT %(shop)s::bigint IS NULL OR EXISTS (
          SELECT FROM partners_shop s WHERE s.id = %(shop)s AND s.partner_id = %(partner)s) AS shop,
      %(programme)s::bigint IS NULL OR EXISTS (
          SELECT FROM cards_card p WHERE p.id = %(programme)s AND p.partner_id = %(partner)s
              AND p.deleted_at IS NULL) AS programme) AS known
LEFT JOIN LATERAL (
    SELECT i.id AS issued_id, i.customer_id AS holder_id FROM cards_issuedcard i
    WHERE {{named}}
) AS named ON true
LEFT JOIN LATERAL (
    SELECT c.id, c.email FROM customers_customer c WHERE c.partner_id = %(partner)s AND {{who}}
) AS who ON true
LEFT JOIN LATERAL (
    SELECT i.id, i.number, i.card_id, i.status <> 'active' AS is_blocked,
           k.is_active AND k.deleted_at IS NULL AND valid.here AS is_earning, valid.here, {_RULE_COLUMNS}
    FROM cards_issuedcard i
    JOIN cards_card k ON k.id = i.card_id
    CROSS JOIN LATERAL (
        SELECT NOT EXISTS (SELECT FROM cards_cardshop cs WHERE cs.card_id = k.id)
            OR EXISTS (SELECT FROM cards_cardshop cs WHERE cs.card_id = k.id AND cs.shop_id = %(shop)s) AS here
    ) AS valid
    WHERE i.customer_id = who.id AND (named.issued_id IS NULL OR i.id = named.issued_id)
    ORDER BY k.id = %(programme)s::bigint DESC NULLS LAST, k.is_active AND k.deleted_at IS NULL AND valid.here DESC,
             i.status = 'active' DESC, i.id
    LIMIT 1
) AS held ON true
"""

_WHO = {
    "id": "c.id = %(customer)s",
    "email": "lower(c.email) = lower(%(email)s)",
    "card": "c.id = named.holder_id",
    "nobody": "false",
}
# An id beside a number or QR code must mean the same card.
_ALSO = "AND (%(issued_card)s::bigint IS NULL OR i.id = %(issued_card)s)"
_NAMED = {
    "id": "i.partner_id = %(partner)s AND i.id = %(issued_card)s",
    "number": f"i.partner_id = %(partner)s AND i.number = %(card)s {_ALSO}",
    "qr": f"i.partner_id = %(partner)s AND i.qr_value = %(card)s::uuid {_ALSO}",
    "none": "false",
}
_STATEMENTS = {(who, named): _SQL.format(who=_WHO[who], named=_NAMED[named]) for who in _WHO for named in _NAMED}
_HELD = 5
_FIXED = _HELD + 6


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
    by_card = "id" if who.issued_card_id is not None else "none"
    if who.card is not None:
        by_card = "qr" if len(who.card) == 32 else "number"
    by_customer = "card" if by_card != "none" else "nobody"
    if who.customer_id is not None:
        by_customer = "id"
    elif who.email is not None:
        by_customer = "email"
    parameters = {
        "partner": partner_id,
        "customer": who.customer_id,
        "email": who.email,
        "issued_card": who.issued_card_id,
        "card": who.card,
        "shop": shop_id,
        "programme": programme_id,
        "categories": categories or [],
        "products": products or [],
    }
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENTS[by_customer, by_card], parameters)
        row = cursor.fetchone()
    return _context(row)


def _context(row: tuple[Any, ...]) -> SaleContext:
    card = None
    if row[_HELD] is not None:
        card = HeldCard(*row[_HELD:_FIXED], rules=CardRules(*row[_FIXED : _FIXED + len(RULES)]))
    return SaleContext(
        is_shop_known=row[0],
        is_programme_known=row[1],
        customer_id=row[2],
        customer_email=row[3],
        card=card,
        named_card_found=row[4] is not None,
        excluded_categories=frozenset(row[-2] or ()),
        excluded_products=frozenset(row[-1] or ()),
    )
