"""Transactions over the Partner API (contract 3.4)."""

import hashlib
import itertools
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cards.tests.factories import IssuedCardFactory
from customers.tests.factories import CustomerFactory
from ledger.api.partner.serializers import TransactionDetailSerializer, TransactionRowSerializer
from ledger.models import Transaction, TransactionLine
from ledger.selectors import settled
from ledger.selectors.transactions import CommissionOf
from loyalty.api.json import dumps
from partners.models import Partner
from partners.tests.callers import credential_caller, staff_caller
from partners.tests.factories import CategoryFactory, PartnerFactory, ShopFactory, StaffFactory

pytestmark = pytest.mark.django_db
ROWS = "/en/partners/transactions"
NOON = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
_orders = itertools.count(1)


def sale(partner: Partner, **fields: Any) -> Transaction:
    """A stored purchase of 10.00 at noon of 10 March 2026 in Vilnius, or what `fields` say."""
    number = next(_orders)
    values = {"type": "purchase", "order_id": f"O-{number}", "amount": Decimal("10.00"), "occurred_at": NOON, **fields}
    values.setdefault("order_total", values["amount"])
    values.setdefault("local_on", values["occurred_at"].astimezone(ZoneInfo(partner.time_zone)).date())
    fingerprint = hashlib.sha256(str(number).encode()).digest()
    return Transaction.objects.create(partner=partner, currency="EUR", fingerprint=fingerprint, **values)


def refund(original: Transaction, **fields: Any) -> Transaction:
    values = {"type": "refund", "order_id": original.order_id, "original": original, "shop": original.shop, **fields}
    return sale(original.partner, **values)


def line(row: Transaction, category: str, total: str, number: int = 1) -> TransactionLine:
    return TransactionLine.objects.create(
        transaction=row,
        partner=row.partner,
        number=number,
        product_name=f"{category} {number}",
        category=category,
        quantity=1,
        unit_price=Decimal(total),
        total_price=Decimal(total),
    )


def ids(caller: Any, **query: Any) -> list[int]:
    return [row["id"] for row in caller.get(ROWS, **query)["data"]]


def test_a_row_says_what_the_contract_says() -> None:
    partner = PartnerFactory()
    shop = ShopFactory(partner=partner, name="Vilnius")
    staff = StaffFactory(partner=partner, user__name="Jonas")
    customer = CustomerFactory(partner=partner, name="Ona")
    row = sale(
        partner,
        shop=shop,
        staff=staff,
        customer=customer,
        amount=Decimal("45.50"),
        points_awarded=45,
        points_redeemed=100,
        category="coffee",
        occurred_at=NOON + timedelta(microseconds=123456),
    )
    answer = staff_caller(partner).get(ROWS)
    assert answer["data"] == [
        {
            "id": row.pk,
            "date": "2026-03-10T10:00:00Z",
            "type": "purchase",
            "order_id": row.order_id,
            "status": "completed",
            "customer_id": customer.pk,
            "customer_name": "Ona",
            "amount": 45.5,
            "currency": "EUR",
            "points_awarded": 45,
            "points_redeemed": 100,
            "category": "coffee",
            "shop_id": shop.pk,
            "shop_name": "Vilnius",
            "staff_id": staff.pk,
            "staff_name": "Jonas",
            "commission": None,
        }
    ]
    assert answer["meta"] == {"current_page": 1, "last_page": 1, "per_page": 15, "total": 1, "from": 1, "to": 1}


def test_an_anonymous_sale_and_a_refund_are_rows_too_and_points_add_up() -> None:
    owner = staff_caller(PartnerFactory())
    partner = owner.staff.partner
    bought = sale(partner, points_awarded=10, points_redeemed=4)
    refund(bought, amount=Decimal("5.00"), points_awarded=5, points_redeemed=2)
    rows = owner.get(ROWS)["data"]
    assert [(row["type"], row["amount"], row["points_awarded"], row["points_redeemed"]) for row in rows] == [
        ("refund", 5.0, -5, -2),
        ("purchase", 10.0, 10, 4),
    ]
    assert {rows[0]["customer_id"], rows[0]["customer_name"], rows[0]["shop_name"], rows[0]["category"]} == {None}


