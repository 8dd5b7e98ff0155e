"""Cells that several pages of the ledger share."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from ledger.choices import EntryKind, TransactionType
from ledger.models import Transaction
from loyalty.backoffice.display import NOTHING, instant, link, money, points

TYPE_COLORS = {"purchase": "success", "refund": "warning", "cancellation": "danger"}
KIND_COLORS = {
    EntryKind.EARN: "success",
    EntryKind.BONUS: "success",
    EntryKind.REDEEM: "info",
    EntryKind.EXPIRE: "warning",
    EntryKind.TAKE_BACK: "danger",
    EntryKind.ADJUST: "primary",
}


def total(sale: Transaction) -> str:
    """The order total with its sign: a refund takes money back."""
    sign = 1 if sale.type == TransactionType.PURCHASE else -1
    return money(sale.order_total * sign, sale.currency)


def points_of(sale: Transaction) -> str:
    """Points that a transaction moved, as the customer sees them."""
    sign = 1 if sale.type == TransactionType.PURCHASE else -1
    moved = [points(sign * sale.points_awarded)] if sale.points_awarded else []
    moved += [points(-sign * sale.points_redeemed)] if sale.points_redeemed else []
    return " / ".join(moved) or NOTHING


TRANSACTION_HEADERS = [_("occurred at"), _("type"), _("order"), _("shop"), _("order total"), _("points")]


def transaction_row(sale: Transaction) -> list[Any]:
    """A transaction in a panel."""
    return [
        link(sale, instant(sale.occurred_at)),
        sale.get_type_display(),
        sale.order_id,
        sale.shop or NOTHING,
        total(sale),
        points_of(sale),
    ]
