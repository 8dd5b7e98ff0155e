"""What is still to be settled with a partner, asked before it is closed."""

from collections.abc import Mapping
from typing import Any

from commissions.choices import PeriodState
from commissions.models import CommissionPeriod, Statement
from partners.models import Partner


def list_unsettled_months(partner: Partner) -> list[Mapping[str, Any]]:
    """Every month with an amount that is not settled, the oldest first; then what the last statement carried."""
    periods = CommissionPeriod.objects.filter(partner=partner).exclude(state=PeriodState.SETTLED).exclude(total=0)
    rows = periods.order_by("month", "currency").values_list("month", "total", "currency")
    carried = {
        (row.currency): row.closing
        for row in Statement.objects.filter(partner=partner, number__isnull=False).order_by("number")
    }
    left = [("carried", amount, currency) for currency, amount in sorted(carried.items()) if amount]
    return [
        {"what": month, "amount": f"{total:.2f}", "currency": currency} for month, total, currency in [*rows, *left]
    ]
