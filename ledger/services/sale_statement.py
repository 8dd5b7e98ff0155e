"""The statement that a sale is recorded by, and the memory that lets one statement do.

The figures of a sale follow from its card programme's rules, and those rarely change: a shop's next sale most likely
meets the programme and the offers that its last one met. What is remembered here is only ever a guess. `ledger_sell`
compares the version of the programme's row and the offers before it records anything, so an outdated guess costs a
second statement, nothing else.
"""

from dataclasses import replace
from typing import Any, NamedTuple

import orjson
from django.db import OperationalError

from ledger.selectors.sale import HeldCard, SaleContext, read_offers
from loyalty.database.prepared import fetch_row
from loyalty.errors import IdempotencyInFlight

LOCK_NOT_AVAILABLE = "55P03"
REMEMBERED = 4_096
_CALL = "SELECT * FROM ledger_sell(%s)"
# No row, and nothing sold, where the partner's sales are followed: the function depends on a row that is not there.
_CALL_UNFOLLOWED = """
SELECT done.* FROM (
    SELECT %s::json AS sale WHERE NOT EXISTS (SELECT FROM ledger_followedpartner WHERE partner_id = %s) OFFSET 0
) AS it, LATERAL ledger_sell(it.sale) AS done
"""

# By partner, shop and the programme that was asked for.
Place = tuple[int, int | None, int | None]
_remembered: dict[Place, HeldCard] = {}


class Answer(NamedTuple):
    """What became of it: either an outcome, or the context (JSON) that has to be looked at first."""

    outcome: str | None
    transaction_id: int
    balance: int
    debt: int
    customer_id: int | None
    card_id: int | None
    card_number: str | None
    context: str


def foresee(place: Place) -> HeldCard | None:
    """A card like the one that the next sale will probably work on."""
    return _remembered.get(place)


def remember(place: Place, context: SaleContext) -> None:
    """Expect the next sale to be like this one, if there was nothing special about it."""
    card = context.card
    if card is not None and card.is_earning and not card.is_blocked:
        if context.is_special_cart:
            # What was looked up for this cart says nothing of the next one.
            card = replace(card, offers=read_offers(card.offers_text))
        if len(_remembered) >= REMEMBERED:
            _remembered.clear()
        _remembered[place] = card


class FollowedSaleError(Exception):
    """Nothing was sold: apps above have something to do with this partner's sales."""


def sell(sale: dict[str, Any]) -> Answer:
    """Send it. Raises IdempotencyInFlight when another sale on the same card takes too long."""
    row = _send(_CALL, (orjson.dumps(sale, str).decode(),))
    return Answer(*row)


def sell_unfollowed(sale: dict[str, Any]) -> Answer:
    """The same for a partner whom nobody follows. Raises FollowedSaleError otherwise."""
    row = _send(_CALL_UNFOLLOWED, (orjson.dumps(sale, str).decode(), sale["partner"]))
    if row is None:
        raise FollowedSaleError
    return Answer(*row)


def _send(statement: str, parameters: tuple[Any, ...]) -> Any:
    try:
        return fetch_row(statement, parameters)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) == LOCK_NOT_AVAILABLE:
            raise IdempotencyInFlight(retry_after=1) from error
        raise
