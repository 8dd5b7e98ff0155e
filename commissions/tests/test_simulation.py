"""Trying rates: the same arithmetic as the engine, over real sales and refunds, and nothing is written."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest

from commissions.models import CommissionEntry
from commissions.services import simulation
from commissions.tests.callers import address, admin_caller
from commissions.tests.factories import RateFactory
from commissions.tests.months import NOW, Books, examples
from commissions.tests.test_admin_api import state
from partners.tests.callers import Caller
from partners.tests.factories import PartnerFactory, ShopFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("feed_sees_all")]


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with patch("loyalty.api.base.timezone.now", return_value=NOW):
        yield


@pytest.fixture
def admin() -> Caller:
    return admin_caller()


def simulate(admin: Caller, books: Books, **body: Any) -> dict[str, Any]:
    return admin.post(address(books.partner, "rates/simulate"), body, 200)["data"]


def with_refunds(*, with_rates: bool = True) -> Books:
    books = examples(with_rates=with_rates)
    books.sell("MIX", "30.00", "2026-07-05T09:00", ("coffee", "10.01"), ("cake", "19.99"))
    books.refund("MIX", "10.00", "2026-07-06T09:00")
    books.refund("MIX", "20.00", "2026-08-07T09:00")
    books.refund("B1", "40.00", "2026-07-12T09:00")
    books.refund("A5", "0.01", "2026-07-12T10:00")
    return books


def tiered(mode: str) -> dict[str, Any]:
    steps = [{"from": 0, "percent": 5}, {"from": 100, "percent": 4}, {"from": 500, "percent": 3}]
    return {"component": "platform", "mode": mode, "tiers": steps, "percent": 0}


CARDS: list[list[dict[str, Any]]] = [
    [],
    [{"component": "platform", "percent": 3.33}],
    [{"component": "platform", "percent": 2, "fixed": "0.10", "min": "0.20", "max": 3}],
    [{"component": "platform", "percent": 6}, {"component": "platform", "category": "coffee", "percent": 1, "min": 1}],
    [{"component": "platform", "percent": 6}, {"component": "processing", "percent": 2.9, "fixed": 0.3}],
    [tiered("marginal")],
    [tiered("whole")],
]


@pytest.mark.parametrize("rates", CARDS)
def test_a_simulation_says_what_the_engine_does_once_the_card_is_in_force(
    admin: Caller, rates: list[dict[str, Any]]
) -> None:
    books = with_refunds()
    books.accrue()
    before = state()
    found = simulate(admin, books, rates=rates)
    assert state() == before
    lines = CommissionEntry.objects.filter(partner=books.partner)
    assert found["now"] == float(sum(line.amount for line in lines))
    assert (found["sales"], found["refunds"], found["days"]) == (10, 4, 90)
    assert found["difference"] == pytest.approx(found["then"] - found["now"], abs=1e-9)
    # The same sales of somebody who has paid by this card from the beginning.
    twin = with_refunds(with_rates=False)
    admin.put(address(twin.partner, "rates"), {"rates": [{**rate, "valid_from": "2026-01-01"} for rate in rates]})
    twin.accrue()
    sums: dict[tuple[Any, Any], Decimal] = {}
    for line in CommissionEntry.objects.filter(partner=twin.partner).select_related("period", "shop"):
        key = (line.shop.name if line.shop else None, line.period.month)
        sums[key] = sums.get(key, Decimal(0)) + line.amount
    groups = {(group["shop"], group["period"]): group["then"] for group in found["groups"]}
    names = {books.shop.name: twin.shop.name, "S9": "S9"}
    assert {(names[shop], month): then for (shop, month), then in groups.items()} == {
        key: float(amount) for key, amount in sums.items()
    }
    assert found["then"] == float(sum(sums.values()))
    for part in ("by_month", "by_shop"):
        assert sum(Decimal(str(row["then"])) for row in found[part]) == sum(sums.values())


def test_the_rates_there_are_make_no_difference(admin: Caller) -> None:
    books = with_refunds()
    books.accrue()
    own = [
        {"component": "platform", "percent": 4, "valid_from": "2026-01-01", "valid_to": "2026-07-01"},
        {"component": "platform", "percent": 4.5, "valid_from": "2026-07-01"},
        {
            "component": "platform",
            "category": "coffee",
            "percent": 2.5,
            "min": 0.05,
            "max": 10,
            "valid_from": "2026-01-01",
        },
        {
            "component": "platform",
            "category": "coffee",
            "percent": 1,
            "shop_id": books.s9.pk,
            "valid_from": "2026-01-01",
        },
    ]
    found = simulate(admin, books, rates=own, days=400)
    assert found["difference"] == 0
    assert {group["difference"] for group in found["groups"]} == {0}


def test_flat_fields_replace_what_is_for_everything_and_leave_the_rest(admin: Caller) -> None:
    books = examples()
    books.accrue()
    found = simulate(admin, books, platform_commission_rate=10)
    # Coffee keeps its own rates: 0.05, 10.00, 0.21, 0.08; the others pay a tenth.
    assert (found["now"], found["then"]) == (20.19, 10.34 + 2.00 + 1.25 + 0.10 + 20.00)
    coming = simulate(admin, books, platform_commission_rate=10, valid_from="2026-09-01")
    assert coming["then"] == found["then"]
    # From 1 July on: A3 and B2 only.
    partly = simulate(admin, books, platform_commission_rate=10, valid_from="2026-07-01")
    assert partly["then"] == pytest.approx(20.19 - 0.05 - 4.5 + 0.1 + 10)


def test_a_window_of_days_counts_local_days(admin: Caller) -> None:
    books = Books()
    RateFactory(partner=books.partner, percent=4)
    books.sell("IN", "100.00", "2026-08-08T21:00:00")  # 9 August in Vilnius
    books.sell("OUT", "100.00", "2026-08-08T20:59:59")
    found = simulate(admin, books, platform_commission_rate=5, days=2)
    assert (found["from_date"], found["to_date"], found["sales"]) == ("2026-08-09", "2026-08-10", 1)
    assert (found["now"], found["then"], found["base"]) == (4, 5, 100)
    # The refund of a sale before the window goes back as it was posted, by either card.
    books.accrue()
    books.refund("OUT", "50.00", "2026-08-10T08:00")
    found = simulate(admin, books, platform_commission_rate=5, days=2)
    assert (found["now"], found["then"], found["refunds"]) == (2, 3, 1)


def test_it_works_while_the_partner_is_locked_and_shows_what_no_rate_covers(admin: Caller) -> None:
    books = Books()
    books.sell("A", "10.00", "2026-08-01T09:00")
    admin.post(address(books.partner, "lock"), {}, 200)
    before = state()
    found = simulate(admin, books, rates=[{"component": "platform", "category": "tea", "percent": 1}])
    assert (found["without_rate"], found["then"], state()) == (1, 0, before)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "rates"),
        ({"days": 90}, "rates"),
        ({"days": 401, "rates": []}, "days"),
        ({"days": 0, "rates": []}, "days"),
        ({"rates": [], "lock_after_update": True}, "lock_after_update"),
        ({"platform_commission_rate": 101}, "percent"),
        ({"rates": [{"component": "platform", "percent": 1, "min": 2, "max": 1}]}, "rates.0.max"),
        ({"rates": [{"component": "platform", "percent": 1}, {"component": "platform", "percent": 2}]}, "rates.1"),
        ({"rates": [{"component": "platform", "percent": 1, "currency": "USD"}]}, "rates.0.currency"),
    ],
)
def test_a_card_that_cannot_be_is_refused_by_name(admin: Caller, body: dict[str, Any], field: str) -> None:
    answer = admin.post(address(PartnerFactory(), "rates/simulate"), body, 422)
    assert list(answer["errors"]) == [field]


def test_a_shop_of_another_partner_is_not_found(admin: Caller) -> None:
    partner, foreign = PartnerFactory(), ShopFactory()
    for shop_id in (foreign.pk, 10**12):
        body = {"rates": [{"component": "platform", "percent": 1, "shop_id": shop_id}]}
        assert list(admin.post(address(partner, "rates/simulate"), body, 404)["errors"]) == ["rates.0.shop_id"]


def test_more_than_is_computed_at_once_is_refused_with_the_days_that_fit(
    admin: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    books = examples()
    monkeypatch.setattr(simulation, "MOST_SOURCES", 2)
    answer = admin.post(address(books.partner, "rates/simulate"), {"platform_commission_rate": 1}, 422)
    assert "Try 41 days" in answer["errors"]["days"][0]
    assert admin.post(address(books.partner, "rates/simulate"), {"platform_commission_rate": 1, "days": 41}, 200)
