"""What partners see of their commission."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commissions.tests.months import EXPECTED, Books, examples
from partners.tests.callers import credential_caller, staff_caller

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("feed_sees_all")]
LINES, ROWS = "/en/partners/commissions", "/en/partners/transactions"


def test_a_partner_reads_its_own_lines_and_nobody_elses() -> None:
    books, other = examples(), Books()
    other.sell("X", "10.00", "2026-06-10T09:00")
    books.accrue()
    other.accrue()
    answer = staff_caller(books.partner).get(LINES)
    assert {line["order_id"]: f"{line['amount']:.2f}" for line in answer["data"]} == EXPECTED
    assert (answer["meta"]["total"], answer["meta"]["total_amount"]) == (9, 20.19)
    assert credential_caller(other.partner).get(LINES)["meta"]["total"] == 1
    june = staff_caller(books.partner, "analyst").get(LINES, period="2026-06", component="platform")
    assert june["meta"]["total_amount"] == 15.64


def test_who_is_limited_to_a_shop_sees_its_lines_only() -> None:
    books = examples()
    books.accrue()
    limited = credential_caller(books.partner, books.s9)
    assert [line["order_id"] for line in limited.get(LINES)["data"]] == ["A7"]
    assert limited.get(LINES, 403, shop_id=books.shop.pk)["code"] == "STORE_ACCESS_DENIED"
    assert limited.get(LINES, 404, shop_id=10**12)["code"] == "RESOURCE_NOT_FOUND"
    refused = staff_caller(books.partner, "cashier").get(LINES, 403)
    assert refused["code"] == "INSUFFICIENT_PARTNER_PERMISSIONS"


def test_transactions_say_what_they_paid() -> None:
    books = examples()
    books.refund("B1", "40.00", "2026-07-12T09:00")
    owner = staff_caller(books.partner)
    assert {row["commission"] for row in owner.get(ROWS)["data"]} == {None}
    books.accrue()
    books.sell("NEW", "10.00", "2026-07-13T09:00")
    rows = owner.get(ROWS, per_page=50)["data"]
    found = {(row["order_id"], row["type"]): row["commission"] for row in rows}
    expected: dict[Any, Any] = {(order, "purchase"): float(amount) for order, amount in EXPECTED.items()}
    assert found == {**expected, ("B1", "refund"): -1.6, ("NEW", "purchase"): None}
    narrowed = owner.get(ROWS, shop_id=books.s9.pk)["data"]
    assert [row["commission"] for row in narrowed] == [0.08]
    assert owner.get(f"{ROWS}/{narrowed[0]['id']}")["data"]["commission"] == 0.08


def test_groups_add_up_to_the_lines() -> None:
    books = examples()
    books.refund("B1", "40.00", "2026-07-12T09:00")
    books.sell("MIX", "10.00", "2026-07-13T09:00", ("coffee", "5.00"), ("cake", "5.00"))
    books.accrue()
    owner = staff_caller(books.partner)
    total = owner.get(LINES)["meta"]["total_amount"]
    for by in ("shop", "day", "month", "category"):
        groups = owner.get(ROWS, group_by=by, per_page=50)["data"]
        assert round(sum(group["commission"] for group in groups), 2) == total, by
    months = {group["key"]: group["commission"] for group in owner.get(ROWS, group_by="month")["data"]}
    assert months["2026-06"] == 15.64
    coffee = next(group for group in owner.get(ROWS, group_by="category")["data"] if group["key"] == "coffee")
    assert coffee["commission"] == 10.47
    with CaptureQueriesContext(connection) as queries:
        owner.get(ROWS, group_by="shop")
    assert sum("commissions_commissionentry" in query["sql"] for query in queries) == 1
