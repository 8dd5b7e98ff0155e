"""Commission over HTTP, as platform staff use it."""

import hashlib
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commissions.models import CommissionRate
from commissions.tests.callers import address, admin_caller
from commissions.tests.months import EXPECTED, NOW, Books, examples
from loyalty.models import AuditEvent
from partners.tests.callers import Caller
from partners.tests.factories import PartnerFactory, ShopFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("feed_sees_all")]
TABLES = ("commissionrate", "commissionperiod", "partnerlock", "commissionentry", "syncrun", "commissioncursor")


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with patch("loyalty.api.base.timezone.now", return_value=NOW):
        yield


@pytest.fixture
def admin() -> Caller:
    """An administrator whose token is of today, whatever the platform's clock says in these tests."""
    return admin_caller()


def state() -> str:
    """A checksum over everything that commission keeps."""
    total = hashlib.sha256()
    with connection.cursor() as cursor:
        for table in (*(f"commissions_{name}" for name in TABLES), "loyalty_auditevent"):
            cursor.execute(f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} t")
            total.update(cursor.fetchone()[0].encode())
    return total.hexdigest()


def refused(caller: Caller, call: tuple[str, str], body: Any, status: int, code: str) -> dict[str, Any]:
    """The call is refused so, and not one byte is written."""
    before = state()
    answer = caller._send(*call, body, status, {})
    assert answer["code"] == code
    assert state() == before
    return answer


def rates_body(books: Books) -> dict[str, Any]:
    """R2 to R5 as a full set."""
    coffee = {"component": "platform", "category": " Coffee ", "valid_from": "2026-01-01"}
    return {
        "rates": [
            {"component": "platform", "percent": "4", "valid_from": "2026-01-01", "valid_to": "2026-07-01"},
            {"component": "platform", "percent": 4.5, "valid_from": "2026-07-01"},
            {**coffee, "percent": 2.5, "min": "0.05", "max": 10},
            {**coffee, "percent": "1", "shop_id": books.s9.pk},
        ]
    }


def test_the_worked_examples_over_http_from_rates_to_lines(admin: Caller) -> None:
    books = examples(with_rates=False)
    base = {"rates": [{"component": "platform", "percent": 5, "valid_from": "2026-01-01"}]}
    assert admin.put("/en/admin/commission/rates", base)["data"]["rates"][0]["source"] == "global"
    card = admin.put(address(books.partner, "rates"), rates_body(books))["data"]
    assert sorted(rate["percent"] for rate in card["rates"]) == [1, 2.5, 4, 4.5]
    assert card["platform_commission_rate"] == 4.5
    first = admin.post(address(books.partner, "force-sync"), {}, 200)["data"]
    assert (first["created"], first["total_before"], first["total_after"]) == (9, 0, 20.19)
    second = admin.post(address(books.partner, "force-sync"), {}, 200)["data"]
    same = ("created", "updated", "removed", "unchanged")
    assert [second[name] for name in same] == [0, 0, 0, 9]
    assert second["sync_id"] > first["sync_id"]
    answer = admin.get(address(books.partner, "lines"))
    assert {line["order_id"]: f"{line['amount']:.2f}" for line in answer["data"]} == EXPECTED
    assert answer["meta"]["total_amount"] == 20.19
    june = admin.get(address(books.partner, "lines"), period="2026-06")
    assert (june["meta"]["total"], june["meta"]["total_amount"]) == (7, 15.64)
    line = next(line for line in june["data"] if line["order_id"] == "A5")
    assert (line["rate"]["percent"], line["rate"]["max"], line["base"], line["category"]) == (2.5, 10, 500, "coffee")


def test_s2_a_locked_month_stands(admin: Caller) -> None:
    books = examples(with_rates=False)
    admin.put(address(books.partner, "rates"), rates_body(books))
    lock = {"period": "2026-06", "reason": "closed"}
    first = admin.post(address(books.partner, "lock"), lock, 200)["data"]
    assert (first["is_locked"], first["state"], first["lines"], first["total"]) == (True, "locked", 7, 15.64)
    assert len(first["checksum"]) == 64
    before = state()
    assert admin.post(address(books.partner, "lock"), lock, 200)["data"] == first
    assert admin.get(address(books.partner, "lock-status"), period="2026-06")["data"] == first
    assert state() == before
    locked = (409, "COMMISSION_LOCKED")
    refused(admin, ("post", address(books.partner, "force-sync")), {"period": "2026-06"}, *locked)
    late = {"platform_commission_rate": 3, "valid_from": "2026-06-20"}
    refused(admin, ("put", address(books.partner, "rates")), late, *locked)
    retro = {"rates": [{"component": "platform", "percent": 3, "valid_from": "2026-06-20"}]}
    refused(admin, ("put", address(books.partner, "rates")), retro, *locked)
    assert admin.put(address(books.partner, "rates"), rates_body(books))["data"]["platform_commission_rate"] == 4.5
    refused(admin, ("post", address(books.partner, "lock")), {"period": "2026-09"}, 422, "VALIDATION_ERROR")
    refused(admin, ("post", address(books.partner, "unlock")), {"period": "2026-06"}, 422, "VALIDATION_ERROR")
    opened = admin.post(address(books.partner, "unlock"), {"period": "2026-06", "reason": "mistake"}, 200)["data"]
    assert (opened["is_locked"], opened["version"]) == (False, 2)


