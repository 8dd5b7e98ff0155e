"""Every worked example of commission over HTTP: rates are put, months locked and lines read as platform staff do it."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest

from commissions.tests.callers import address, admin_caller
from commissions.tests.months import EXPECTED, NOW, Books, examples
from commissions.tests.test_admin_api import rates_body, refused
from partners.tests.callers import Caller

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("feed_sees_all")]
SAME = ("created", "updated", "removed", "unchanged")
JUNE, JULY, AUGUST = "2026-06", "2026-07", "2026-08"


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with patch("loyalty.api.base.timezone.now", return_value=NOW):
        yield


@pytest.fixture
def admin() -> Caller:
    return admin_caller()


def r1(admin: Caller) -> None:
    rate = {"component": "platform", "percent": 5, "valid_from": "2026-01-01"}
    admin.put("/en/admin/commission/rates", {"rates": [rate]})


def with_rates(admin: Caller, books: Books) -> Books:
    """R1 to R5."""
    r1(admin)
    admin.put(address(books.partner, "rates"), rates_body(books))
    return books


def synced(admin: Caller, books: Books, **body: Any) -> dict[str, Any]:
    return admin.post(address(books.partner, "force-sync"), body, 200)["data"]


def counts(report: dict[str, Any]) -> list[int]:
    """created, updated, removed, unchanged."""
    return [report[name] for name in SAME]


def lines(admin: Caller, books: Books, **asked: Any) -> list[tuple[str, str, str, str, str]]:
    """(order, month posted in, month of the sale, kind, amount), the oldest first."""
    answer = admin.get(address(books.partner, "lines"), per_page=100, **asked)
    found = [
        (line["order_id"], line["period"], line["origin_period"], line["kind"], f"{line['amount']:.2f}")
        for line in reversed(answer["data"])
    ]
    assert f"{answer['meta']['total_amount']:.2f}" == f"{sum(float(line[-1]) for line in found):.2f}"
    return found


def amounts(admin: Caller, books: Books, **asked: Any) -> dict[str, str]:
    return {line[0]: line[-1] for line in lines(admin, books, **asked)}


def lock(admin: Caller, books: Books, month: str) -> dict[str, Any]:
    return admin.post(address(books.partner, "lock"), {"period": month}, 200)["data"]


def test_a1_to_a7_b1_and_b2_each_by_its_rate_and_in_its_month(admin: Caller) -> None:
    books = with_rates(admin, examples(with_rates=False))
    synced(admin, books)
    assert amounts(admin, books) == EXPECTED
    assert set(amounts(admin, books, period=JUNE)) == {"A1", "A2", "A4", "A5", "A6", "A7", "B1"}
    assert amounts(admin, books, period=JULY) == {"A3": "0.05", "B2": "4.50"}


def test_a9_a_partner_without_rates_pays_the_platforms_default(admin: Caller) -> None:
    other = with_rates(admin, examples(with_rates=False))
    books = Books()
    books.sell("A9", "19.99", "2026-06-10T09:00")
    synced(admin, other)
    synced(admin, books)
    assert lines(admin, books) == [("A9", JUNE, JUNE, "accrual", "1.00")]
    [line] = admin.get(address(books.partner, "lines"))["data"]
    assert (line["rate"]["percent"], line["rate"]["source"]) == (5, "global")
    assert admin.get(address(books.partner, "rates"))["data"]["platform_commission_rate"] == 5


@pytest.mark.parametrize(
    ("mode", "expected", "total"),
    [
        ("marginal", ["30.00", "32.00", "157.00", "3.00"], 222),
        ("whole", ["18.00", "21.00", "120.00", "3.00"], 162),
    ],
)
def test_c1_to_c4_tiers_both_ways(admin: Caller, mode: str, expected: list[str], total: int) -> None:
    books = Books()
    steps = [{"from": 0, "percent": 5}, {"from": "1000", "percent": "4"}, {"from": 5000, "percent": 3}]
    rate = {"component": "platform", "mode": mode, "tiers": steps, "valid_from": "2026-01-01"}
    admin.put(address(books.partner, "rates"), {"rates": [rate]})
    for number, amount in enumerate(("600", "700", "4000", "100"), 1):
        books.sell(f"C{number}", amount, f"2026-06-0{number}T09:00")
        books.accrue()
    assert list(amounts(admin, books).values()) == expected
    assert admin.get(address(books.partner, "lines"), period=JUNE)["meta"]["total_amount"] == total
    assert counts(synced(admin, books)) == [0, 0, 0, 4]
    [effective] = admin.get(address(books.partner, "rates"), at="2026-06-30T09:00:00Z")["data"]["effective"]
    assert effective["tier_progress"]["volume"] == 5400


def test_d1_to_d3_refunds_in_parts_give_back_exactly_the_line(admin: Caller) -> None:
    books = with_rates(admin, Books())
    books.sell("D", "1.00", "2026-07-10T09:00")
    synced(admin, books)
    for day in (11, 12):
        books.refund("D", "0.50", f"2026-07-{day}T09:00")
        synced(admin, books)
    assert [line[3:] for line in lines(admin, books)] == [
        ("accrual", "0.05"),
        ("reversal", "-0.03"),
        ("reversal", "-0.02"),
    ]
    assert admin.get(address(books.partner, "lines"), period=JULY)["meta"]["total_amount"] == 0


def test_e1_and_e2_a_refund_after_the_lock_goes_by_the_rate_of_its_sale(admin: Caller) -> None:
    books = with_rates(admin, Books())
    books.sell("E", "100.00", "2026-06-20T09:00")
    first = lock(admin, books, JUNE)
    assert (first["lines"], first["total"]) == (1, 4)
    books.refund("E", "40.00", "2026-07-10T09:00")
    synced(admin, books)
    assert [line[1:] for line in lines(admin, books)] == [
        (JUNE, JUNE, "accrual", "4.00"),
        (JULY, JUNE, "reversal", "-1.60"),
    ]
    assert admin.get(address(books.partner, "lock-status"), period=JUNE)["data"] == first


@pytest.mark.parametrize(("locked", "posted"), [([JUNE], JULY), ([JUNE, JULY], AUGUST)])
def test_f1_a_sale_that_comes_after_the_lock_is_posted_in_the_next_open_month(
    admin: Caller, locked: list[str], posted: str
) -> None:
    books = with_rates(admin, Books())
    before = [lock(admin, books, month) for month in locked]
    books.sell("F", "50.00", "2026-06-15T09:00")
    assert counts(synced(admin, books)) == [1, 0, 0, 0]
    assert lines(admin, books) == [("F", posted, JUNE, "late_accrual", "2.00")]
    path = address(books.partner, "lock-status")
    assert [admin.get(path, period=month)["data"] for month in locked] == before


def test_s1_a_second_synchronization_changes_nothing(admin: Caller) -> None:
    books = with_rates(admin, examples(with_rates=False))
    books.coffee("A8", "3.00", "2026-07-11T09:00", shop=books.s9)
    first = synced(admin, books)
    ids = [line["id"] for line in admin.get(address(books.partner, "lines"))["data"]]
    second = synced(admin, books)
    assert counts(first) == [10, 0, 0, 0]
    assert counts(second) == [0, 0, 0, 10]
    assert second["total_before"] == second["total_after"] == first["total_after"] == 20.22
    assert [line["id"] for line in admin.get(address(books.partner, "lines"))["data"]] == ids


def test_s2_a_month_is_locked_once_and_then_stands(admin: Caller) -> None:
    books = with_rates(admin, examples(with_rates=False))
    first = lock(admin, books, JUNE)
    assert lock(admin, books, JUNE) == first
    late = {"platform_commission_rate": 3, "valid_from": "2026-06-20"}
    for call, body in ((("post", "force-sync"), {"period": JUNE}), (("put", "rates"), late)):
        refused(admin, (call[0], address(books.partner, call[1])), body, 409, "COMMISSION_LOCKED")
    assert synced(admin, books)["skipped_locked_periods"] == [JUNE]
