"""What a month comes to beyond its sales, and what of a balance is asked for (analytics 3.2, rule 7)."""

from decimal import Decimal

ZERO = Decimal(0)


def extra_of(counted: Decimal, minimum: Decimal, cap: Decimal | None) -> Decimal:
    """What brings a month up to its minimum (above 0) or down to its cap (below 0).

    Without a minimum a month in which refunds weigh more stays below 0.
    """
    if minimum > 0 and counted < minimum:
        return minimum - counted
    if cap is not None and counted > cap:
        return cap - counted
    return ZERO


def settled_of(balance: Decimal, threshold: Decimal, *, pays_out: bool) -> Decimal:
    """What of a balance is asked for: all of it from the threshold on, nothing below; the rest is carried.

    A negative one is carried too and netted with what comes, unless it was agreed to pay it out.
    """
    if balance > 0 and balance >= threshold:
        return balance
    if pays_out and balance < 0 and -balance >= threshold:
        return balance
    return ZERO
