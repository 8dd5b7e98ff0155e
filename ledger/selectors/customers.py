"""Reading customers together with what they bought and hold."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

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
    shown = list(narrowed.order_by("-pk")[page.offset : page.offset + page.size])
    return _rows(partner, shown, at), narrowed.order_by().count()


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


def matching(rows: Customers, partner: Partner, text: str) -> Customers:
    """Those found by a part of the name, e-mail address or phone number, or by the beginning of a card number."""
    return rows.filter(pk__in=ids_found(partner, text))


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


def in_segment(rows: Customers, segment: str, at: datetime) -> Customers:
    """Those of a segment; the same thresholds as `customers.rules.segments`."""
    purchases = Transaction.objects.filter(BOUGHT, customer=OuterRef("pk")).order_by()
    if segment == "prospect":
        return rows.filter(~Exists(purchases))
    recent, late = at - ACTIVE_FOR, at - AT_RISK_FOR
    if segment == "lapsed":
        return rows.filter(Exists(purchases), ~Exists(purchases.filter(occurred_at__gte=late)))
    if segment == "at_risk":
        window = purchases.filter(occurred_at__gte=late, occurred_at__lt=recent)
        return rows.filter(Exists(window), ~Exists(purchases.filter(occurred_at__gte=recent)))
    number = Subquery(purchases.values("customer").annotate(number=Count("pk")).values("number"))
    bought_lately = rows.filter(Exists(purchases.filter(occurred_at__gte=recent))).annotate(purchases=number)
    return bought_lately.filter(purchases=1) if segment == "new" else bought_lately.filter(purchases__gt=1)


def bought_within(rows: Customers, days: int, at: datetime) -> Customers:
    """Those who bought in the last so many days."""
    return rows.filter(Exists(_purchases_since(at - timedelta(days=days))))


def not_bought_for(rows: Customers, days: int, at: datetime) -> Customers:
    """Those who did not, the ones who never bought included."""
    return rows.filter(~Exists(_purchases_since(at - timedelta(days=days))))


def _purchases_since(moment: datetime) -> QuerySet[Transaction]:
    return Transaction.objects.filter(BOUGHT, customer=OuterRef("pk"), occurred_at__gte=moment)


def of_level(rows: Customers, partner: Partner, level: str) -> Customers:
    """Those whose points earned ever lie in a level's range."""
    least, next_level = range_of(partner.levels, level)
    earned = (
        PointsBalance.objects.filter(customer=OuterRef("pk"))
        .order_by()
        .values("customer")
        .annotate(ever=Sum("earned"))
        .values("ever")
    )
    ranked = rows.annotate(earned_ever=Coalesce(Subquery(earned), 0)).filter(earned_ever__gte=least)
    return ranked if next_level is None else ranked.filter(earned_ever__lt=next_level)


def known_in_shop(rows: Customers, partner: Partner, shop_id: int) -> Customers:
    """Those who joined in a shop or bought there."""
    joined = customers_of(partner).filter(shop_id=shop_id).order_by().values("pk")
    bought = (
        Transaction.objects.filter(partner=partner, shop_id=shop_id, customer__isnull=False)
        .order_by()
        .values("customer_id")
    )
    return rows.filter(pk__in=joined.union(bought))


def joined_between(rows: Customers, first: date | None, last: date | None, time_zone: str) -> Customers:
    """Those who joined on the partner's local days from `first` to `last`, both included."""
    zone = ZoneInfo(time_zone)
    if first is not None:
        rows = rows.filter(joined_at__gte=datetime(first.year, first.month, first.day, tzinfo=zone))
    if last is not None and last < date.max:
        end = last + timedelta(days=1)
        rows = rows.filter(joined_at__lt=datetime(end.year, end.month, end.day, tzinfo=zone))
    return rows
