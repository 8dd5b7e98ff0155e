"""Proving the ledger: every balance from its entries and lots, every sale from its figures.

Each check is one set-based query that answers the rows which are wrong; a sound ledger answers none.
"""

from dataclasses import dataclass

from django.db import connection


@dataclass(frozen=True, slots=True)
class Check:
    """What must hold, and the query that finds where it does not: (kind of thing, its id, what is wrong)."""

    name: str
    promise: str
    sql: str


@dataclass(frozen=True, slots=True)
class Drift:
    """One row that breaks a promise."""

    check: str
    subject: int
    detail: str


# `%(partner)s` is a partner's id, or NULL for all.
_MINE = "(%(partner)s::bigint IS NULL OR {}.partner_id = %(partner)s)"
CHECKS = (
    Check(
        "balance",
        "the entries of an issued card add up to its balance less its debt",
        f"""
        SELECT b.issued_card_id, format('entries %%s, balance %%s, debt %%s', coalesce(e.points, 0), b.balance, b.debt)
        FROM ledger_pointsbalance b
        LEFT JOIN (SELECT issued_card_id, sum(points) AS points FROM ledger_pointsentry GROUP BY 1) e
            USING (issued_card_id)
        WHERE {_MINE.format("b")} AND coalesce(e.points, 0) <> b.balance - b.debt
        """,
    ),
    Check(
        "lots",
        "what remains of the lots of an issued card is its balance",
        f"""
        SELECT b.issued_card_id, format('lots %%s, balance %%s', coalesce(l.remaining, 0), b.balance)
        FROM ledger_pointsbalance b
        LEFT JOIN (SELECT issued_card_id, sum(remaining) AS remaining FROM ledger_pointslot GROUP BY 1) l
            USING (issued_card_id)
        WHERE {_MINE.format("b")} AND coalesce(l.remaining, 0) <> b.balance
        """,
    ),
    Check(
        "totals",
        "points earned, redeemed and expired ever are the sums of their entries",
        f"""
        SELECT b.issued_card_id, format('earned %%s/%%s, redeemed %%s/%%s, expired %%s/%%s',
               b.earned, coalesce(e.earned, 0), b.redeemed, coalesce(e.redeemed, 0), b.expired, coalesce(e.expired, 0))
        FROM ledger_pointsbalance b
        LEFT JOIN (
            SELECT issued_card_id,
                   coalesce(sum(points) FILTER (WHERE kind IN ('earn', 'bonus', 'take_back')), 0) AS earned,
                   coalesce(-sum(points) FILTER (WHERE kind IN ('redeem', 'give_back')), 0) AS redeemed,
                   coalesce(-sum(points) FILTER (WHERE kind = 'expire'), 0) AS expired
            FROM ledger_pointsentry GROUP BY 1
        ) e USING (issued_card_id)
        WHERE {_MINE.format("b")} AND (b.earned, b.redeemed, b.expired)
            IS DISTINCT FROM (coalesce(e.earned, 0), coalesce(e.redeemed, 0), coalesce(e.expired, 0))
        """,
    ),
    Check(
        "owner",
        "every issued card has a balance of the same partner and customer, as its entries, lots and sales",
        f"""
        SELECT i.id, 'balance missing or of another customer' FROM cards_issuedcard i
        LEFT JOIN ledger_pointsbalance b ON b.issued_card_id = i.id
        WHERE {_MINE.format("i")} AND (b.partner_id, b.customer_id) IS DISTINCT FROM (i.partner_id, i.customer_id)
        UNION ALL
        SELECT e.issued_card_id, 'entry of another partner' FROM ledger_pointsentry e
        JOIN cards_issuedcard i ON i.id = e.issued_card_id
        WHERE {_MINE.format("i")} AND e.partner_id <> i.partner_id
        UNION ALL
        SELECT l.issued_card_id, 'lot of another partner' FROM ledger_pointslot l
        JOIN cards_issuedcard i ON i.id = l.issued_card_id
        WHERE {_MINE.format("i")} AND l.partner_id <> i.partner_id
        UNION ALL
        SELECT l.issued_card_id, 'lot of another card''s entry' FROM ledger_pointslot l
        JOIN ledger_pointsentry e ON e.id = l.entry_id
        WHERE {_MINE.format("l")} AND l.issued_card_id <> e.issued_card_id
        UNION ALL
        SELECT e.issued_card_id, 'entry of another card''s transaction' FROM ledger_pointsentry e
        JOIN ledger_transaction t ON t.id = e.transaction_id
        WHERE {_MINE.format("e")} AND t.issued_card_id IS DISTINCT FROM e.issued_card_id
        UNION ALL
        SELECT t.issued_card_id, 'transaction of another customer' FROM ledger_transaction t
        JOIN cards_issuedcard i ON i.id = t.issued_card_id
        WHERE {_MINE.format("t")} AND (t.partner_id, t.customer_id) IS DISTINCT FROM (i.partner_id, i.customer_id)
        """,
    ),
    Check(
        "expiry",
        "no lot expires before the balance knows of it",
        f"""
        SELECT b.issued_card_id, format('lot expires %%s, balance says %%s', min(l.expires_at), b.next_expiry_at)
        FROM ledger_pointsbalance b JOIN ledger_pointslot l ON l.issued_card_id = b.issued_card_id AND l.remaining > 0
        WHERE {_MINE.format("b")} GROUP BY b.issued_card_id
        HAVING min(l.expires_at) < coalesce(b.next_expiry_at, 'infinity')
        """,
    ),
    Check(
        "sale_points",
        "the entries of a transaction are the points it says",
        f"""
        SELECT t.id, format('says %%s awarded, %%s redeemed; entries %%s, %%s', t.points_awarded, t.points_redeemed,
               coalesce(e.awarded, 0), coalesce(e.redeemed, 0))
        FROM ledger_transaction t
        LEFT JOIN (
            SELECT transaction_id, sum(abs(points)) FILTER (WHERE kind IN ('earn', 'take_back')) AS awarded,
                   sum(abs(points)) FILTER (WHERE kind IN ('redeem', 'give_back')) AS redeemed
            FROM ledger_pointsentry WHERE transaction_id IS NOT NULL GROUP BY 1
        ) e ON e.transaction_id = t.id
        WHERE {_MINE.format("t")}
          AND (t.points_awarded, t.points_redeemed) IS DISTINCT FROM (coalesce(e.awarded, 0), coalesce(e.redeemed, 0))
        """,
    ),
    Check(
        "reversals",
        "refunds of a purchase are its card's, and never exceed it in money or in points",
        f"""
        SELECT t.id, format('refunded %%s of %%s, taken back %%s of %%s points', sum(r.order_total), t.order_total,
               sum(r.points_awarded), t.points_awarded)
        FROM ledger_transaction t JOIN ledger_transaction r ON r.original_id = t.id
        WHERE {_MINE.format("t")} GROUP BY t.id
        HAVING sum(r.order_total) > t.order_total OR sum(r.points_awarded) > t.points_awarded
            OR sum(r.points_redeemed) > t.points_redeemed OR sum(r.amount) > t.amount
            OR sum(r.bonus_points) > t.bonus_points OR sum(r.cashback_points) > t.cashback_points
            OR sum(r.points_discount_amount) > t.points_discount_amount
            OR bool_or((r.partner_id, r.issued_card_id) IS DISTINCT FROM (t.partner_id, t.issued_card_id))
        """,
    ),
    Check(
        "money",
        "what was paid is the order total less the part paid with points",
        f"""
        SELECT t.id, format('total %%s, discount %%s, amount %%s', t.order_total, t.points_discount_amount, t.amount)
        FROM ledger_transaction t JOIN partners_partner p ON p.id = t.partner_id
        WHERE {_MINE.format("t")} AND t.amount <> t.order_total
          AND t.amount <> greatest(t.order_total - t.points_discount_amount, 0)
        """,
    ),
    Check(
        "offers",
        "points by offers are a part of the points awarded, by offers of the same partner",
        f"""
        SELECT t.id, format('%%s by offer %%s and %%s by offer %%s of %%s points', t.bonus_points, t.bonus_offer_id,
               t.cashback_points, t.cashback_offer_id, t.points_awarded)
        FROM ledger_transaction t
        LEFT JOIN partners_offer m ON m.id = t.bonus_offer_id AND m.partner_id = t.partner_id
        LEFT JOIN partners_offer c ON c.id = t.cashback_offer_id AND c.partner_id = t.partner_id
        WHERE {_MINE.format("t")} AND (t.bonus_offer_id IS NOT NULL OR t.cashback_offer_id IS NOT NULL)
          AND ((t.bonus_offer_id IS NOT NULL AND m.id IS NULL) OR (t.cashback_offer_id IS NOT NULL AND c.id IS NULL)
            OR (t.type = 'purchase' AND t.bonus_points + t.cashback_points > t.points_awarded))
        """,
    ),
    Check(
        "lines",
        "a transaction counts its cart lines right",
        f"""
        SELECT t.id, format('says %%s, has %%s', t.items_count, coalesce(l.count, 0)) FROM ledger_transaction t
        LEFT JOIN (SELECT transaction_id, count(*) FROM ledger_transactionline GROUP BY 1) l ON l.transaction_id = t.id
        WHERE {_MINE.format("t")} AND t.items_count <> coalesce(l.count, 0)
        """,
    ),
)
LIMIT = 100


def find_drift(*, partner_id: int | None = None) -> dict[str, list[Drift]]:
    """Every check by name with the rows that break it, at most 100 each. Reads one consistent snapshot a check."""
    found = {}
    with connection.cursor() as cursor:
        for check in CHECKS:
            cursor.execute(f"SELECT * FROM ({check.sql}) AS wrong LIMIT {LIMIT}", {"partner": partner_id})
            found[check.name] = [Drift(check.name, subject, detail) for subject, detail in cursor.fetchall()]
    return found
