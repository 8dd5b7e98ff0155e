"""What a partner's offers add to the points of a sale, in exact decimal arithmetic.

Points multipliers and cashback apply by themselves. Of several multipliers that fit one counts: the one with the
highest priority, of equal ones the one that gives most; so it is with cashback. A multiplier and a cashback add up.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from ledger.rules.cart import CartLine, earning_total
from ledger.rules.earning import CENT, CardRules

# Spelled as partners.choices.OfferKind does.
MULTIPLIER, CASHBACK = "points_multiplier", "cashback"


@dataclass(frozen=True, slots=True)
class SaleOffer:
    """An offer as a sale sees it. `categories` are the till's words for the goods it is for and `products` the till's
    numbers; both None: all goods. A window and shops only matter where sales of other days are told.
    """

    id: int
    kind: str
    figure: Decimal  # how many times the points, or how many percent back
    priority: int = 0
    minimum_purchase: Decimal | None = None
    maximum: Decimal | None = None
    categories: frozenset[str] | None = None
    products: frozenset[str] | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    shop_ids: frozenset[int] = field(default_factory=frozenset)

    @property
    def is_for_all_goods(self) -> bool:
        return self.categories is None and self.products is None

    def is_for(self, line: CartLine) -> bool:
        """Whether the goods of a cart line are meant."""
        if self.is_for_all_goods:
            return True
        by_category = self.categories is not None and line.category in self.categories
        return by_category or (self.products is not None and line.product_id in self.products)

    def fits(self, at: datetime, shop_id: int | None) -> bool:
        """Whether it was on then and there."""
        is_time = (self.valid_from is None or self.valid_from <= at) and (
            self.valid_until is None or at < self.valid_until
        )
        return is_time and (not self.shop_ids or shop_id in self.shop_ids)


@dataclass(frozen=True, slots=True)
class Earned:
    """Points of a sale; `points` is all of them, of which `bonus` came by a multiplier and `cashback` by a cashback."""

    points: int = 0
    bonus_offer_id: int | None = None
    bonus: int = 0
    cashback_offer_id: int | None = None
    cashback: int = 0


NOTHING = Earned()


def earn(
    rules: CardRules,
    offers: Sequence[SaleOffer],
    *,
    lines: Sequence[CartLine],
    order_total: Decimal,
    net_total: Decimal,
) -> Earned:
    """The points of a cart, by the card's rules and the offers that fit it."""
    base = earning_total(lines, order_total, net_total)
    if base is None or not rules.points_enabled:
        return NOTHING

    def share(offer: SaleOffer) -> Decimal:
        if offer.is_for_all_goods:
            return base
        meant = sum((line.total_price for line in lines if line.earns_points and offer.is_for(line)), Decimal(0))
        if order_total <= 0 or meant <= 0:
            return Decimal(0)
        return min(base, (net_total * meant / order_total).quantize(CENT, ROUND_HALF_UP))

    return earn_on(rules, offers, base=base, share=share, net_total=net_total)


def earn_on(
    rules: CardRules,
    offers: Iterable[SaleOffer],
    *,
    base: Decimal,
    share: Callable[[SaleOffer], Decimal],
    net_total: Decimal,
) -> Earned:
    """The points of goods worth `base`; `share` says how much of it an offer is for.

    A multiplier works on what is rounded and clamped, so that the most points a purchase can give stay the most.
    Cashback is that part of the price in points at the card's own rate for spending them, rounded down to whole points.
    """
    plain = rules.points_for(base)
    best = {MULTIPLIER: (0, 0, 0, 0), CASHBACK: (0, 0, 0, 0)}
    for offer in offers:
        if offer.minimum_purchase is not None and net_total < offer.minimum_purchase:
            continue
        meant = share(offer)
        if offer.kind == MULTIPLIER:
            extra = rules.points_for(base + (offer.figure - 1) * meant) - plain
        else:
            extra = cashback_points(rules, offer, meant)
        if extra > 0:
            # The oldest of equal ones.
            best[offer.kind] = max(best[offer.kind], (1, offer.priority, extra, -offer.id))
    bonus, cashback = best[MULTIPLIER], best[CASHBACK]
    return Earned(
        points=plain + bonus[2] + cashback[2],
        bonus_offer_id=-bonus[3] or None,
        bonus=bonus[2],
        cashback_offer_id=-cashback[3] or None,
        cashback=cashback[2],
    )


def cashback_points(rules: CardRules, offer: SaleOffer, price: Decimal) -> int:
    """A percentage of the price, to the cent and at most the offer's maximum, in whole points of the same worth.

    A card whose points cannot be spent gives none: they would be worth nothing.
    """
    if not rules.points_redemption_enabled:
        return 0
    money = (price * offer.figure / 100).quantize(CENT, ROUND_HALF_UP)
    if offer.maximum is not None:
        money = min(money, offer.maximum)
    return int(money * rules.points_per_currency_redemption // rules.currency_amount_redemption)


def read_offer(found: Mapping[str, Any], products: Iterable[str] = ()) -> SaleOffer:
    """An offer as the database function tells of it; `products` of the cart that are in its categories."""
    by_number = frozenset(filter(None, [found["product"], *products]))
    return SaleOffer(
        id=found["id"],
        kind=found["kind"],
        figure=Decimal(found["figure"]),
        priority=found["priority"],
        minimum_purchase=None if found["minimum"] is None else Decimal(found["minimum"]),
        maximum=None if found["maximum"] is None else Decimal(found["maximum"]),
        categories=None if found["categories"] is None else frozenset(found["categories"]),
        products=None if found["product"] is None and not by_number else by_number,
    )
