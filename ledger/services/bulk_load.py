"""Whole histories into the ledger by COPY: transactions, their lines, and what a replay made of each card's points.

The caller owns the database transaction, and the anchor locks of cards that exist already. Ids are drawn before, in
blocks, so that rows can name one another; they rise with time, because lists show the newest id first.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, models

from ledger.models import PointsBalance, PointsEntry, PointsLot, Transaction, TransactionLine
from ledger.rules.cart import CartLine
from ledger.rules.replay import CardReplay, Entry, Lot
from loyalty.services.audit import SYSTEM, Actor

# Tables whose ids come from a sequence that they share (decision 10).
SHARED = {
    **dict.fromkeys(("cards_card", "cards_issuedcard"), "cards_identity"),
    **dict.fromkeys(("customers_person", "customers_customer"), "customers_identity"),
}


@dataclass(slots=True)
class TransactionRow:
    """One row of Transaction, its columns in the order in which they are copied."""

    id: int
    partner_id: int
    type: str
    status: str
    source: str
    order_id: str
    refund_id: str | None
    original_id: int | None
    shop_id: int | None
    customer_id: int | None
    issued_card_id: int | None
    order_total: Decimal
    points_discount_amount: Decimal
    amount: Decimal
    currency: str
    points_awarded: int
    points_redeemed: int
    points_balance: int
    points_debt: int
    category: str
    items_count: int
    occurred_at: datetime
    local_on: date
    recorded_at: datetime
    fingerprint: bytes
    description: str = ""
    meta_data: str = "{}"
    bonus_offer_id: int | None = None
    bonus_points: int = 0
    cashback_offer_id: int | None = None
    cashback_points: int = 0


@dataclass(frozen=True, slots=True)
class LoadedCard:
    """A replayed card, with the stored lots that the replay went on from (for a card that exists already)."""

    issued_card_id: int
    customer_id: int
    replay: CardReplay
    stored_lots: Sequence[Lot] = ()


TRANSACTION_COLUMNS = tuple(column.name for column in fields(TransactionRow))
_LINE_COLUMNS = "transaction_id partner_id number product_id product_name sku category quantity unit_price total_price"
LINE_COLUMNS = (*_LINE_COLUMNS.split(), "earns_points")
_ENTRY_COLUMNS = "id partner_id issued_card_id transaction_id shop_id kind points business_key actor_kind actor_id"
ENTRY_COLUMNS = (*_ENTRY_COLUMNS.split(), "reason", "occurred_at", "recorded_at")
_LOT_COLUMNS = "id partner_id issued_card_id entry_id issuing_shop_id points remaining earned_at expires_at"
LOT_COLUMNS = tuple(_LOT_COLUMNS.split())
_BALANCE_COLUMNS = (
    "issued_card_id partner_id customer_id balance debt earned redeemed expired next_expiry_at updated_at"
)
BALANCE_COLUMNS = tuple(_BALANCE_COLUMNS.split())

_STAGE = "CREATE TEMPORARY TABLE loaded_balance (LIKE ledger_pointsbalance) ON COMMIT DROP"
_MERGE = """
INSERT INTO ledger_pointsbalance AS b ({columns}) SELECT {columns} FROM loaded_balance
ON CONFLICT (issued_card_id) DO UPDATE SET
    balance = EXCLUDED.balance, debt = EXCLUDED.debt, earned = b.earned + EXCLUDED.earned,
    redeemed = b.redeemed + EXCLUDED.redeemed, expired = b.expired + EXCLUDED.expired,
    next_expiry_at = EXCLUDED.next_expiry_at, updated_at = greatest(b.updated_at, EXCLUDED.updated_at)
"""
_LOTS_LEFT = """
UPDATE ledger_pointslot l SET remaining = given.remaining
FROM unnest(%s::bigint[], %s::integer[]) AS given(id, remaining)
WHERE l.id = given.id AND l.remaining <> given.remaining
"""


def draw_ids(*, model: type[models.Model], count: int) -> list[int]:
    """So many fresh ids of a table, rising."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        sequence = SHARED.get(table)
        if sequence is None:
            cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table])
            sequence = cursor.fetchone()[0]
        cursor.execute("SELECT nextval(%s::regclass) FROM generate_series(1, %s) ORDER BY 1", [sequence, count])
        return [row[0] for row in cursor.fetchall()]


