"""The rest of the worked examples over HTTP: tiers, refunds in parts, closed months, and what comes late for them."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest

from commissions.tests.callers import address, admin_caller
from commissions.tests.months import NOW, Books
from partners.tests.callers import Caller

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("feed_sees_all")]
TIERS = [{"from": "0", "percent": "5"}, {"from": "1000", "percent": "4"}, {"from": "5000", "percent": "3"}]
TWO = [  # R2 and R3
    {"component": "platform", "percent": "4", "valid_from": "2026-01-01", "valid_to": "2026-07-01"},
    {"component": "platform", "percent": "4.5", "valid_from": "2026-07-01"},
]


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with patch("loyalty.api.base.timezone.now", return_value=NOW):
        yield


@pytest.fixture
def admin() -> Caller:
    return admin_caller()


@pytest.fixture
def books() -> Books:
    return Books()


def rates(admin: Caller, books: Books, rows: list[dict[str, Any]]) -> None:
    admin.put(address(books.partner, "rates"), {"rates": rows})


def synced(admin: Caller, books: Books) -> list[tuple[str, str, str, str]]:
    """(month, kind, amount, month of the sale) of every line after a synchronization, oldest first."""
    admin.post(address(books.partner, "force-sync"), {}, 200)
    found = admin.get(address(books.partner, "lines"))["data"]
    rows = sorted(found, key=lambda line: line["id"])
    return [(row["period"], row["kind"], f"{row['amount']:.2f}", row["origin_period"]) for row in rows]


@pytest.mark.parametrize(
    ("mode", "amounts", "total"),
    [
        ("marginal", ["30.00", "32.00", "157.00", "3.00"], 222),
        ("whole", ["18.00", "21.00", "120.00", "3.00"], 162),
    ],
)
def test_c_tiers(admin: Caller, books: Books, mode: str, amounts: list[str], total: int) -> None:
    rates(admin, books, [{"component": "platform", "mode": mode, "tiers": TIERS, "valid_from": "2026-01-01"}])
    for number, amount in enumerate(("600", "700", "4000", "100")):
        books.sell(f"C{number}", amount, f"2026-07-{10 + number}T09:00")
    assert [amount for _month, _kind, amount, _origin in synced(admin, books)] == amounts
    assert admin.get(address(books.partner, "lines"), period="2026-07")["meta"]["total_amount"] == total


def test_d_refunds_in_parts_give_back_the_line_to_the_cent(admin: Caller, books: Books) -> None:
    rates(admin, books, TWO)
    books.sell("D", "1.00", "2026-07-10T09:00")
    for day in (11, 12):
        books.refund("D", "0.50", f"2026-07-{day}T09:00")
    july = ("2026-07", "2026-07")
    assert synced(admin, books) == [
        (july[0], kind, amount, july[1])
        for kind, amount in (("accrual", "0.05"), ("reversal", "-0.03"), ("reversal", "-0.02"))
    ]
    assert admin.get(address(books.partner, "lines"))["meta"]["total_amount"] == 0


def test_e_a_refund_after_the_month_is_closed_goes_by_the_rate_of_the_sale(admin: Caller, books: Books) -> None:
    rates(admin, books, TWO)
    books.sell("E", "100.00", "2026-06-20T09:00")
    admin.post(address(books.partner, "lock"), {"period": "2026-06", "reason": "closed"}, 200)
    books.refund("E", "40.00", "2026-07-10T09:00")
    lines = synced(admin, books)
    assert lines == [("2026-06", "accrual", "4.00", "2026-06"), ("2026-07", "reversal", "-1.60", "2026-06")]


@pytest.mark.parametrize(("closed", "posted"), [(["2026-06"], "2026-07"), (["2026-06", "2026-07"], "2026-08")])
def test_f_a_sale_that_comes_late_is_posted_in_the_next_open_month(
    admin: Caller, books: Books, closed: list[str], posted: str
) -> None:
    rates(admin, books, TWO)
    for month in closed:
        admin.post(address(books.partner, "lock"), {"period": month, "reason": "closed"}, 200)
    books.sell("F", "50.00", "2026-06-15T09:00")
    assert synced(admin, books) == [(posted, "late_accrual", "2.00", "2026-06")]
