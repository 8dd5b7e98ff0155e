"""What the ledger adds to the figures and the export of those who hold points."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from customers.models import Customer
from customers.rules.levels import level_of
from ledger.models import PointsBalance, Transaction
from ledger.selectors.balances import get_points_views
from loyalty.contributions import Subject


def point_figures(*, customers: Sequence[Customer], at: datetime) -> dict[str, Any]:
    """Points of all cards that have not expired, and the level where they are all of one partner."""
    cards = PointsBalance.objects.filter(customer_id__in=[customer.pk for customer in customers])
    views = get_points_views(issued_card_ids=cards.values_list("pk", flat=True), at=at).values()
    partners = {customer.partner_id: customer.partner for customer in customers}
    level = None
    if len(partners) == 1:
        level = level_of(next(iter(partners.values())).levels, sum(view.earned for view in views))
    return {"total_points": sum(view.points for view in views), "level": level}


def export(subject: Subject) -> dict[str, Any]:
    """The subject's sales and points."""
    of_subject = {"customer_id__in": subject.all_customer_ids}
    sales = Transaction.objects.filter(partner_id__in=subject.customer_ids.keys(), **of_subject).order_by("pk")
    balances = PointsBalance.objects.filter(**of_subject).order_by("pk")
    return {
        "transactions": list(
            sales.values(
                *("id", "partner_id", "customer_id", "shop_id", "type", "order_id", "order_total", "currency"),
                *("points_awarded", "points_redeemed", "description", "meta_data", "occurred_at"),
            )
        ),
        "points": list(balances.values("issued_card_id", "balance", "debt", "earned", "redeemed", "expired")),
    }
