"""Reading customers together with what they bought and hold."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, Sum, Window
from django.db.models.expressions import RawSQL

from cards.models import IssuedCard, RetiredCardNumber
from customers.models import Customer
from customers.rules.levels import level_of, range_of
from customers.rules.segments import ACTIVE_FOR, AT_RISK_FOR, segment_of
from customers.selectors.customers import customers_of, find_customers, get_customer
from ledger.choices import TransactionStatus, TransactionType
from ledger.models import PointsBalance, Transaction
from ledger.selectors.transaction_list import NEWEST_FIRST
from loyalty.api.pagination import Page
from messaging.selectors.consents import ConsentKey, list_consents
from partners.models import Partner, Shop

Customers = QuerySet[Customer]
HISTORY = 20
# A sale that was cancelled as a whole is no purchase.
BOUGHT = Q(type=TransactionType.PURCHASE) & ~Q(status=TransactionStatus.CANCELLED)


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """One customer in a list. Points are those of all cards together; the level comes from points earned ever."""

    customer: Customer
    member_since: date
    total_purchases: int
    last_purchase_at: datetime | None
    total_points: int
    points_debt: int
    points_earned: int
    cards: int
    loyalty_level: str | None
    segment: str


@dataclass(frozen=True, slots=True)
class ShopVisits:
    """How often a customer bought in one shop."""

    shop: Shop
    visits: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class HeldCard:
    """One issued card of a customer with its balance."""

    issued: IssuedCard
    balance: PointsBalance | None


@dataclass(frozen=True, slots=True)
class CustomerDetail:
    """All that a partner sees of a customer; shops and history only as far as the caller's shops reach."""

    row: CustomerRow
    shops: list[ShopVisits]
    cards: list[HeldCard]
    history: list[Transaction]
    consents: dict[ConsentKey, bool]


def list_customers(*, partner: Partner, narrowed: Customers, page: Page, at: datetime) -> tuple[list[CustomerRow], int]:
    """One page of customers, the newest first, and how many there are."""
    narrowed = narrowed.filter(partner=partner)
    part = slice(page.offset, page.offset + page.size)
    if not narrowed.query.order_by:
        return _rows(partner, list(narrowed.order_by("-pk")[part]), at), narrowed.count()
    # What it takes to find this set is worth doing once, for the page and for the total.
    found = list(narrowed.values_list("pk", Window(Count("*")))[part])
    total = found[0][1] if found else narrowed.order_by().count() if page.offset else 0
    customers = customers_of(partner).in_bulk([pk for pk, _total in found])
    return _rows(partner, [customers[pk] for pk, _total in found], at), total


def get_customer_detail(
    *, partner: Partner, customer_id: int, reach: frozenset[int] | None, at: datetime
) -> CustomerDetail:
    """One customer in full. Raises ResourceNotFound, for another partner's too."""
    customer = get_customer(partner=partner, customer_id=customer_id)
    seen = Transaction.objects.filter(partner=partner, customer=customer)
    if reach is not None:
        seen = seen.filter(shop_id__in=reach)
    addresses = [address for address in (customer.email, customer.phone) if address]
    return CustomerDetail(
        row=_rows(partner, [customer], at)[0],
        shops=_visits(partner, seen),
        cards=_cards(customer),
        history=list(seen.order_by(*NEWEST_FIRST)[:HISTORY]),
        consents=list_consents(partner=partner, addresses=addresses) if addresses else {},
    )


def _rows(partner: Partner, customers: list[Customer], at: datetime) -> list[CustomerRow]:
    ids = [customer.pk for customer in customers]
    bought = {
        row["customer_id"]: (row["number"], row["last"])
        for row in Transaction.objects.filter(BOUGHT, customer_id__in=ids)
        .values("customer_id")
        .annotate(number=Count("pk"), last=Max("occurred_at"))
    }
    held = {
        row["customer_id"]: (row["points"], row["owed"], row["ever"], row["cards"])
        for row in PointsBalance.objects.filter(customer_id__in=ids)
        .values("customer_id")
        .annotate(points=Sum("balance"), owed=Sum("debt"), ever=Sum("earned"), cards=Count("pk"))
    }
    zone = ZoneInfo(partner.time_zone)
    rows = []
    for customer in customers:
        purchases, last = bought.get(customer.pk, (0, None))
        points, owed, ever, cards = held.get(customer.pk, (0, 0, 0, 0))
        rows.append(
            CustomerRow(
                customer=customer,
                member_since=customer.joined_at.astimezone(zone).date(),
                total_purchases=purchases,
                last_purchase_at=last,
                total_points=points,
                points_debt=owed,
                points_earned=ever,
                cards=cards,
                loyalty_level=level_of(partner.levels, ever),
                segment=segment_of(purchases=purchases, last_purchase_at=last, at=at),
            )
        )
    return rows


def _visits(partner: Partner, seen: QuerySet[Transaction]) -> list[ShopVisits]:
    found = (
        seen.filter(BOUGHT, shop__isnull=False)
        .order_by()
        .values("shop_id")
        .annotate(visits=Count("pk"), last=Max("occurred_at"))
    )
    rows = sorted(found, key=lambda row: row["last"], reverse=True)
    shops = Shop.objects.filter(partner=partner).in_bulk([row["shop_id"] for row in rows])
    return [ShopVisits(shops[row["shop_id"]], row["visits"], row["last"]) for row in rows if row["shop_id"] in shops]


