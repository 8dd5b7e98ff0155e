"""What a till may send, and what is refused without a trace (decision 18, promises B6 and B7)."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.models import Transaction, TransactionLine
from ledger.tests.factories import Till, issued_card_of, ledger_state
from loyalty.api.forms import Reader
from loyalty.api.json import parse
from partners.api import credentials
from partners.choices import PartnerStatus
from partners.models import Partner

pytestmark = pytest.mark.django_db
PATH = "/en/shop/transactions/create"


# --- money


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (0.1 + 0.2, "0.30"),
        (1.1 * 3, "3.30"),
        ("15.50", "15.50"),
        ("15.5", "15.50"),
        (15, "15.00"),
        (1e2, "100.00"),
        (99_999_999.99, "99999999.99"),
        (0, "0.00"),
        (-0.0, "0.00"),
        (1e-300, "0.00"),
    ],
)
def test_money_is_taken_to_the_cent(sent: Any, kept: str) -> None:
    data = Till().sale(order_total=sent).ok()
    assert Transaction.objects.get(pk=data["transaction_id"]).order_total == Decimal(kept)
    assert data["order_total"] == float(kept)


@pytest.mark.parametrize(
    "sent",
    [
        19.999,
        0.001,
        "19.999",
        -1,
        -0.01,
        100_000_000,
        1e300,
        10**40,
        "1e5",
        "٣",
        "ten",
        "",
        True,
        [],
        {},
        "1,50",
        " 5",
        "5\n",
    ],
)
def test_money_that_is_none_is_refused(sent: Any) -> None:
    till = Till()
    before = ledger_state()
    till.sale(order_total=sent).refused(422, "VALIDATION_ERROR", "order_total")
    till.sale(amount=sent).refused(422, "VALIDATION_ERROR")
    assert ledger_state() == before


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 1_000_000), min_size=1, max_size=20))
def test_sums_of_binary_floats_are_the_cents_that_were_meant(cents: list[int]) -> None:
    body = json.dumps({"order_total": sum(part / 100 for part in cents)}).encode()
    reader = Reader(parse(body))
    assert reader.money("order_total", most=Decimal(10**9)) == Decimal(sum(cents)) / 100
    reader.finish()


def test_what_is_missing_is_named_all_at_once() -> None:
    till = Till()
    before = ledger_state()
    till.post({}).refused(422, "VALIDATION_ERROR", "order_id", "order_total")
    till.post(b"").refused(422, "VALIDATION_ERROR", "order_id", "order_total")
    till.post({"order_id": None, "order_total": None}).refused(422, "VALIDATION_ERROR", "order_id", "order_total")
    wrong = {"order_id": "", "order_total": "x", "user_email": "x", "shop_id": "x", "cart_items": 5, "meta_data": 5}
    till.post(wrong).refused(422, "VALIDATION_ERROR", *wrong)
    assert ledger_state() == before


@pytest.mark.parametrize("order", ["x" * 101, "a\x07b", "   ", 1.5, True, [], {}])
def test_an_order_id_is_a_short_text(order: Any) -> None:
    till = Till()
    before = ledger_state()
    till.post({"order_id": order, "order_total": 1}).refused(422, "VALIDATION_ERROR", "order_id")
    assert ledger_state() == before


def test_an_order_id_may_be_a_number_or_any_writing() -> None:
    till = Till()
    for order, kept in (
        (12345, "12345"),
        ("Čekis Nr. 5 / ąčę 🧾", "Čekis Nr. 5 / ąčę 🧾"),
        ("x" * 100, "x" * 100),
        (" a ", "a"),
    ):
        assert till.sale(order, order_total=1).ok()["order_id"] == kept
    answer = till.sale("a", order_total=2)
    answer.refused(409, "RESOURCE_ALREADY_EXISTS")


# --- bodies


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b'[{"order_id": "1", "order_total": 1}]',
        b"1",
        b"null",
        b'"text"',
        b"{",
        b"{'order_id': 1}",
        b'{"order_id": "1", "order_total": NaN}',
        b'{"order_id": "1", "order_total": Infinity}',
        b'{"order_id": "1", "order_total": -Infinity}',
        b'{"order_id": "1", "order_id": "2", "order_total": 1}',
        b'{"order_id": "1", "meta_data": {"a": 1, "a": 1}, "order_total": 1}',
        b'{"order_id": "1\\u0000", "order_total": 1}',
        b'{"order_id": "1", "order_total": 1, "meta_data": {"k\\u0000": 1}}',
        b'{"order_id": "1", "order_total": 1, "unknown": "\\ud800"}',
        b'{"order_id": "1", "order_total": 1, "meta_data": ["\\udc00\\ud800"]}',
        b'{"order_id": "1", "order_total": 1, "meta_data": ' + b'{"a":' * 40 + b"1" + b"}" * 40 + b"}",
        b'{"order_id": "1", "order_total": 1, "x": ' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"order_id": "1", "order_total": ' + b"9" * 5000 + b"}",
        b'{"order_id": "1", "order_total": 1.' + b"9" * 5000 + b"}",
        b'{"order_id": "1", "order_total": 1e999999999}',
        b'{"order_id": "1", "order_total": 1e9999999999999999999}',
        b'{"order_id": "1", "order_total": 1, "x": 1e-999999}',
        b"\xff\xfe{}",
        b'{"order_id": "1\x01", "order_total": 1}',
    ],
)
def test_a_body_that_is_no_clean_object_is_400(body: bytes) -> None:
    till = Till()
    before = ledger_state()
    till.post(body).refused(400, "MALFORMED_REQUEST")
    assert ledger_state() == before


def test_a_body_that_is_too_large_is_413() -> None:
    till = Till()
    before = ledger_state()
    body = b'{"order_id": "1", "order_total": 1, "description": "' + b"x" * 2_700_000 + b'"}'
    till.post(body).refused(413, "PAYLOAD_TOO_LARGE")
    assert ledger_state() == before


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "text/plain", "application/xml", "multipart/form-data"]
)
def test_only_json_is_read(kind: str) -> None:
    till = Till()
    before = ledger_state()
    answer = till.send("POST", PATH, b'{"order_id": "1", "order_total": 1}', {}, content_type=kind)
    answer.refused(415, "UNSUPPORTED_MEDIA_TYPE")
    assert ledger_state() == before


def test_json_with_a_charset_is_json() -> None:
    body = b'{"order_id": "1", "order_total": 1}'
    Till().send("POST", PATH, body, {}, content_type="application/json; charset=utf-8").ok()


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_other_methods_are_405_with_a_body(method: str) -> None:
    answer = Till().send(method, PATH, b"", {})
    answer.refused(405, "METHOD_NOT_ALLOWED")


def test_large_whole_numbers_anywhere_are_no_fault_of_the_server() -> None:
    till = Till()
    huge = 10**30
    before = ledger_state()
    till.sale(order_total=1, meta_data={"n": huge}).refused(422, "VALIDATION_ERROR", "meta_data")
    till.sale(order_total=huge).refused(422, "VALIDATION_ERROR", "order_total")
    till.sale(order_total=1, cart_items=[{"quantity": huge}]).refused(422, "VALIDATION_ERROR", "cart_items.0.quantity")
    assert ledger_state() == before
    order = till.sale(order_total=1, unknown=huge).ok()["order_id"]
    assert till.sale(order, order_total=1, unknown=huge).is_replay
    assert till.sale(str(huge), order_total=1).ok()["order_id"] == str(huge)
    till.sale(huge + 1, order_total=1).ok()


def test_unknown_fields_are_ignored_and_unknown_parameters_named() -> None:
    till = Till()
    answer = till.post({"order_id": "1", "order_total": 1, "x": [1]}, path="transactions/create?debug=1&%00=2&b=3&b=4")
    answer.ok()
    assert answer.headers["X-Ignored-Parameters"] == "debug, b"


def test_meta_data_is_kept_as_it_was_sent() -> None:
    meta = {"n": 1.5, "i": 7, "deep": {"list": [0.1, None, True, "ąč"]}, "big": 2**60, "zero": 0.0}
    data = Till().sale(order_total=1, meta_data=meta).ok()
    assert Transaction.objects.get(pk=data["transaction_id"]).meta_data == meta
    data = Till().sale(order_total=1, meta_data=[]).ok()
    assert Transaction.objects.get(pk=data["transaction_id"]).meta_data == {}


def test_meta_data_has_a_limit() -> None:
    Till().sale(order_total=1, meta_data={"x": "y" * 17_000}).refused(422, "VALIDATION_ERROR", "meta_data")


# --- cart lines


def test_a_cart_line_is_kept_with_what_the_till_says_of_it() -> None:
    item = {
        "product_id": 501,
        "product_name": "Kava",
        "quantity": 1.5,
        "unit_price": 2.3333,
        "sku": "K-1",
        "category": " Gėrimai ",
    }
    data = Till().sale(order_total=3.5, cart_items=[item, {"name": "Pienas", "price": 1, "product_id": "A7"}, {}]).ok()
    rows = TransactionLine.objects.filter(transaction_id=data["transaction_id"]).order_by("number")
    fields = ("number", "product_id", "product_name", "sku", "category", "quantity", "unit_price", "total_price")
    assert list(rows.values_list(*fields)) == [
        (1, "501", "Kava", "K-1", "gėrimai", Decimal("1.500"), Decimal("2.3333"), Decimal("3.50")),
        (2, "A7", "Pienas", "", "", Decimal("1.000"), Decimal("1.0000"), Decimal("1.00")),
        (3, "", "", "", "", Decimal("1.000"), None, Decimal("0.00")),
    ]
    assert Transaction.objects.get(pk=data["transaction_id"]).category == "gėrimai"


@pytest.mark.parametrize(
    ("items", "field"),
    [
        ({}, "cart_items"),
        (["x"], "cart_items"),
        ([[]], "cart_items"),
        ([{}] * 1001, "cart_items"),
        ([{}, {"quantity": 0}], "cart_items.1.quantity"),
        ([{"quantity": -1}], "cart_items.0.quantity"),
        ([{"unit_price": -1}], "cart_items.0.unit_price"),
        ([{"total_price": 1.005}], "cart_items.0.total_price"),
        ([{"unit_price": 99_999_999, "quantity": 999_999}], "cart_items.0.total_price"),
        ([{"product_id": "x" * 101}], "cart_items.0.product_id"),
        ([{"category": ["a"]}], "cart_items.0.category"),
    ],
)
def test_a_cart_line_that_cannot_be_meant_is_refused(items: Any, field: str) -> None:
    till = Till()
    before = ledger_state()
    till.sale(order_total=1, cart_items=items).refused(422, "VALIDATION_ERROR", field)
    assert ledger_state() == before


# --- older spellings, other language


def test_the_spellings_of_older_clients_work() -> None:
    till = Till()
    customer = till.customer()
    body = {
        "reference": "R-1",
        "amount": 12.5,
        "card_id": issued_card_of(customer).pk,
        "type": "earn",
        "points_earned": 9,
    }
    answer = till.post(body, path="transactions/award-points")
    data = answer.ok()
    assert (data["order_id"], data["order_total"], data["points"], data["id"]) == (
        "R-1",
        12.5,
        9,
        data["transaction_id"],
    )
    assert data["user_id"] == customer.pk


def test_the_newer_spelling_wins_over_the_older() -> None:
    till = Till()
    data = till.post({"order_id": "N", "reference": "O", "order_total": 1, "amount": 2}).ok()
    assert (data["order_id"], data["order_total"]) == ("N", 1.0)


@pytest.mark.parametrize("kind", ["sell", "PURCHASE", 5, ["refund"], {"a": 1}, True])
def test_an_unknown_type_is_refused(kind: Any) -> None:
    till = Till()
    before = ledger_state()
    till.sale(order_total=1, type=kind).refused(422, "VALIDATION_ERROR", "type")
    assert ledger_state() == before


def test_complaints_are_in_the_language_of_the_address() -> None:
    till = Till()
    english = till.sale(order_total="x").refused(422, "VALIDATION_ERROR")
    lithuanian = till.sale(order_total="x", locale="lt").refused(422, "VALIDATION_ERROR")
    assert english.code == lithuanian.code
    assert english.errors.keys() == lithuanian.errors.keys()
    data = till.sale(order_total=1, locale="lt").ok()
    assert data["order_total"] == 1.0
    assert till.sale(order_total=1, locale="de").status == 404


def test_an_error_carries_the_members_of_both_worlds() -> None:
    answer = Till().sale(order_total="x").refused(422, "VALIDATION_ERROR")
    assert {
        "success",
        "code",
        "message",
        "errors",
        "request_id",
        "type",
        "title",
        "status",
        "detail",
        "instance",
    } <= set(answer.body)
    assert answer.headers["Content-Type"] == "application/json"
    assert "X-RateLimit-Remaining" in answer.headers


# --- without being known


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 401, "CREDENTIALS_MISSING"),
        ({"X-API-Key": "abc", "X-API-Secret": "x"}, 401, "API_KEY_MALFORMED"),
        ({"X-API-Key": "lty_" + "0" * 40, "X-API-Secret": "x"}, 401, "API_KEY_UNKNOWN"),
    ],
)
def test_a_stranger_is_refused_before_the_body_is_looked_at(headers: dict[str, str], status: int, code: str) -> None:
    till = Till()
    till.headers = headers
    before = ledger_state()
    till.post(b"{").refused(status, code)
    assert ledger_state() == before


def test_a_wrong_secret_is_refused() -> None:
    till = Till()
    till.headers["X-API-Secret"] += "x"
    before = ledger_state()
    till.sale(order_total=1).refused(401, "API_SECRET_WRONG")
    assert ledger_state() == before


def test_who_may_not_come_in_is_counted_all_the_same() -> None:
    till = Till()
    counted = []
    for change in ({"allowed_addresses": ["10.0.0.0/8"]}, {"allowed_addresses": []}):
        type(till.credential).objects.filter(pk=till.credential.pk).update(**change)
        credentials._remembered.clear()
        counted.append(till.sale(order_total=1))
    counted[0].refused(403, "IP_NOT_WHITELISTED")
    assert counted[0].headers["X-RateLimit-Limit"] == "1000"
    assert counted[1].headers["X-RateLimit-Limit"] == "8000"
    assert till.send("GET", PATH, b"", {}).headers["X-RateLimit-Limit"] == "1000"
    Partner.objects.filter(pk=till.partner.pk).update(status=PartnerStatus.SUSPENDED)
    credentials._remembered.clear()
    before = ledger_state()
    assert till.sale(order_total=1).refused(403, "PARTNER_NOT_ACTIVE").headers["X-RateLimit-Limit"] == "1000"
    assert ledger_state() == before
