"""Transactions added up by shop, day, month or category (`group_by`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Case, CharField, Count, F, Func, Q, Sum, Value, When
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ledger.choices import TransactionType
from ledger.selectors.transactions import Transactions
from loyalty.api.pagination import Page
from loyalty.contributions import read_figures
from partners.models import Category, Partner, Shop

GROUPS = ("shop", "day", "month", "category")
ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Group:
    """Sums over one shop, day, month or category.

    `revenue` is what purchases brought, `refunds` what refunds and cancellations gave back, both unsigned; points are
    net of what refunds took back. `commission` comes from above; null where nothing is computed yet.
    """

    key: str | int | None
    label: str
    transactions: int
    revenue: Decimal
    refunds: Decimal
    points_awarded: int
    points_redeemed: int
    commission: Decimal | None = None


def group_transactions(*, partner: Partner, narrowed: Transactions, by: str, page: Page) -> tuple[list[Group], int]:
    """One page of groups and how many there are: days and months newest first, the others by revenue."""
    narrowed = narrowed.filter(partner=partner)
    sums = _by_category(narrowed) if by == "category" else _by_column(narrowed, by)
    if by in {"day", "month"}:
        sums.sort(key=lambda row: row[0], reverse=True)
    else:
        sums.sort(key=lambda row: (-row[2], row[0] is None, str(row[0])))
    shown = sums[page.offset : page.offset + page.size]
    labels = _labels(partner, by, [row[0] for row in shown])
    figures = read_figures("transactions.groups", partner=partner, narrowed=narrowed, by=by) if shown else {}
    paid: Mapping[Any, Decimal] = figures.get("commission") or {}
    groups = [
        Group(key, labels[key], count, revenue, refunds, awarded, redeemed, paid.get(key))
        for key, count, revenue, refunds, awarded, redeemed in shown
    ]
    return groups, len(sums)


def _by_column(narrowed: Transactions, by: str) -> list[tuple[Any, ...]]:
    key = {
        "shop": F("shop_id"),
        "day": _written(F("local_on"), "YYYY-MM-DD"),
        "month": _written(F("local_on"), "YYYY-MM"),
    }[by]
    purchase = Q(type=TransactionType.PURCHASE)
    sign = Case(When(purchase, then=Value(1)), default=Value(-1))
    rows = (
        narrowed.order_by()
        .annotate(group=key)
        .values("group")
        .annotate(
            number=Count("pk"),
            revenue=Sum("amount", filter=purchase, default=ZERO),
            refunds=Sum("amount", filter=~purchase, default=ZERO),
            awarded=Sum(F("points_awarded") * sign),
            redeemed=Sum(F("points_redeemed") * sign),
        )
    )
    return list(rows.values_list("group", "number", "revenue", "refunds", "awarded", "redeemed"))


def _written(day: Any, form: str) -> Func:
    return Func(day, Value(form), function="to_char", output_field=CharField())


# A transaction's figures are split over the categories of its cart by the lines' totals; what rounding leaves goes to
# the largest category, so the groups add up to the transactions. Most carts have one category and need no splitting; a
# cart without lines belongs to the transaction's own category, one without value to its first. These are the parts of
# the transactions in a query `wanted`, with `_SPLIT_COLUMNS`; the roll-up splits by them too.
SPLIT_BY_CATEGORY = """
carts AS MATERIALIZED (
    SELECT l.transaction_id AS id, nullif(l.category, '') AS category, sum(l.total_price) AS part
    FROM wanted w JOIN ledger_transactionline l ON l.transaction_id = w.id GROUP BY 1, 2
),
mixed AS MATERIALIZED (SELECT id FROM carts GROUP BY id HAVING count(*) > 1),
shares AS (
    SELECT w.id, w.type, w.amount, w.points_awarded, w.points_redeemed, c.category,
           coalesce(c.part / nullif(sum(c.part) OVER cart, 0), CASE row_number() OVER ranked WHEN 1 THEN 1 ELSE 0 END)
               AS share,
           row_number() OVER ranked AS rank
    FROM mixed m JOIN wanted w ON w.id = m.id JOIN carts c ON c.id = m.id
    WINDOW cart AS (PARTITION BY w.id), ranked AS (PARTITION BY w.id ORDER BY c.part DESC, c.category)
),
rounded AS (
    SELECT *, round(amount * share, 2) AS money, round(points_awarded * share) AS awarded,
           round(points_redeemed * share) AS redeemed
    FROM shares
),
split AS (
    SELECT id, type, category,
           money + CASE rank WHEN 1 THEN amount - sum(money) OVER cart ELSE 0 END AS money,
           awarded + CASE rank WHEN 1 THEN points_awarded - sum(awarded) OVER cart ELSE 0 END AS awarded,
           redeemed + CASE rank WHEN 1 THEN points_redeemed - sum(redeemed) OVER cart ELSE 0 END AS redeemed
    FROM rounded WINDOW cart AS (PARTITION BY id)
    UNION ALL
    SELECT w.id, w.type, CASE WHEN c.id IS NULL THEN nullif(w.category, '') ELSE c.category END,
           w.amount, w.points_awarded, w.points_redeemed
    FROM wanted w LEFT JOIN carts c ON c.id = w.id
    WHERE NOT EXISTS (SELECT FROM mixed m WHERE m.id = w.id)
)
"""
_BY_CATEGORY = f"""
WITH wanted AS MATERIALIZED ({{narrowed}}),{SPLIT_BY_CATEGORY}
SELECT category, count(*),
       coalesce(sum(money) FILTER (WHERE type = 'purchase'), 0.00),
       coalesce(sum(money) FILTER (WHERE type <> 'purchase'), 0.00),
       sum(CASE type WHEN 'purchase' THEN awarded ELSE -awarded END)::bigint,
       sum(CASE type WHEN 'purchase' THEN redeemed ELSE -redeemed END)::bigint
FROM split GROUP BY 1
"""
_SPLIT_COLUMNS = ("id", "type", "category", "amount", "points_awarded", "points_redeemed")


def _by_category(narrowed: Transactions) -> list[tuple[Any, ...]]:
    try:
        inner, parameters = narrowed.order_by().values(*_SPLIT_COLUMNS).query.sql_with_params()
    except EmptyResultSet:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_BY_CATEGORY.format(narrowed=inner), parameters)
        return cursor.fetchall()


def _labels(partner: Partner, by: str, keys: list[Any]) -> dict[Any, str]:
    if by == "shop":
        names = dict(
            Shop.objects.filter(partner=partner, pk__in=[key for key in keys if key]).values_list("pk", "name")
        )
        return {key: names.get(key, _("No shop")) for key in keys}
    if by == "category":
        texts = dict(
            Category.objects.filter(partner=partner, key__in=[key for key in keys if key]).values_list("key", "name")
        )
        return {key: _("No category") if key is None else _localized(texts.get(key), partner) or key for key in keys}
    return {key: key for key in keys}


def _localized(texts: dict[str, str] | None, partner: Partner) -> str:
    texts = texts or {}
    return texts.get(get_language() or "") or texts.get(partner.default_language) or ""
