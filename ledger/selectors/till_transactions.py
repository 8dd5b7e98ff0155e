"""Transactions as tills list them (contract 5.7)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import MAXYEAR, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from ledger.choices import EntryKind, TransactionType
from ledger.models import PointsEntry, Transaction, TransactionLine
from partners.models import Category, Partner

COLUMNS = (
    *("id", "type", "status", "source", "order_id", "refund_id", "amount", "currency", "description"),
    *("points_awarded", "points_redeemed", "items_count", "occurred_at", "recorded_at"),
    *("customer_id", "customer__name", "customer__email", "customer__phone"),
    *("issued_card_id", "issued_card__number", "issued_card__card__title", "shop_id", "shop__name"),
)


@dataclass(frozen=True, slots=True)
class TillFilter:
    """Which transactions; dates are local days of the partner, both included."""

    customer_id: int | None = None
    email: str | None = None
    issued_card_id: int | None = None
    shop_id: int | None = None
    staff_id: int | None = None
    category_id: int | None = None
    reference_number: str | None = None
    types: tuple[str, ...] = ()
    date_from: date | None = None
    date_to: date | None = None


def list_till_transactions(
    *, partner: Partner, shop_ids: frozenset[int] | None, wanted: TillFilter
) -> QuerySet[Transaction, dict[str, Any]]:
    """Rows with the columns that the answer needs, newest first."""
    rows = Transaction.objects.filter(partner=partner)
    if shop_ids is not None:
        rows = rows.filter(shop_id__in=shop_ids)
    rows = narrowed(rows, wanted)
    if wanted.category_id is not None:
        rows = rows.filter(_in_category(partner, wanted.category_id))
    return rows.order_by("-occurred_at", "-pk").values(*COLUMNS)


def narrowed(rows: QuerySet[Transaction], wanted: TillFilter) -> QuerySet[Transaction]:
    """Those of `rows` that were asked for, but for their category, which only a partner has."""
    plain = {
        "customer_id": wanted.customer_id,
        "customer__email__iexact": wanted.email,
        "issued_card_id": wanted.issued_card_id,
        "shop_id": wanted.shop_id,
        "staff_id": wanted.staff_id,
        "order_id": wanted.reference_number,
        "local_on__gte": wanted.date_from,
        "local_on__lte": wanted.date_to,
    }
    rows = rows.filter(**{name: value for name, value in plain.items() if value is not None})
    return rows.filter(type__in=wanted.types) if wanted.types else rows


def _in_category(partner: Partner, category_id: int) -> Q:
    keys = Category.objects.filter(partner=partner, pk=category_id).values("key")
    lines = TransactionLine.objects.filter(partner=partner, category__in=keys)
    return Q(pk__in=lines.values("transaction_id"))


def till_row(row: dict[str, Any]) -> dict[str, Any]:
    """One transaction as answered. Points are signed; what a cancellation or refund undid is `refund`."""
    sign = 1 if row["type"] == TransactionType.PURCHASE else -1
    metadata: dict[str, Any] = {"source": row["source"], "points_redeemed": row["points_redeemed"]}
    if sign > 0:
        metadata |= {"points_awarded": row["points_awarded"], "items_count": row["items_count"]}
    else:
        metadata |= {
            "points_deducted": row["points_awarded"],
            "reason": row["description"],
            "refund_id": row["refund_id"],
        }
    user = None
    if row["customer_id"] is not None:
        user = {
            "id": row["customer_id"],
            "name": row["customer__name"],
            "email": row["customer__email"],
            "phone": row["customer__phone"],
        }
    card = None
    if row["issued_card_id"] is not None:
        card = {
            "id": row["issued_card_id"],
            "name": row["issued_card__card__title"],
            "number": row["issued_card__number"],
        }
    return {
        "id": row["id"],
        "type": row["type"] if row["type"] == TransactionType.PURCHASE else "refund",
        "points": sign * row["points_awarded"],
        "amount": row["amount"],
        "currency": row["currency"],
        "description": row["description"],
        "reference_number": row["order_id"],
        "status": row["status"],
        "user": user,
        "loyalty_card": card,
        "shop": None if row["shop_id"] is None else {"id": row["shop_id"], "name": row["shop__name"]},
        "metadata": metadata,
        "transaction_date": row["occurred_at"],
        "created_at": row["recorded_at"],
    }


def list_bonuses(*, partner: Partner, shop_ids: frozenset[int] | None, wanted: TillFilter) -> QuerySet[PointsEntry]:
    """Bonus points: movements without a sale, listed where `type=bonus` is asked for.

    They belong to no order, staff member or category; one that no shop gave is in nobody's reach but the whole
    partner's.
    """
    rows = PointsEntry.objects.filter(partner=partner, kind=EntryKind.BONUS).select_related(
        "issued_card__customer", "issued_card__card"
    )
    if any(value is not None for value in (wanted.reference_number, wanted.staff_id, wanted.category_id)):
        rows = rows.none()
    if shop_ids is not None:
        rows = rows.filter(shop_id__in=shop_ids)
    plain = {
        "issued_card__customer_id": wanted.customer_id,
        "issued_card__customer__email__iexact": wanted.email,
        "issued_card_id": wanted.issued_card_id,
        "shop_id": wanted.shop_id,
        "occurred_at__gte": _midnight(partner, wanted.date_from),
        "occurred_at__lt": _midnight(partner, wanted.date_to, days=1),
    }
    return rows.filter(**{name: value for name, value in plain.items() if value is not None}).order_by("-pk")


def _midnight(partner: Partner, day: date | None, *, days: int = 0) -> datetime | None:
    """The instant at which this local day of the partner, or one so many days after it, begins."""
    if day is None or day.year == MAXYEAR:
        return None
    return datetime.combine(day + timedelta(days=days), time.min, ZoneInfo(partner.time_zone))


def bonus_rows(entries: Iterable[PointsEntry], currency: str) -> list[dict[str, Any]]:
    """Bonuses in the shape of transactions, without money."""
    return [
        {
            "id": entry.pk,
            "type": "bonus",
            "points": entry.points,
            "amount": 0,
            "currency": currency,
            "description": entry.reason,
            "reference_number": None,
            "status": "completed",
            "user": {
                "id": entry.issued_card.customer_id,
                "name": entry.issued_card.customer.name,
                "email": entry.issued_card.customer.email,
                "phone": entry.issued_card.customer.phone,
            },
            "loyalty_card": {
                "id": entry.issued_card_id,
                "name": entry.issued_card.card.title,
                "number": entry.issued_card.number,
            },
            "shop": None,
            "metadata": {"source": entry.actor_kind, "points_awarded": entry.points, "items_count": 0},
            "transaction_date": entry.occurred_at,
            "created_at": entry.recorded_at,
        }
        for entry in entries
    ]
