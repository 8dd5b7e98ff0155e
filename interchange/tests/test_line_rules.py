"""What a line of a file says, and why one is refused."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from interchange.rules.lines import Reader
from interchange.rules.orders import Line, OrderBook
from interchange.rules.profiles import PROFILES, Profile, ProfileError
from interchange.tests.files import HEADING, NOW, line

PROFILE = PROFILES["uci-retail"]


def book(profile: Profile = PROFILE, heading: str = HEADING, excluded: frozenset[str] = frozenset()) -> OrderBook:
    reader = Reader(profile, ZoneInfo("Europe/Vilnius"), NOW)
    return OrderBook(heading=heading.split(","), profile=profile, reader=reader, excluded=excluded)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (line("1001") + ",more", "columns"),
        ("1001,A1,Mug,1", "columns"),
        (line(" "), "no_invoice"),
        (line("1" * 101), "text"),
        (line("1001", product="A" * 101), "text"),
        (line("1001", customer="7" * 101), "text"),
        (line("1001", shop="L" * 256), "text"),
        (line("10\x0001"), "text"),
        (line("A563185", "-5", "0", "never"), "adjustment"),
        (line("1001", date="2026-02-30 10:00:00"), "date"),
        (line("1001", date="01/02/2026 10:00"), "date"),
        (line("1001", date=""), "date"),
        (line("1001", date="1969-12-31 23:00:00"), "date"),
        (line("1001", date="0001-01-01 00:00:00"), "date"),
        (line("1001", date="2026-03-02 12:00:01"), "future"),
        (line("1001", "ten"), "number"),
        (line("1001", "1e3"), "number"),
        (line("1001", "NaN"), "number"),
        (line("1001", "1_000"), "number"),
        (line("1001", "\u0661"), "number"),
        (line("1001", "1.00001"), "number"),
        (line("1001", quantity="0.0001"), "number"),
        (line("1001", quantity="1000000000"), "number"),
        (line("1001", "9999999999", "999999999"), "number"),
        (line("1001", "0"), "price"),
        (line("1001", "-1"), "price"),
        (line("C1001", "0", "-1"), "price"),
        (line("1001", "0", "-1"), "price"),
        (line("1001", quantity="0"), "quantity"),
        (line("1001", quantity="-1"), "quantity"),
        (line("C1001", quantity="1"), "return_quantity"),
        (line("c1001", quantity="0"), "return_quantity"),
    ],
)
def test_a_line_is_refused_for_the_first_thing_that_is_wrong(text: str, reason: str) -> None:
    orders = book()
    assert orders.add(text.split(",")) == reason
    assert orders.orders == {}


def test_a_line_is_taken_with_its_total_rounded_half_up_to_the_cent() -> None:
    orders = book()
    taken = orders.add(line(" 1001 ", " 3.335 ", "+3", customer=" 7 ", name=" Mug ").split(","))
    assert taken == Line(1, 1, "A1\tMug", "2026-02-01T08:00:00+00:00", True, "3\t3.335\t10.01")
    order = orders.orders["1001"]
    assert (order.cents, order.customer, order.shop, order.is_return) == (1001, "7", "Lithuania", False)


def test_a_return_is_kept_unsigned() -> None:
    orders = book()
    taken = orders.add(line("C7", "0.125", "-3").split(","))
    assert isinstance(taken, Line)
    assert taken.figures == "3\t0.125\t0.38"
    assert orders.orders["C7"].is_return


def test_the_lines_of_an_invoice_may_be_spread_over_the_file_and_its_earliest_time_counts() -> None:
    orders = book()
    for text in (
        line("1001", date="2026-02-01 10:01:00"),
        line("1002", date="2026-02-01 10:30:00"),
        line("1001", date="2026-02-01 10:00:00"),
    ):
        assert isinstance(orders.add(text.split(",")), Line)
    first = orders.orders["1001"]
    assert (first.number, first.lines, first.cents) == (1, 2, 2000)
    assert first.occurred_at == datetime(2026, 2, 1, 8, 0, tzinfo=UTC)


def test_two_customers_or_shops_never_share_an_invoice() -> None:
    orders = book()
    assert isinstance(orders.add(line("1001").split(",")), Line)
    assert orders.add(line("1001", customer="8").split(",")) == "other_customer"
    assert orders.add(line("1001", shop="Latvia").split(",")) == "other_shop"
    assert orders.orders["1001"].lines == 1


def test_a_line_that_names_nobody_belongs_to_whom_the_others_name() -> None:
    orders = book()
    for text in (line("1001", customer="", shop=""), line("1001"), line("1001", customer="", shop="")):
        assert isinstance(orders.add(text.split(",")), Line)
    order = orders.orders["1001"]
    assert (order.customer, order.shop, order.lines) == ("7", "Lithuania", 3)


def test_the_repeated_hour_of_autumn_is_read_as_its_first() -> None:
    orders = book()
    orders.add(line("1001", date="2025-10-26 03:30:00").split(","))
    assert orders.orders["1001"].occurred_at == datetime(2025, 10, 26, 0, 30, tzinfo=UTC)


def test_a_zone_in_the_date_is_believed() -> None:
    orders = book(PROFILE.changed(date_format="%Y-%m-%dT%H:%M:%S%z"))
    orders.add(line("1001", date="2026-02-01T10:00:00+05:00").split(","))
    assert orders.orders["1001"].occurred_at == datetime(2026, 2, 1, 5, tzinfo=UTC)


def test_a_decimal_comma_is_read_where_the_profile_says_so() -> None:
    orders = book(PROFILE.changed(decimal_mark=","))
    record = line("1001", "X").split(",")
    record[5] = "3,5"
    taken = orders.add(record)
    assert isinstance(taken, Line)
    assert taken.figures == "1\t3.5\t3.50"


def test_goods_that_earn_nothing_are_counted_apart() -> None:
    orders = book(excluded=frozenset({"WINE"}))
    orders.add(line("1001", "10").split(","))
    taken = orders.add(line("1001", "4", product="WINE").split(","))
    assert isinstance(taken, Line)
    assert not taken.earns
    assert (orders.orders["1001"].cents, orders.orders["1001"].excluded_cents) == (1400, 400)


def test_columns_are_found_by_name_wherever_they_stand() -> None:
    profile = Profile().changed(columns={"invoice": "nr", "date": "When", "quantity": "QTY", "price": "each"})
    orders = book(profile, heading="EACH, when ,Nr,qty,colour")
    taken = orders.add(["2.50", "2026-02-01 10:00:00", "5", "4", "red"])
    assert isinstance(taken, Line)
    assert taken.figures == "4\t2.50\t10.00"
    assert (orders.orders["5"].customer, orders.orders["5"].shop) == ("", "")


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ProfileError, match=r"The file has no columns UnitPrice, Country; it has: InvoiceNo"):
        book(heading="InvoiceNo,StockCode,Description,Quantity,InvoiceDate,CustomerID")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"columns": {"colour": "Colour"}}, "No such field: colour"),
        ({"columns": {"price": ""}}, "No column is named for: price"),
        ({"delimiter": ";;"}, "The delimiter must be one character"),
        ({"decimal_mark": ",,"}, "The decimal mark must be one character"),
    ],
)
def test_a_mapping_that_cannot_work_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ProfileError, match=message):
        PROFILE.changed(**changes)  # type: ignore[arg-type]
