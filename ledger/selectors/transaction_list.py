"""The list of transactions, read by one statement that also writes its JSON (`GET /partners/transactions`).

A serializer costs several times what the page costs. `ledger.api.partner.serializers` documents the
same rows; a test compares both, byte for byte.
"""

from dataclasses import dataclass
from typing import Any

import orjson
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from ledger.models import Transaction
from ledger.selectors.settled import ADVANCE_AT, WORTH_A_PLACE, Place, Settled, forget, learn, settled_of
from loyalty.api.pagination import Page
from loyalty.database.prepared import fetch_row
from partners.models import Partner

NEWEST_FIRST = ("-occurred_at", "-pk")


@dataclass(frozen=True, slots=True)
class TransactionPage:
    """One page, its rows already JSON, and how many rows there are in all."""

    rows: orjson.Fragment
    total: int


# The page's rows, figures and place in one round trip; see ledger/sql/transaction_page.sql.
_PAGE = "SELECT * FROM ledger_transaction_page(%s, %s, %s, %s, %s, %s, %s)"
_NARROWED = "SELECT ledger_transaction_rows(ARRAY({ids})), (SELECT count(*) FROM ({every}) narrowed)"


def list_transactions(*, partner: Partner, page: Page, narrowed: QuerySet[Transaction] | None) -> TransactionPage:
    """One page of a partner's transactions, newest first: of all of them, or of `narrowed` in its own order."""
    if narrowed is not None:
        return _list_narrowed(narrowed.filter(partner=partner), page)
    known = settled_of(partner.pk)
    found = known and _list_from(known, partner.pk, page)
    return found or _list_counting(partner.pk, page)


def _list_counting(partner_id: int, page: Page) -> TransactionPage:
    rows, mark, settled, fresh, *_rest = _page(partner_id, page, None, None, None, None)
    learn(partner_id, mark, settled)
    return TransactionPage(_fragment(rows), settled + fresh)


def _list_from(known: Settled, partner_id: int, page: Page) -> TransactionPage | None:
    """The page with help of what is known; None if that turns out to be of another time."""
    place = known.place_before(page.offset) if page.offset >= WORTH_A_PLACE else None
    start = (place.occurred_at, place.id, place.position) if place else (None, None, None)
    answer = _page(partner_id, page, known.mark, *start)
    rows, mark, _settled, fresh, newly_settled, pushed, first_at, first_id, newer = answer
    is_gone = rows == "[]" and page.offset < known.count + fresh
    if mark < known.mark or rows is None or is_gone:
        # A restored or emptied database, or a place that new sales pushed behind this page.
        forget(partner_id)
        return None
    if newly_settled >= ADVANCE_AT:
        learn(partner_id, mark, known.count + newly_settled)
    elif first_id is not None and page.offset - pushed >= WORTH_A_PLACE:
        known.remember(Place(page.offset - newer, first_at, first_id))
    return TransactionPage(_fragment(rows), known.count + fresh)


def _page(partner_id: int, page: Page, *known: Any) -> tuple[Any, ...]:
    row = fetch_row(_PAGE, (partner_id, page.size, page.offset, *known))
    assert row is not None
    return row


def _list_narrowed(narrowed: QuerySet[Transaction], page: Page) -> TransactionPage:
    ordered = narrowed if narrowed.query.order_by else narrowed.order_by(*NEWEST_FIRST)
    try:
        ids, id_parameters = ordered.values("pk")[page.offset : page.offset + page.size].query.sql_with_params()
        every, all_parameters = narrowed.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        return TransactionPage(_fragment("[]"), 0)
    with connection.cursor() as cursor:
        cursor.execute(_NARROWED.format(ids=ids, every=every), (*id_parameters, *all_parameters))
        rows, total = cursor.fetchone()
    return TransactionPage(_fragment(rows), total)


def _fragment(text: str) -> orjson.Fragment:
    return orjson.Fragment(text.encode())