def _cards(customer: Customer) -> list[HeldCard]:
    issued = list(IssuedCard.objects.select_related("card").filter(customer=customer).order_by("pk"))
    balances = PointsBalance.objects.in_bulk([card.pk for card in issued])
    return [HeldCard(card, balances.get(card.pk)) for card in issued]


# --- narrowing


def _among(rows: Customers, ids: Any) -> Customers:
    """Those of a set of ids, newest first.

    The set is found first and then sorted: `pk + 0` keeps the planner from walking all customers backwards in the hope
    of meeting fifteen of a handful.
    """
    return rows.filter(pk__in=ids).order_by((F("pk") + 0).desc())


def matching(rows: Customers, partner: Partner, text: str) -> Customers:
    """Those found by a part of the name, e-mail address or phone number, or by the beginning of a card number."""
    return _among(rows, ids_found(partner, text))


def ids_found(partner: Partner, text: str) -> QuerySet:
    """Ids of the customers whom a search finds; a replaced card's old number finds its customer too."""
    first, *others = cast("list[QuerySet[Any, Any]]", [found.values("pk") for found in find_customers(partner, text)])
    compact = text.strip().replace(" ", "").replace("-", "")
    if compact.isascii() and compact.isdigit() and len(compact) <= 9:
        number = "-".join(compact[start : start + 3] for start in range(0, len(compact), 3))
        cards = IssuedCard.objects.filter(partner=partner, number__startswith=number)
        retired = RetiredCardNumber.objects.filter(partner=partner, number__startswith=number)
        others += [cards.order_by().values("customer_id"), retired.order_by().values("issued_card__customer_id")]
    return first.union(*others) if others else first


def in_segment(rows: Customers, partner: Partner, segment: str, at: datetime) -> Customers:
    """Those of a segment; the same thresholds as `customers.rules.segments`."""
    if segment == "prospect":
        return rows.filter(~Exists(Transaction.objects.filter(BOUGHT, customer=OuterRef("pk"))))
    recent, late = at - ACTIVE_FOR, at - AT_RISK_FOR
    told_by = {
        "new": Q(last__gte=recent, number=1),
        "active": Q(last__gte=recent, number__gt=1),
        "at_risk": Q(last__gte=late, last__lt=recent),
        "lapsed": Q(last__lt=late),
    }[segment]
    buyers = (
        _purchases(partner)
        .values("customer_id")
        .annotate(number=Count("pk"), last=Max("occurred_at"))
        .filter(told_by)
        .values("customer_id")
    )
    return _among(rows, buyers)


def bought_within(rows: Customers, partner: Partner, days: int, at: datetime) -> Customers:
    """Those who bought in the last so many days."""
    since = _purchases(partner).filter(occurred_at__gte=at - timedelta(days=days))
    return _among(rows, since.values("customer_id"))


def not_bought_for(rows: Customers, days: int, at: datetime) -> Customers:
    """Those who did not, the ones who never bought included."""
    since = Transaction.objects.filter(BOUGHT, customer=OuterRef("pk"), occurred_at__gte=at - timedelta(days=days))
    return rows.filter(~Exists(since))


def _purchases(partner: Partner) -> QuerySet[Transaction]:
    return Transaction.objects.filter(BOUGHT, partner=partner, customer__isnull=False).order_by()


# Customers without a card have earned nothing, which is a level too.
_EARNED_BETWEEN = """
SELECT c.id FROM customers_customer c LEFT JOIN ledger_pointsbalance b ON b.customer_id = c.id
WHERE c.partner_id = %s GROUP BY c.id
HAVING coalesce(sum(b.earned), 0) >= %s AND (%s::bigint IS NULL OR coalesce(sum(b.earned), 0) < %s)
"""


def of_level(rows: Customers, partner: Partner, level: str) -> Customers:
    """Those whose points earned ever lie in a level's range."""
    least, beyond = range_of(partner.levels, level)
    return _among(rows, RawSQL(_EARNED_BETWEEN, (partner.pk, least, beyond, beyond)))  # noqa: S611 - all parameters


def known_in_shop(rows: Customers, partner: Partner, shop_id: int) -> Customers:
    """Those who joined in a shop or bought there."""
    joined = customers_of(partner).filter(shop_id=shop_id).order_by().values("pk")
    bought = Transaction.objects.filter(partner=partner, shop_id=shop_id, customer__isnull=False).order_by()
    return _among(rows, joined.union(bought.values("customer_id")))


def joined_between(rows: Customers, first: date | None, last: date | None, time_zone: str) -> Customers:
    """Those who joined on the partner's local days from `first` to `last`, both included."""
    zone = ZoneInfo(time_zone)
    if first is not None:
        rows = rows.filter(joined_at__gte=datetime(first.year, first.month, first.day, tzinfo=zone))
    if last is not None and last < date.max:
        end = last + timedelta(days=1)
        rows = rows.filter(joined_at__lt=datetime(end.year, end.month, end.day, tzinfo=zone))
    return rows
