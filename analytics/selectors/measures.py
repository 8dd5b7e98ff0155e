"""What the roll-up adds up, said once: how sales, points and commission become the figures of a day.

The steps that keep the roll-up, the statistics (for what is not rolled up yet) and the proof all sum by these.
"""

from collections.abc import Iterable, Mapping

# Over transactions.
OF_SALES = {
    "purchases": "count(*) FILTER (WHERE type = 'purchase')",
    "reversals": "count(*) FILTER (WHERE type <> 'purchase')",
    "revenue": "coalesce(sum(amount) FILTER (WHERE type = 'purchase'), 0)",
    "refunds": "coalesce(sum(amount) FILTER (WHERE type <> 'purchase'), 0)",
    "discounts": "sum(CASE type WHEN 'purchase' THEN points_discount_amount ELSE -points_discount_amount END)",
}
# Over points entries. Whatever is neither earned, redeemed nor expired is a correction: no point is ever left out.
EARNED, REDEEMED = "('earn', 'bonus', 'take_back')", "('redeem', 'give_back')"
OF_POINTS = {
    "points_issued": f"coalesce(sum(points) FILTER (WHERE kind IN {EARNED}), 0)",
    "points_redeemed": f"-coalesce(sum(points) FILTER (WHERE kind IN {REDEEMED}), 0)",
    "points_expired": "-coalesce(sum(points) FILTER (WHERE kind = 'expire'), 0)",
    "points_adjusted": (
        f"coalesce(sum(points) FILTER (WHERE kind NOT IN {EARNED} AND kind NOT IN {REDEEMED} AND kind <> 'expire'), 0)"
    ),
}
OF_COMMISSION = {"commission": "sum(amount)"}
FIGURES = (*OF_SALES, *OF_POINTS, *OF_COMMISSION)

# The same of one customer.
OF_CUSTOMER_SALES = {name: OF_SALES[name] for name in ("purchases", "reversals", "revenue", "refunds")}
OF_CUSTOMER_POINTS = {
    "points_earned": "coalesce(sum(points) FILTER (WHERE kind IN ('earn', 'bonus')), 0)",
    "points_redeemed": "-coalesce(sum(points) FILTER (WHERE kind = 'redeem'), 0)",
}
CUSTOMER_FIGURES = (*OF_CUSTOMER_SALES, *OF_CUSTOMER_POINTS)
# What makes a customer active.
IS_ACTIVE_SALE = "type = 'purchase'"
IS_ACTIVE_ENTRY = "kind IN ('earn', 'bonus', 'redeem')"

SALE_COLUMNS = (
    "t.id, t.type, t.category, t.amount, t.points_discount_amount, t.points_awarded, t.points_redeemed, t.local_on, "
    "t.shop_id, t.currency, t.customer_id"
)
# An entry belongs to the day of its sale, whatever the partner's clock says by now; others to the day by the clock.
ENTRY_COLUMNS = (
    "coalesce(t.local_on, (e.occurred_at AT TIME ZONE {zone})::date) AS local_on, e.shop_id, e.kind, e.points, "
    "b.customer_id"
)
ENTRY_TABLES = (
    "ledger_pointsentry e LEFT JOIN ledger_transaction t ON t.id = e.transaction_id "
    "JOIN ledger_pointsbalance b ON b.issued_card_id = e.issued_card_id"
)


def sums(measures: Mapping[str, str]) -> str:
    """As columns of a query over the rows."""
    return ", ".join(f"{how} AS {name}" for name, how in measures.items())


def sums_of(names: Iterable[str]) -> str:
    """As columns of a query that adds up what is summed already."""
    return ", ".join(f"sum({name}) AS {name}" for name in names)
