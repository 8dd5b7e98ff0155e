"""What platform staff look for, over all partners and through indexes only."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection
from django.db.models import Q, QuerySet

from cards.models import IssuedCard
from customers.models import Customer
from customers.selectors import customers as _lookups  # noqa: F401 - registers `ilike`
from ledger.choices import TransactionType
from ledger.models import PointsBalance, PointsEntry, Transaction
from partners.choices import PartnerStatus
from partners.models import Partner

MOST_MATCHES = 200
_CARD_NUMBER = re.compile(r"\d{3}-?\d{3}-?\d{3}")


@dataclass(frozen=True, slots=True)
class Today:
    """Sales of one currency since the midnight of each partner's own day."""

    currency: str
    sales: int
    amount: Decimal
    points: int


def card_number_of(text: str) -> str | None:
    """The text as a card number, if it is one; people leave the hyphens out."""
    if not _CARD_NUMBER.fullmatch(text):
        return None
    digits = text.replace("-", "")
    return f"{digits[:3]}-{digits[3:6]}-{digits[6:]}"


def customers_matching_across_partners(text: str) -> Q:
    """Customers by id, card number, or a part of name, e-mail or phone."""
    number = card_number_of(text)
    if number is not None:
        holders = IssuedCard.objects.filter(number=number).values_list("customer_id", flat=True)[:MOST_MATCHES]
        return Q(pk__in=list(holders)) | Q(phone__ilike=text)
    found = Q(name__ilike=text) | Q(email__ilike=text) | Q(phone__ilike=text)
    return found | Q(pk=int(text)) if _is_id(text) else found


def list_customer_ids_matching_across_partners(text: str) -> list[int]:
    """The newest customers that fit a search, for lists of what they own."""
    found = Customer.objects.filter(customers_matching_across_partners(text)).order_by("-pk")
    return list(found.values_list("pk", flat=True)[:MOST_MATCHES])


def transactions_matching_across_partners(text: str) -> Q:
    """Transactions by id, by order with its refunds, or of a customer named by card number or e-mail address."""
    number = card_number_of(text)
    if number is not None:
        holders = IssuedCard.objects.filter(number=number).values_list("customer_id", flat=True)[:MOST_MATCHES]
        return Q(customer_id__in=list(holders))
    if "@" in text:
        people = Customer.objects.filter(email__ilike=text).values_list("pk", flat=True)[:MOST_MATCHES]
        return Q(customer_id__in=list(people))
    sales = Transaction.objects.filter(type=TransactionType.PURCHASE, order_id=text).values_list("pk", flat=True)
    ids = list(sales[:MOST_MATCHES])
    found = Q(pk__in=ids) | Q(original_id__in=ids)
    return found | Q(pk=int(text)) if _is_id(text) else found


def find_customer(*, partner: Partner, text: str) -> Customer | None:
    """The one customer of a partner with this id, card number, e-mail address or phone; None also when several fit."""
    number = card_number_of(text)
    named = Q(email__iexact=text) | Q(phone=text) | Q(external_id=text)
    if number is not None:
        named |= Q(
            pk__in=list(IssuedCard.objects.filter(partner=partner, number=number).values_list("customer", flat=True))
        )
    elif _is_id(text):
        named |= Q(pk=int(text))
    found = list(Customer.objects.filter(named, partner=partner)[:2])
    return found[0] if len(found) == 1 else None


def find_issued_card_by_number(*, partner: Partner, text: str) -> IssuedCard | None:
    """The partner's issued card with this number, with or without hyphens."""
    number = card_number_of(text.strip())
    if number is None:
        return None
    return IssuedCard.objects.select_related("card", "customer").filter(partner=partner, number=number).first()


def get_balance(issued_card: IssuedCard) -> PointsBalance | None:
    """What a card holds; None for one that never saw the ledger."""
    return PointsBalance.objects.filter(issued_card=issued_card).first()


def list_last_entries(*, issued_card: IssuedCard, limit: int = 10) -> QuerySet[PointsEntry]:
    """The latest movements of a card's points."""
    return PointsEntry.objects.select_related("transaction").filter(issued_card=issued_card).order_by("-id")[:limit]


def list_last_transactions(*, customer: Customer, limit: int = 10) -> QuerySet[Transaction]:
    """A customer's latest sales and refunds."""
    rows = Transaction.objects.select_related("shop").filter(customer=customer)
    return rows.order_by("-occurred_at", "-id")[:limit]


def list_cards_with_balance(*, customer: Customer) -> Sequence[tuple[IssuedCard, PointsBalance | None]]:
    """A customer's cards and what is on them."""
    cards = list(IssuedCard.objects.select_related("card").filter(customer=customer).order_by("pk"))
    balances = PointsBalance.objects.in_bulk([card.pk for card in cards])
    return [(card, balances.get(card.pk)) for card in cards]


def list_newest_transactions_across_partners(limit: int = 10) -> QuerySet[Transaction]:
    """What came in last, whoever sold it."""
    return Transaction.objects.select_related("partner", "shop", "customer").order_by("-id")[:limit]


def count_active_partners_across_partners() -> int:
    """How many partners may sell."""
    return Partner.objects.filter(status=PartnerStatus.ACTIVE).count()


def sum_today_across_partners(at: datetime) -> list[Today]:
    """Purchases of today, one row for each currency: reads the day's part of one index for every partner.

    A day has 25 hours at most. Without that plain bound the planner takes each partner's own midnight for a third of
    all there ever was, and reads the whole table once for every partner.
    """
    sql = """
        SELECT p.currency, sum(t.sales)::int, sum(t.amount), sum(t.points)::bigint
        FROM partners_partner p CROSS JOIN LATERAL (
            SELECT count(*) AS sales, sum(t.order_total) AS amount, sum(t.points_awarded) AS points
            FROM ledger_transaction t
            WHERE t.partner_id = p.id AND t.type = 'purchase' AND t.occurred_at >= %(earliest)s
              AND t.occurred_at >= date_trunc('day', %(at)s::timestamptz, p.time_zone)
        ) t
        WHERE t.sales > 0 GROUP BY p.currency ORDER BY 2 DESC
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, {"at": at, "earliest": at - timedelta(hours=25)})
        return [Today(*row) for row in cursor.fetchall()]


def _is_id(text: str) -> bool:
    return text.isdecimal() and len(text) < 19
