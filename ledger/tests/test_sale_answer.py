"""The short way and the documented way are one: the same bytes, in two statements (issue, section 7)."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import resolve
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.api.shop.sales import SaleViewSet
from ledger.api.shop.serializers import SaleAnswerSerializer, sale_answer
from ledger.selectors.receipts import SaleReceipt
from ledger.services import sale_statement
from ledger.tests.factories import Till, issued_card_of
from loyalty.api.json import dumps
from partners.api import credentials

PATH = "/en/shop/transactions/create"
points = st.integers(-(10**7), 10**7)
ids = st.integers(1, 2**63 - 1)
texts = st.text(max_size=100)
money = st.integers(0, 10**10 - 1).map(lambda cents: Decimal(cents) / 100)
instants = st.datetimes(datetime(2000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - Hypothesis adds the zone
receipts = st.builds(
    SaleReceipt,
    transaction_id=ids,
    type=st.sampled_from(["purchase", "refund", "cancellation"]),
    points_awarded=points,
    points_redeemed=points,
    points_balance=points,
    points_debt=points,
    loyalty_card_id=st.none() | ids,
    card_number=st.none() | st.just("900-001-042"),
    user_id=st.none() | ids,
    order_id=texts,
    refund_id=st.none() | texts,
    order_total=money,
    points_discount_amount=money,
    currency=st.sampled_from(["EUR", "JPY"]),
    occurred_at=instants,
)


@settings(max_examples=150, deadline=None)
@given(receipts)
def test_the_quick_answer_is_the_documented_serializers_byte_for_byte(receipt: SaleReceipt) -> None:
    assert dumps(sale_answer(receipt)) == dumps(SaleAnswerSerializer(receipt).data)


def _documented(till: Till, body: dict[str, Any]) -> bytes:
    """The answer of the view set itself, undone afterwards."""
    request = RequestFactory(headers=till.headers).post(PATH, json.dumps(body), content_type="application/json")
    view = SaleViewSet.as_view({"post": "create"})
    with transaction.atomic():
        response = view(request, locale="en")
        response.render()
        transaction.set_rollback(True)
    return response.content


@pytest.mark.django_db
@pytest.mark.parametrize(
    "case",
    [
        "plain",
        "nobody",
        "redeem",
        "enrol",
        "points",
        "offline",
        "cart",
        "invalid",
        "unknown",
        "poor",
        "refund",
        "no order",
    ],
)
def test_both_ways_answer_the_same_bytes(case: str) -> None:
    till = Till(points_expiration_days=365)
    customer = till.customer(500, email="a@example.lt")
    till.sale("OLD", user_id=customer.pk, order_total=20, points_redeemed=200).ok()
    body: dict[str, Any] = {
        "plain": {"order_id": "A", "user_id": customer.pk, "order_total": 0.1 + 0.2},
        "nobody": {"order_id": "A", "order_total": 99_999_999.99},
        "redeem": {"order_id": "A", "user_id": customer.pk, "order_total": 10, "points_redeemed": 150},
        "enrol": {"order_id": "A", "user_email": "new@example.lt", "order_total": 10},
        "points": {"order_id": "Ąž\u2028<&>'\"", "card_number": issued_card_of(customer).number, "points": 7},
        "offline": {
            "order_id": "A",
            "order_total": 1,
            "occurred_at": (datetime.now(UTC) - timedelta(days=3)).isoformat(),
        },
        "cart": {"order_id": "A", "order_total": 1, "cart_items": [{"price": 1, "name": "x"}]},
        "invalid": {"order_id": "", "order_total": 1.005, "cart_items": [{"quantity": 0}]},
        "unknown": {"order_id": "A", "order_total": 1, "user_id": 999_999_999},
        "poor": {"order_id": "A", "user_id": customer.pk, "order_total": 100, "points_redeemed": 9_999},
        "refund": {"order_id": "OLD", "type": "refund", "order_total": 5},
        "no order": {"order_id": "A", "type": "refund"},
    }[case]
    slow = json.loads(_documented(till, body))
    quick = till.post(body)
    passing = ("transaction_id", "id", "loyalty_card_id", "card_number", "user_id", "occurred_at")
    one, other = ({**answer, "request_id": 0} for answer in (slow, quick.body))
    if case != "offline" and "data" in one:
        for name in passing if case == "enrol" else (*passing[:2], "occurred_at"):
            one["data"][name] = other["data"][name] = 0
    if case == "offline":
        for name in passing[:2]:
            one["data"][name] = other["data"][name] = 0
    assert json.dumps(one) == json.dumps(other)


@pytest.mark.django_db
def test_a_replay_is_byte_equal_both_ways() -> None:
    till = Till()
    body = {"order_id": "A", "user_id": till.customer().pk, "order_total": 10}
    till.post(body).ok()
    quick = till.post(body)
    assert quick.is_replay
    slow = _documented(till, body)
    hide = quick.body["request_id"].encode()
    assert slow.replace(json.loads(slow)["request_id"].encode(), b"") == quick.raw.replace(hide, b"")


@pytest.mark.django_db
def test_the_address_is_served_by_the_short_way_and_documented_by_the_other() -> None:
    for path in (PATH, "/lt/shop/transactions/award-points"):
        view = resolve(path).func
        assert view.cls is SaleViewSet
        assert view.actions == {"post": "create"}


@pytest.mark.django_db
def test_a_sale_takes_three_statements_cold_and_one_warm() -> None:
    till = Till()
    customer = till.customer(500)
    cart = [{"product_id": 7, "category": "food", "price": 10}]
    credentials._remembered.clear()
    sale_statement._remembered.clear()
    for expected in (3, 1, 1):
        with CaptureQueriesContext(connection) as captured:
            till.sale(
                user_id=customer.pk, order_total=10, points_redeemed=100, cart_items=cart, shop_id=till.shop.pk
            ).ok()
        statements = [query["sql"] for query in captured.captured_queries]
        assert len(statements) == expected, statements


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["nobody", "user_id", "user_email", "card_number", "loyalty_card_id"])
def test_one_statement_suffices_however_the_customer_is_named(who: str) -> None:
    till = Till()
    customer = till.customer()
    issued = issued_card_of(customer)
    named = {
        "nobody": {},
        "user_id": {"user_id": customer.pk},
        "user_email": {"user_email": customer.email},
        "card_number": {"card_number": issued.number},
        "loyalty_card_id": {"loyalty_card_id": issued.pk},
    }[who]
    till.sale(order_total=1, **named).ok()
    with CaptureQueriesContext(connection) as captured:
        till.sale(order_total=1, **named).ok()
    assert len(captured) == 1