def test_a_locked_partner_refuses_everything_but_sales(admin: Caller) -> None:
    books = examples()
    lock = {"reason": "audit", "locked_until": "2026-09-01T00:00:00Z"}
    first = admin.post(address(books.partner, "lock"), lock, 200)["data"]
    assert (first["scope"], first["locked_at"], first["reason"]) == ("partner", "2026-08-10T09:00:00Z", "audit")
    assert first["locked_by"].startswith("admin:")
    assert admin.get(address(books.partner, "rates"))["data"]["is_locked"] is True
    locked = (409, "COMMISSION_LOCKED")
    for method, what, body in (
        ("post", "force-sync", {}),
        ("post", "force-sync", {"dry_run": True}),
        ("put", "rates", {"platform_commission_rate": 3}),
        ("put", "rates", {"rates": []}),
    ):
        refused(admin, (method, address(books.partner, what)), body, *locked)
    books.sell("X", "10.00", "2026-08-09T09:00")
    assert admin.post(address(books.partner, "unlock"), {"reason": "done"}, 200)["data"]["is_locked"] is False
    assert admin.post(address(books.partner, "force-sync"), {}, 200)["data"]["created"] == 10
    answer = admin.post(address(books.partner, "unlock"), {"reason": "again"}, 200)["data"]
    assert (answer["is_locked"], answer["locked_at"]) == (False, None)


def test_flat_fields_make_versions_and_the_same_body_makes_none(admin: Caller) -> None:
    partner = PartnerFactory()
    body = {
        "stripe_processing_fee_rate": 2.9,
        "stripe_processing_fee_fixed": 0.3,
        "platform_commission_rate": 1.5,
        "platform_commission_fixed": 0,
    }
    card = admin.put(address(partner, "rates"), body)["data"]
    assert {name: card[name] for name in body} == body
    assert card["rates"][0]["valid_from"] == "2026-08-10T12:00:00"
    before = state()
    again = admin.put(address(partner, "rates"), {**body, "platform_commission_rate": "1.50"})["data"]
    assert (again["rates"], state()) == (card["rates"], before)
    changed = admin.put(address(partner, "rates"), {"platform_commission_rate": 2, "valid_from": "2026-09-01"})["data"]
    assert changed["platform_commission_rate"] == 1.5
    platform = [(one["percent"], one["valid_to"]) for one in changed["rates"] if one["component"] == "platform"]
    assert platform == [(1.5, "2026-09-01"), (2, None)]
    assert AuditEvent.objects.filter(action="commission.rates_changed").count() == 2
    locking = admin.put(address(partner, "rates"), {"platform_commission_rate": 3, "lock_after_update": True})["data"]
    assert locking["is_locked"] is True


def test_a_full_set_ends_what_it_leaves_out_and_keeps_what_it_repeats(admin: Caller) -> None:
    books = Books()
    first = admin.put(address(books.partner, "rates"), rates_body(books))["data"]["rates"]
    keep = [rate for rate in rates_body(books)["rates"] if "category" not in rate]
    second = admin.put(address(books.partner, "rates"), {"rates": keep})["data"]["rates"]
    assert {rate["id"] for rate in first} == {rate["id"] for rate in second}
    ended = {rate["id"]: rate["valid_to"] for rate in second if rate["category"] == "coffee"}
    assert set(ended.values()) == {"2026-08-10T12:00:00"}
    before = state()
    assert admin.put(address(books.partner, "rates"), {"rates": keep})["data"]["rates"] == second
    assert state() == before
    assert CommissionRate.objects.filter(partner=books.partner).count() == 4