def test_the_quick_list_and_the_documented_serializer_write_the_same_bytes() -> None:
    partner = PartnerFactory()
    shop = ShopFactory(partner=partner, name='Šiauliai "Saulė" \\ /\x7f\u2028')
    staff = StaffFactory(partner=partner, user__name="Ieva\x01\x08\x0c\x1f\t\r\n")
    customer = CustomerFactory(partner=partner, name="Žemyna 🦊 <b>")
    amounts = ("0.00", "0.01", "0.10", "1.00", "10.00", "12.34", "99.90", "100.00", "1234567.05", "999999999999.99")
    for index, amount in enumerate(amounts):
        bought = sale(
            partner,
            amount=Decimal(amount),
            shop=shop if index % 2 else None,
            staff=staff if index % 3 else None,
            customer=customer if index % 4 else None,
            category="coffee" if index % 2 else "",
            points_awarded=index,
            order_id=f'"{index}" \\u00e9 é',
            occurred_at=NOON - timedelta(days=index, microseconds=index * 999),
        )
        if index % 3 == 0:
            refund(bought, amount=Decimal(amount), points_awarded=index, status="pending")
    rows = Transaction.objects.filter(partner=partner).annotate(commission=CommissionOf())
    rows = rows.order_by("-occurred_at", "-pk")
    expected = dumps({"data": TransactionRowSerializer(rows[:15], many=True).data})
    response = staff_caller(partner).client.get(ROWS)
    assert expected[1:-1] in response.content
    narrowed = staff_caller(partner).client.get(ROWS, {"amount_min": "0"})
    assert expected[1:-1] in narrowed.content
    assert rows.count() == 14


