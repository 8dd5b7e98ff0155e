"""Reading transactions: which ones a caller may see, how they are narrowed, and one of them in detail."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import (
    DateTimeField,
    DecimalField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
)
from django.utils.translation import gettext as _

from customers.models import Customer
from ledger.choices import TransactionType
from ledger.models import Transaction, TransactionLine
from ledger.selectors.customers import ids_found
from loyalty.errors import ResourceNotFound
from partners.errors import StoreAccessDenied
from partners.models import Partner, StaffMember

Transactions = QuerySet[Transaction]


def transactions_of(partner: Partner, reach: frozenset[int] | None = None) -> Transactions:
    """A partner's transactions; with `reach`, only those of these shops."""
    rows = Transaction.objects.filter(partner=partner)
    return rows if reach is None else rows.filter(shop_id__in=reach)


def between(rows: Transactions, first: date | None, last: date | None, time_zone: str) -> Transactions:
    """Those of the partner's local days from `first` to `last`, both included."""
    zone, slack = ZoneInfo(time_zone), timedelta(days=1)
    # The day decides; the instants, a day wider, let the index on time find it.
    if first is not None:
        rows = rows.filter(local_on__gte=first, occurred_at__gte=_midnight(first, zone, -slack))
    if last is not None:
        rows = rows.filter(local_on__lte=last, occurred_at__lt=_midnight(last, zone, 2 * slack))
    return rows


def _midnight(day: date, zone: ZoneInfo, shift: timedelta) -> datetime:
    try:
        return datetime.combine(day + shift, time.min, zone)
    except OverflowError:
        return datetime.combine(day, time.min, zone)


def with_category(rows: Transactions, category: str) -> Transactions:
    """Those with a cart line of a category, however it is spelled."""
    key = category.strip().casefold()
    lines = TransactionLine.objects.filter(transaction=OuterRef("pk"), category=key)
    return rows.filter(Q(category=key) | Q(Exists(lines)))


def matching(rows: Transactions, partner: Partner, text: str) -> Transactions:
    """Those whose order begins with `text`, or whose customer is found by it (name, e-mail, phone, card number)."""
    text = text.strip()
    everything = Transaction.objects.filter(partner=partner).order_by()
    orders = everything.filter(type=TransactionType.PURCHASE, order_id__startswith=text)
    reversals = everything.filter(~Q(type=TransactionType.PURCHASE), order_id__startswith=text)
    buyers = everything.filter(customer_id__in=ids_found(partner, text))
    found = orders.values("pk").union(reversals.values("pk"), buyers.values("pk"))
    # Found first and then sorted: the planner must not walk the index on time in the hope of meeting a handful of rows.
    newest = ExpressionWrapper(F("occurred_at") + timedelta(0), DateTimeField())
    return rows.filter(pk__in=found).order_by(newest.desc(), "-pk")


def check_filter_targets(*, partner: Partner, customer_id: int | None = None, staff_id: int | None = None) -> None:
    """Raises ResourceNotFound for a customer or staff member who is not this partner's."""
    if customer_id is not None and not Customer.objects.filter(partner=partner, pk=customer_id).exists():
        raise ResourceNotFound(errors={"customer_id": [_("There is no such customer.")]})
    if staff_id is not None and not StaffMember.objects.filter(partner=partner, pk=staff_id).exists():
        raise ResourceNotFound(errors={"staff_id": [_("There is no such staff member.")]})


SHOWN = ("customer", "shop", "staff__user", "issued_card", "original", "bonus_offer", "cashback_offer")


class CommissionOf(Func):
    """What the app above says that a transaction pays (the same function as in the page of transactions)."""

    function = "ledger_transaction_commission"
    output_field = DecimalField(max_digits=18, decimal_places=4)

    def __init__(self) -> None:
        super().__init__(F("partner_id"), F("pk"))


def get_transaction(*, partner: Partner, transaction_id: int, reach: frozenset[int] | None = None) -> Transaction:
    """One transaction with its customer, shop, staff, card and lines.

    Raises ResourceNotFound for another partner's, StoreAccessDenied for one's own beyond `reach`.
    """
    row = (
        Transaction.objects.select_related(*SHOWN)
        .annotate(commission=CommissionOf())
        .prefetch_related(Prefetch("lines", TransactionLine.objects.order_by("number")))
        .filter(partner=partner, pk=transaction_id)
        .first()
    )
    if row is None:
        raise ResourceNotFound
    if reach is not None and row.shop_id not in reach:
        raise StoreAccessDenied
    return row