def test_a_rate_that_reaches_back_into_open_months_moves_only_later_sales(admin: Caller) -> None:
    books = Books().with_rates()
    books.sell("BEFORE", "100.00", "2026-08-01T09:00")
    books.sell("AFTER", "100.00", "2026-08-06T09:00")
    books.accrue()
    admin.put(address(books.partner, "rates"), {"platform_commission_rate": 3, "valid_from": "2026-08-05"})
    assert books.accrue().updated == 1
    amounts = {order: str(amount) for order, amount in books.amounts().items()}
    assert amounts == {"BEFORE": "4.50", "AFTER": "3.00"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"platform_commission_rate": 100.5}, "percent"),
        ({"platform_commission_rate": -1}, "percent"),
        ({"platform_commission_rate": "much"}, "platform_commission_rate"),
        ({"stripe_processing_fee_fixed": "0.305"}, "fixed"),
        ({}, "rates"),
        ({"rates": [], "platform_commission_rate": 1}, "rates"),
        ({"rates": [{"component": "tip", "percent": 1}]}, "rates.0.component"),
        ({"rates": [{"component": "platform", "percent": 1, "colour": "red"}]}, "rates.0.colour"),
        ({"rates": [{"component": "platform", "percent": 1, "min": 2, "max": 1}]}, "rates.0.max"),
        ({"rates": [{"component": "platform", "percent": 1, "currency": "USD"}]}, "rates.0.currency"),
        ({"rates": [{"component": "platform", "percent": 1, "valid_from": "soon"}]}, "rates.0.valid_from"),
        ({"rates": [{"component": "platform", "mode": "whole", "percent": 1}]}, "rates.0.tiers"),
        (
            {"rates": [{"component": "platform", "valid_from": "2026-07-01", "valid_to": "2026-07-01"}]},
            "rates.0.valid_to",
        ),
        ({"rates": [{"component": "platform", "percent": 1}, {"component": "platform", "percent": 2}]}, "rates.1"),
    ],
)
def test_a_rate_that_cannot_be_is_refused_by_name(admin: Caller, body: dict[str, Any], field: str) -> None:
    answer = refused(admin, ("put", address(PartnerFactory(), "rates")), body, 422, "VALIDATION_ERROR")
    assert list(answer["errors"]) == [field]


def test_a_shop_of_another_partner_is_not_found(admin: Caller) -> None:
    partner, foreign = PartnerFactory(), ShopFactory()
    for shop_id in (foreign.pk, 10**12):
        body = {"rates": [{"component": "platform", "percent": 1, "shop_id": shop_id}]}
        answer = refused(admin, ("put", address(partner, "rates")), body, 404, "RESOURCE_NOT_FOUND")
        assert list(answer["errors"]) == ["rates.0.shop_id"]


def test_a_dry_run_shows_the_difference_and_leaves_nothing(admin: Caller) -> None:
    books = examples()
    before = state()
    answer = admin.post(address(books.partner, "force-sync"), {"dry_run": True}, 200)["data"]
    assert (answer["sync_id"], answer["dry_run"], answer["created"], answer["total_after"]) == (None, True, 9, 20.19)
    assert answer["diff"][0]["after"] == {"kind": "accrual", "amount": "0.8"}
    assert state() == before


def test_tiers_show_how_far_the_month_has_come(admin: Caller) -> None:
    books = Books()
    steps = [{"from": 0, "percent": 5}, {"from": 100, "percent": 4}, {"from": 500, "percent": 3}]
    rate = {"component": "platform", "mode": "whole", "tiers": steps, "valid_from": "2026-08-01"}
    admin.put(address(books.partner, "rates"), {"rates": [rate]})
    books.sell("T", "150.00", "2026-08-02T09:00")
    books.accrue()
    [effective] = admin.get(address(books.partner, "rates"))["data"]["effective"]
    assert effective["tier_progress"] == {"volume": 150, "percent": 4, "next_from": 500}
    assert effective["rate"]["tiers"] == steps


def test_lines_cost_the_same_for_two_and_for_twenty_rows(admin: Caller) -> None:
    books = Books().with_rates()
    for number in range(2):
        books.sell(f"N{number}", "10.00", "2026-06-10T09:00")
    books.accrue()
    admin.get(address(books.partner, "lines"))
    with CaptureQueriesContext(connection) as two:
        admin.get(address(books.partner, "lines"))
    for number in range(2, 20):
        books.sell(f"N{number}", "10.00", "2026-06-10T09:00")
    books.accrue()
    with CaptureQueriesContext(connection) as twenty:
        assert admin.get(address(books.partner, "lines"), per_page=20)["meta"]["total"] == 20
    assert len(two) == len(twenty)


def test_filters_narrow_lines_and_nonsense_is_refused(admin: Caller) -> None:
    books = examples()
    books.accrue()
    at_s9 = admin.get(address(books.partner, "lines"), shop_id=books.s9.pk)
    assert [line["order_id"] for line in at_s9["data"]] == ["A7"]
    assert admin.get(address(books.partner, "lines"), kind="reversal")["data"] == []
    assert admin.get(address(books.partner, "lines"), origin_period="2026-07")["meta"]["total"] == 2
    assert admin.get(address(books.partner, "lines"), 422, period="June")["errors"].keys() == {"period"}
    assert admin.get(address(books.partner, "lines"), 400, month="2026-06")["code"] == "UNKNOWN_PARAMETER"
    assert admin.get(address(books.partner, "lock-status"), 422, period="2026-13")["code"] == "VALIDATION_ERROR"
    assert admin.get(address(books.partner, "rates"), 422, at="yesterday")["errors"].keys() == {"at"}


def test_the_rates_of_another_moment_can_be_asked_for(admin: Caller) -> None:
    books = Books().with_rates()
    path = address(books.partner, "rates")
    assert admin.get(path, at="2026-06-30T20:59:59Z")["data"]["platform_commission_rate"] == 4
    assert admin.get(path, at="2026-06-30T21:00:00Z")["data"]["platform_commission_rate"] == 4.5