def test_pages_follow_the_newest_first_order_without_gaps() -> None:
    owner = staff_caller(PartnerFactory())
    rows = [sale(owner.staff.partner, occurred_at=NOON + timedelta(minutes=index // 2)) for index in range(7)]
    expected = [row.pk for row in sorted(rows, key=lambda row: (row.occurred_at, row.pk), reverse=True)]
    pages = [owner.get(ROWS, per_page=3, page=page) for page in (1, 2, 3, 4)]
    assert [row["id"] for page in pages for row in page["data"]] == expected
    assert [page["meta"]["total"] for page in pages] == [7, 7, 7, 7]
    assert pages[3]["data"] == []
    assert owner.get(ROWS, per_page=1000)["meta"]["per_page"] == 100


@pytest.mark.parametrize("query", [{}, {"status": "completed"}])
def test_the_list_takes_as_many_queries_for_twenty_rows_as_for_two(query: dict[str, str]) -> None:
    owner = staff_caller(PartnerFactory())
    partner = owner.staff.partner
    counts = []
    for number in (2, 18):
        for _ in range(number):
            shop, customer = ShopFactory(partner=partner), CustomerFactory(partner=partner)
            sale(partner, shop=shop, customer=customer, staff=StaffFactory(partner=partner))
        with CaptureQueriesContext(connection) as queries:
            owner.get(ROWS, per_page=50, **query)
        counts.append(len(queries))
    # the caller's token, and the page with its total
    assert counts == [2, 2]


def test_filters_narrow_and_combine() -> None:
    partner = PartnerFactory()
    here, there = ShopFactory(partner=partner), ShopFactory(partner=partner)
    ona, staff = CustomerFactory(partner=partner), StaffFactory(partner=partner)
    first = sale(partner, shop=here, customer=ona, amount=Decimal("5.00"))
    second = sale(partner, shop=there, staff=staff, amount=Decimal("7.50"), status="pending")
    third = refund(first, amount=Decimal("1.00"))
    line(second, "coffee", "7.50")
    owner = staff_caller(partner)
    assert ids(owner, shop_id=here.pk) == ids(owner, store_location=here.pk) == [third.pk, first.pk]
    assert ids(owner, store_location="all") == [third.pk, second.pk, first.pk]
    assert ids(owner, customer_id=ona.pk) == [first.pk]
    assert ids(owner, staff_id=staff.pk) == [second.pk]
    assert ids(owner, status="pending") == [second.pk]
    assert ids(owner, type="sale") == ids(owner, type="purchase") == [second.pk, first.pk]
    assert ids(owner, type="refund", shop_id=here.pk) == [third.pk]
    assert ids(owner, category=" Coffee ") == [second.pk]
    assert ids(owner, amount_min="5", amount_max="7.49") == [first.pk]
    assert ids(owner, ordering="amount") == [third.pk, first.pk, second.pk]
    assert ids(owner, ordering="-amount", per_page=1, page=2) == [first.pk]
    assert ids(owner, ordering="date") == [first.pk, second.pk, third.pk]


def test_days_are_the_partners_own() -> None:
    partner = PartnerFactory()
    # 23:30 and 00:30 in Vilnius (UTC+2)
    late = sale(partner, occurred_at=datetime(2026, 3, 9, 21, 30, tzinfo=UTC))
    early = sale(partner, occurred_at=datetime(2026, 3, 9, 22, 30, tzinfo=UTC))
    owner = staff_caller(partner)
    assert ids(owner, end_date="2026-03-09") == [late.pk]
    assert ids(owner, start_date="2026-03-10") == [early.pk]
    assert ids(owner, start_date="2026-03-09", end_date="2026-03-10") == [early.pk, late.pk]
    assert ids(owner, start_date="0001-01-01", end_date="9999-12-31") == [early.pk, late.pk]


def test_a_named_range_ends_today() -> None:
    owner = staff_caller(PartnerFactory())
    now = datetime.now(UTC)
    lately = sale(owner.staff.partner, occurred_at=now - timedelta(days=28))
    sale(owner.staff.partner, occurred_at=now - timedelta(days=31))
    assert ids(owner, date_range="last_30_days") == [lately.pk]
    both = owner.get(ROWS, 422, date_range="today", start_date="2026-03-09")
    assert list(both["errors"]) == ["date_range"]


def test_search_finds_by_order_customer_and_card() -> None:
    partner = PartnerFactory()
    ona = CustomerFactory(partner=partner, name="Ona Žukauskaitė", email="ona@shop.test", phone="+37061234567")
    IssuedCardFactory(partner=partner, customer=ona, number="123-456-789")
    bought = sale(partner, order_id="A-1001", customer=ona)
    given_back = refund(bought, order_id="A-1001")
    other = sale(partner, order_id="B-1001")
    sale(PartnerFactory(), order_id="A-1001")
    owner = staff_caller(partner)
    assert ids(owner, search="A-1001") == ids(owner, search="A-") == [given_back.pk, bought.pk]
    assert ids(owner, search="B-1001") == [other.pk]
    for text in ("žukausk", "ONA@SHOP", "861234567", "123-456-789", "123456", "123 456 789"):
        assert ids(owner, search=text) == [bought.pk], text
    assert ids(owner, search="A_1001") == ids(owner, search="%") == []


def test_nonsense_is_refused_by_field() -> None:
    owner = staff_caller(PartnerFactory())
    for name, value in {
        "shop_id": "x",
        "customer_id": "0",
        "staff_id": "99999999999999999999999",
        "store_location": "everywhere",
        "status": "done",
        "type": "gift",
        "amount_min": "cheap",
        "amount_max": "NaN",
        "start_date": "2026-02-30",
        "end_date": "10.03.2026",
        "date_range": "lately",
        "ordering": "customer__email",
        "group_by": "staff",
        "search": "x" * 201,
        "page": "0",
        "per_page": "many",
    }.items():
        answer = owner.get(ROWS, 422, **{name: value})
        assert (answer["code"], list(answer["errors"])) == ("VALIDATION_ERROR", [name])
    turned = owner.get(ROWS, 422, start_date="2026-03-10", end_date="2026-03-09")
    assert list(turned["errors"]) == ["end_date"]
    assert owner.get(ROWS, 400, customer__email="a")["code"] == "UNKNOWN_PARAMETER"


def test_what_is_another_partners_is_absent() -> None:
    owner = staff_caller(PartnerFactory())
    theirs = sale(PartnerFactory())
    for pk in (theirs.pk, 987654321, 10**30):
        assert owner.get(f"{ROWS}/{pk}", 404)["code"] == "RESOURCE_NOT_FOUND"
    for field, pk in {
        "shop_id": ShopFactory().pk,
        "store_location": ShopFactory().pk,
        "customer_id": CustomerFactory().pk,
        "staff_id": StaffFactory().pk,
    }.items():
        answer = owner.get(ROWS, 404, **{field: pk})
        assert (answer["code"], list(answer["errors"])) == ("RESOURCE_NOT_FOUND", [field])
    assert owner.get(ROWS)["data"] == []


def test_somebody_limited_to_shops_sees_those_only() -> None:
    partner = PartnerFactory()
    mine, other = ShopFactory(partner=partner), ShopFactory(partner=partner)
    seen, hidden, nowhere = sale(partner, shop=mine), sale(partner, shop=other), sale(partner)
    for caller in (staff_caller(partner, "cashier", [mine]), credential_caller(partner, mine)):
        answer = caller.get(ROWS)
        assert ([row["id"] for row in answer["data"]], answer["meta"]["total"]) == ([seen.pk], 1)
        assert [row["key"] for row in caller.get(ROWS, group_by="shop")["data"]] == [mine.pk]
        caller.get(f"{ROWS}/{seen.pk}")
        for row in (hidden, nowhere):
            assert caller.get(f"{ROWS}/{row.pk}", 403)["code"] == "STORE_ACCESS_DENIED"
        denied = caller.get(ROWS, 403, shop_id=other.pk)
        assert (denied["code"], list(denied["errors"])) == ("STORE_ACCESS_DENIED", ["shop_id"])
        assert list(caller.get(ROWS, 404, shop_id=ShopFactory().pk)["errors"]) == ["shop_id"]


def test_a_detail_tells_the_whole_sale() -> None:
    partner = PartnerFactory()
    shop = ShopFactory(partner=partner, name="Kaunas", address="Laisvės 1", phone="+3705", email="k@shop.test")
    staff = StaffFactory(partner=partner)
    card = IssuedCardFactory(partner=partner, number="123-456-789")
    row = sale(
        partner,
        shop=shop,
        staff=staff,
        customer=card.customer,
        issued_card=card,
        amount=Decimal("44.00"),
        order_total=Decimal("45.00"),
        points_discount_amount=Decimal("1.00"),
        points_awarded=44,
        points_redeemed=100,
        points_balance=60,
        meta_data={"till": 3},
    )
    line(row, "coffee", "30.00")
    line(row, "milk", "15.00", 2)
    data = staff_caller(partner).get(f"{ROWS}/{row.pk}")["data"]
    assert data["customer"] == {
        "id": card.customer.pk,
        "name": card.customer.name,
        "email": card.customer.email,
        "phone": card.customer.phone,
    }
    assert data["shop"] == {
        "id": shop.pk,
        "name": "Kaunas",
        "address": "Laisvės 1",
        "phone": "+3705",
        "email": "k@shop.test",
    }
    assert data["staff"] == {"id": staff.pk, "name": staff.user.name, "email": staff.user.email}
    assert [(item["name"], item["quantity"], item["price"], item["category"]) for item in data["items"]] == [
        ("coffee 1", 1.0, 30.0, "coffee"),
        ("milk 2", 1.0, 15.0, "milk"),
    ]
    assert data["receipt"] == {"url": None, "path": None, "available": False}
    assert data["points_calculation"] == "44.00 EUR paid: 44 points awarded. 100 points paid 1.00 EUR."
    assert (data["points_earned"], data["points_discount_amount"], data["order_total"]) == (44, 1.0, 45.0)
    assert (data["metadata"], data["uploaded_by_staff_id"], data["card_number"]) == ({"till": 3}, None, "123-456-789")
    assert set(data) == set(TransactionDetailSerializer().fields)


def test_a_detail_takes_the_same_queries_whatever_it_holds() -> None:
    owner = staff_caller(PartnerFactory())
    counts = []
    for number in (0, 2, 20):
        row = sale(owner.staff.partner)
        for index in range(number):
            line(row, "milk", "1.00", index + 1)
        with CaptureQueriesContext(connection) as queries:
            owner.get(f"{ROWS}/{row.pk}")
        counts.append(len(queries))
    assert counts == [3, 3, 3]


# --- sums


def test_sums_by_shop_day_and_month() -> None:
    partner = PartnerFactory()
    shop = ShopFactory(partner=partner, name="Vilnius")
    bought = sale(partner, shop=shop, amount=Decimal("10.00"), points_awarded=10, points_redeemed=3)
    refund(bought, amount=Decimal("4.00"), points_awarded=4, points_redeemed=1, occurred_at=NOON + timedelta(days=1))
    sale(partner, amount=Decimal("2.50"), occurred_at=NOON - timedelta(days=31))
    owner = staff_caller(partner)
    vilnius = {
        "key": shop.pk,
        "label": "Vilnius",
        "transactions": 2,
        "revenue": 10.0,
        "refunds": 4.0,
        "points_awarded": 6,
        "points_redeemed": 2,
        "commission": None,
    }
    nowhere = {
        "key": None,
        "label": "No shop",
        "transactions": 1,
        "revenue": 2.5,
        "refunds": 0.0,
        "points_awarded": 0,
        "points_redeemed": 0,
        "commission": None,
    }
    answer = owner.get(ROWS, group_by="shop")
    assert answer["data"] == owner.get(ROWS, group_by="store")["data"] == [vilnius, nowhere]
    assert answer["meta"]["total"] == 2
    days = owner.get(ROWS, group_by="day")["data"]
    assert [(row["key"], row["label"], row["revenue"], row["refunds"]) for row in days] == [
        ("2026-03-11", "2026-03-11", 0.0, 4.0),
        ("2026-03-10", "2026-03-10", 10.0, 0.0),
        ("2026-02-07", "2026-02-07", 2.5, 0.0),
    ]
    months = owner.get(ROWS, group_by="month", per_page=1)
    assert [(row["key"], row["transactions"]) for row in months["data"]] == [("2026-03", 2)]
    assert months["meta"] == {"current_page": 1, "last_page": 2, "per_page": 1, "total": 2, "from": 1, "to": 1}
    assert [row["key"] for row in owner.get(ROWS, group_by="month", start_date="2026-03-11")["data"]] == ["2026-03"]


def test_a_cart_is_split_over_its_categories_and_no_cent_is_lost() -> None:
    partner = PartnerFactory()
    CategoryFactory(partner=partner, key="coffee", name={"en": "Coffee", "lt": "Kava"})
    bought = sale(partner, amount=Decimal("10.00"), points_awarded=10, points_redeemed=1)
    for number, category in enumerate(("coffee", "milk", "tea"), 1):
        line(bought, category, "4.00", number)
    given_back = refund(bought, amount=Decimal("5.00"), points_awarded=5)
    line(given_back, "milk", "5.00")
    sale(partner, amount=Decimal("3.00"))
    free = sale(partner, amount=Decimal("0.00"))
    line(free, "gift", "0.00")
    owner = staff_caller(partner)
    rows = owner.get(ROWS, group_by="category")["data"]
    shown = {row["key"]: (row["label"], row["transactions"], row["revenue"], row["refunds"]) for row in rows}
    assert shown == {
        "coffee": ("Coffee", 1, 3.34, 0.0),
        "milk": ("milk", 2, 3.33, 5.0),
        "tea": ("tea", 1, 3.33, 0.0),
        None: ("No category", 1, 3.0, 0.0),
        "gift": ("gift", 1, 0.0, 0.0),
    }
    assert sum(Decimal(str(row["revenue"])) for row in rows) == Decimal("13.00")
    assert sum(row["points_awarded"] for row in rows) == 5
    assert sum(row["points_redeemed"] for row in rows) == 1
    lithuanian = {
        row["key"]: row["label"] for row in owner.get("/lt/partners/transactions", group_by="category")["data"]
    }
    assert lithuanian["coffee"] == "Kava"


# --- totals that are not counted anew


@pytest.fixture
def remembering(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remember from the first row on, and every page."""
    monkeypatch.setattr(settled, "MIN_ROWS", 1)
    monkeypatch.setattr("ledger.selectors.transaction_list.WORTH_A_PLACE", 1)
    monkeypatch.setattr("ledger.selectors.transaction_list.ADVANCE_AT", 5)
    settled._known.clear()


@pytest.mark.django_db(transaction=True)
def test_totals_and_deep_pages_stay_exact_while_sales_come_in(remembering: None) -> None:
    owner = staff_caller(PartnerFactory())
    partner = owner.staff.partner
    moments = itertools.cycle((timedelta(minutes=3), timedelta(days=-40), timedelta(seconds=1), timedelta(days=9)))

    def check(page: int) -> None:
        answer = owner.get(ROWS, per_page=4, page=page)
        expected = list(
            Transaction.objects.filter(partner=partner).order_by("-occurred_at", "-pk").values_list("pk", flat=True)
        )
        assert [row["id"] for row in answer["data"]] == expected[4 * (page - 1) : 4 * page]
        assert answer["meta"]["total"] == len(expected)

    for index in range(30):
        sale(partner, occurred_at=NOON + index * next(moments))
        for page in (1, 2, 5, 3, 4, 7):
            check(page)
        sale(PartnerFactory())
    # An open transaction of another test on this server holds the mark back: go on until that one has ended.
    for _ in range(200):
        known = settled._known.get(partner.pk)
        if known is not None and known.count and known.places:
            break
        time.sleep(0.1)
        sale(partner, occurred_at=NOON)
        check(1)
        check(5)
    else:
        pytest.fail("what is settled was never remembered")


_LATE = """
INSERT INTO ledger_transaction (
    partner_id, type, status, source, order_id, order_total, points_discount_amount, amount, currency, points_awarded,
    points_redeemed, points_balance, points_debt, category, items_count, description, meta_data, occurred_at, local_on,
    fingerprint
) VALUES (%s, 'purchase', 'completed', 'till', 'late', 1, 0, 1, 'EUR', 0, 0, 0, 0, '', 0, '', '{}', %s, %s, '')
"""


@pytest.mark.django_db(transaction=True)
def test_a_sale_that_commits_late_is_not_lost_from_the_total(remembering: None) -> None:
    """Its id and xid are older than rows that were counted before it could be seen."""
    owner = staff_caller(PartnerFactory())
    partner = owner.staff.partner
    for _ in range(3):
        sale(partner)
    late = connection.copy()
    late.ensure_connection()
    try:
        late.set_autocommit(False)
        with late.cursor() as cursor:
            cursor.execute(_LATE, [partner.pk, NOON, date(2026, 3, 10)])
        for number in (4, 5):
            sale(partner)
            assert owner.get(ROWS)["meta"]["total"] == number
        late.commit()
        assert owner.get(ROWS)["meta"]["total"] == 6
        assert owner.get(ROWS)["meta"]["total"] == 6
    finally:
        late.close()


@pytest.mark.django_db(transaction=True)
def test_a_count_from_another_time_is_counted_anew(remembering: None) -> None:
    owner = staff_caller(PartnerFactory())
    sale(owner.staff.partner)
    settled.learn(owner.staff.partner_id, mark=2**62, count=500)
    assert owner.get(ROWS)["meta"]["total"] == 1


@pytest.mark.django_db(transaction=True)
def test_an_emptied_ledger_is_noticed(remembering: None) -> None:
    """Only `manage.py reset_staging` empties one."""
    owner = staff_caller(PartnerFactory())
    sale(owner.staff.partner)
    assert [owner.get(ROWS)["meta"]["total"] for _ in range(2)] == [1, 1]
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE ledger_transaction CASCADE")
    assert owner.get(ROWS)["meta"]["total"] == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("1000000000000", "Must be at most 1000000."),
        ("0" * 30, "Must be a whole number, 1 or more."),
        ("-1", "Must be a whole number, 1 or more."),
    ],
)
def test_a_page_that_cannot_be_says_why(page: str, text: str) -> None:
    owner = staff_caller(PartnerFactory())
    assert owner.get(ROWS, 422, page=page)["errors"] == {"page": [text]}
    assert owner.get(ROWS, page="0" * 30 + "1", per_page="9" * 30)["meta"]["current_page"] == 1