def copy_rows(*, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write rows by COPY and say how many. Names are our own, never from outside."""
    count = 0
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def load_transactions(*, rows: Iterable[TransactionRow]) -> int:
    """Write transactions. An original stands in the same load as its reversals, or in the table."""
    names = TRANSACTION_COLUMNS
    values = ([getattr(row, name) for name in names] for row in rows)
    return copy_rows(table=Transaction._meta.db_table, columns=names, rows=values)


def load_lines(*, partner_id: int, carts: Iterable[tuple[int, Sequence[CartLine]]]) -> int:
    """Write the cart lines of transactions, given as (transaction id, its lines)."""
    rows = (
        (
            *(transaction_id, partner_id, number, line.product_id, line.product_name, line.sku, line.category),
            *(line.quantity, line.unit_price, line.total_price, line.earns_points),
        )
        for transaction_id, lines in carts
        for number, line in enumerate(lines, 1)
    )
    return copy_rows(table=TransactionLine._meta.db_table, columns=LINE_COLUMNS, rows=rows)


def load_points(
    *, partner_id: int, cards: Sequence[LoadedCard], at: datetime, actor: Actor = SYSTEM, as_it_happened: bool = False
) -> int:
    """Write entries, lots and balances of replayed cards; says how many entries.

    Balances of new cards are made, those of others set; ids are given to the replay's entries and lots. The rows are
    recorded `at`, or (for a history that plays as if it had been recorded then) when they occurred.
    """
    moves = [(entry, card.issued_card_id) for card in cards for entry in card.replay.entries]
    moves.sort(key=lambda move: move[0].occurred_at)
    for (entry, _), identity in zip(moves, draw_ids(model=PointsEntry, count=len(moves)), strict=True):
        entry.id = identity
    lots = [(lot, card.issued_card_id) for card in cards for lot in card.replay.lots]
    lots.sort(key=lambda held: held[0].entry.id if held[0].entry and held[0].entry.id else 0)
    for (lot, _), identity in zip(lots, draw_ids(model=PointsLot, count=len(lots)), strict=True):
        lot.id = identity
    rows = (
        _entry_row(partner_id, card_id, entry, actor, entry.occurred_at if as_it_happened else at)
        for entry, card_id in moves
    )
    count = copy_rows(table=PointsEntry._meta.db_table, columns=ENTRY_COLUMNS, rows=rows)
    rows_of_lots = (
        (
            *(lot.id, partner_id, card_id, lot.entry.id if lot.entry else None, lot.shop_id),
            *(lot.points, lot.remaining, lot.earned_at, lot.expires_at),
        )
        for lot, card_id in lots
    )
    copy_rows(table=PointsLot._meta.db_table, columns=LOT_COLUMNS, rows=rows_of_lots)
    _load_balances(partner_id, cards, at)
    return count


def analyze() -> None:
    """Tell the planner what has come, rather than wait for autovacuum."""
    tables = (Transaction, TransactionLine, PointsEntry, PointsLot, PointsBalance)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(model._meta.db_table for model in tables)}")


def _entry_row(partner_id: int, card_id: int, entry: Entry, actor: Actor, recorded_at: datetime) -> tuple[Any, ...]:
    who = SYSTEM if entry.lot is not None else actor
    return (
        *(entry.id, partner_id, card_id, entry.transaction_id, entry.shop_id, entry.kind, entry.points),
        *(entry.business_key, who.kind, who.id, "", entry.occurred_at, recorded_at),
    )


def _load_balances(partner_id: int, cards: Sequence[LoadedCard], at: datetime) -> None:
    rows = (
        (
            *(card.issued_card_id, partner_id, card.customer_id, card.replay.balance, card.replay.debt),
            *(card.replay.earned, card.replay.redeemed, card.replay.expired),
            *(card.replay.next_expiry_at, card.replay.updated_at or at),
        )
        for card in cards
    )
    stored = [lot for card in cards for lot in card.stored_lots]
    with connection.cursor() as cursor:
        cursor.execute(_STAGE)
        copy_rows(table="loaded_balance", columns=BALANCE_COLUMNS, rows=rows)
        cursor.execute(_MERGE.format(columns=", ".join(BALANCE_COLUMNS)))
        cursor.execute("DROP TABLE loaded_balance")
        if stored:
            cursor.execute(_LOTS_LEFT, [[lot.id for lot in stored], [lot.remaining for lot in stored]])
