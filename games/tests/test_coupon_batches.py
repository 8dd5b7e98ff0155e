"""Codes by the thousand: ordered, made in parts, taken out as a file."""

import csv
import io
import time
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from games import tasks
from games.models import Coupon, CouponBatch
from games.rules.codes import is_well_formed
from games.rules.rewards import Reward
from games.services import batches
from games.services.batches import NewBatch, create_batch, make_codes
from games.tests.tills import GameTill
from ledger.tests.test_race_tills import together
from loyalty.models import AuditEvent
from loyalty.rules.cells import safe_cell
from loyalty.services.audit import SYSTEM
from partners.models import Partner
from partners.tests.callers import Caller, credential_caller, staff_caller
from partners.tests.factories import PartnerFactory, ShopFactory

pytestmark = pytest.mark.django_db
BODY: dict[str, Any] = {"name": "Flyer", "quantity": 30, "reward_type": "percentage", "reward_value": 10}
PATH = "/en/partners/coupon-batches"


@pytest.fixture
def partner() -> Partner:
    return PartnerFactory()


@pytest.fixture
def owner(partner: Partner) -> Caller:
    return staff_caller(partner)


def ordered(partner: Partner, quantity: int, **more: Any) -> CouponBatch:
    new = NewBatch("Flyer", quantity, Reward("fixed", Decimal(5)), **more)
    return create_batch(actor=SYSTEM, partner=partner, new=new, reach=None, at=timezone.now(), is_job_started=False)


def lines_of(owner: Caller, batch_id: int) -> list[dict[str, str]]:
    answer = owner.client.get(f"{PATH}/{batch_id}/codes.csv")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert answer.streaming
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))


def test_a_small_batch_is_there_at_once(owner: Caller, partner: Partner) -> None:
    shop = ShopFactory(partner=partner)
    made = owner.post(PATH, {**BODY, "title": {"en": "Ten", "lt": "Dešimt"}, "shop_ids": [shop.pk]})["data"]
    assert (made["made"], made["progress"], made["status"], made["shop_ids"]) == (30, 100, "ready", [shop.pk])
    coupons = list(Coupon.objects.filter(batch_id=made["id"]))
    assert len({coupon.code for coupon in coupons}) == len({coupon.qr_value for coupon in coupons}) == 30
    assert all(is_well_formed(coupon.code) for coupon in coupons)
    assert {(one.status, one.customer_id, one.title["lt"], one.reward_value) for one in coupons} == {
        ("active", None, "Dešimt", Decimal("10.00"))
    }
    shown = owner.get(f"{PATH}/{made['id']}")["data"]
    assert shown["counts"] == {"active": 30, "redeemed": 0, "expired": 0, "cancelled": 0}
    assert [row["id"] for row in owner.get(PATH)["data"]] == [made["id"]]
    assert AuditEvent.objects.filter(action="couponbatch.created", target_id=made["id"]).count() == 1


def test_its_codes_are_used_at_the_till_and_counted() -> None:
    till = GameTill()
    batch = ordered(till.partner, 3)
    first = Coupon.objects.filter(batch=batch).order_by("pk")[0]
    found = till.post({"code": first.code, "shop_id": till.shop.pk}, path="coupons/verify").ok()
    assert found["coupon"]["offer"]["title"] == {"lt": "Flyer", "en": "Flyer"}
    till.post({"coupon_id": first.pk, "shop_id": till.shop.pk}, path="coupons/redeem").ok()
    owner = staff_caller(till.partner)
    assert owner.get(f"{PATH}/{batch.pk}")["data"]["counts"]["redeemed"] == 1
    rows = lines_of(owner, batch.pk)
    assert [row["status"] for row in rows] == ["redeemed", "active", "active"]
    assert (rows[0]["code"], rows[0]["redeemed_shop_id"]) == (first.code, str(till.shop.pk))
    assert (rows[1]["redeemed_at"], rows[1]["expires_at"]) == ("", "")
    assert AuditEvent.objects.filter(action="couponbatch.exported").count() == 1


def test_a_large_batch_is_made_by_a_job_in_parts(
    owner: Caller, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    monkeypatch.setattr(batches, "CHUNK", 400)
    with django_capture_on_commit_callbacks() as jobs:
        made = owner.post(PATH, {**BODY, "quantity": 1_001})["data"]
    assert (made["made"], made["progress"], made["status"], len(jobs)) == (0, 0, "making", 1)
    tasks.make_batch_codes(batch_id=made["id"])
    tasks.make_batch_codes(batch_id=made["id"])
    batch = CouponBatch.objects.get()
    assert (batch.made, batch.completed_at is not None, Coupon.objects.count()) == (1_001, True, 1_001)


def test_a_job_that_was_lost_is_taken_up_again(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = ordered(partner, 1_500)
    started: list[int] = []
    monkeypatch.setattr(tasks.make_batch_codes, "delay", lambda *, batch_id: started.append(batch_id))
    tasks.finish_batches()
    assert started == []
    CouponBatch.objects.update(created_at=timezone.now() - timedelta(minutes=11))
    tasks.finish_batches()
    assert started == [batch.pk]
    make_codes(batch_id=batch.pk, at=timezone.now())
    tasks.finish_batches()
    assert started == [batch.pk]


def test_a_code_that_exists_already_is_drawn_again(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = Coupon.objects.filter(batch=ordered(partner, 1)).values_list("code", flat=True)[0]
    real, calls = batches.new_codes, []

    def drawn(count: int) -> list[str]:
        calls.append(count)
        return [taken] if len(calls) == 1 else real(count)

    monkeypatch.setattr(batches, "new_codes", drawn)
    assert ordered(partner, 1).made == 1
    assert (len(calls), Coupon.objects.count()) == (2, 2)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"quantity": 0}, "quantity"),
        ({"quantity": 1_000_001}, "quantity"),
        ({"reward_value": None}, "reward_value"),
        ({"reward_value": 101}, "reward_value"),
        ({"reward_type": "fixed", "reward_value": 0}, "reward_value"),
        ({"reward_type": "points"}, "reward_points"),
        ({"reward_type": "none"}, "reward_type"),
        ({"name": ""}, "name"),
        ({"expires_at": "2020-01-01"}, "expires_at"),
        ({"maximum_discount": 0}, "maximum_discount"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_made(owner: Caller, body: dict[str, Any], field: str) -> None:
    refused = owner.post(PATH, {**BODY, **body}, 422)
    assert list(refused["errors"]) == [field]
    assert CouponBatch.objects.count() == 0


def test_tenants_shops_and_roles_are_kept_to(owner: Caller, partner: Partner) -> None:
    mine, other = ShopFactory(partner=partner), ShopFactory(partner=partner)
    theirs = ordered(PartnerFactory(), 1)
    for path in (f"{PATH}/{theirs.pk}", f"{PATH}/{theirs.pk}/codes.csv"):
        assert owner.get(path, 404)["code"] == "RESOURCE_NOT_FOUND"
    foreign = ShopFactory()
    assert owner.post(PATH, {**BODY, "shop_ids": [foreign.pk]}, 404)["errors"].keys() == {"shop_ids"}
    manager = staff_caller(partner, "manager", [mine])
    assert manager.post(PATH, BODY, 422)["errors"].keys() == {"shop_ids"}
    assert manager.post(PATH, {**BODY, "shop_ids": [other.pk]}, 403)["code"] == "STORE_ACCESS_DENIED"
    assert manager.post(PATH, {**BODY, "shop_ids": [mine.pk]})["data"]["shop_ids"] == [mine.pk]
    batch = ordered(partner, 1)
    analyst = staff_caller(partner, "analyst")
    analyst.get(f"{PATH}/{batch.pk}")
    analyst.get(f"{PATH}/{batch.pk}/codes.csv", 403)
    analyst.post(PATH, BODY, 403)
    assert credential_caller(partner).get(PATH)["meta"]["total"] == 2


def test_who_is_limited_to_shops_takes_no_codes_that_are_money_elsewhere(partner: Partner) -> None:
    mine, other = ShopFactory(partner=partner), ShopFactory(partner=partner)
    limited = staff_caller(partner, "manager", [mine])
    here = ordered(partner, 1, shop_ids=(mine.pk,))
    for batch in (ordered(partner, 1), ordered(partner, 1, shop_ids=(mine.pk, other.pk))):
        assert limited.get(f"{PATH}/{batch.pk}/codes.csv", 403)["code"] == "STORE_ACCESS_DENIED"
        assert len(lines_of(staff_caller(partner), batch.pk)) == 1
    assert len(lines_of(limited, here.pk)) == 1
    exported = AuditEvent.objects.filter(action="couponbatch.exported")
    assert exported.filter(target_id=str(here.pk)).count() == 1
    assert exported.count() == 3


def test_the_list_costs_the_same_for_two_batches_and_for_twenty(owner: Caller, partner: Partner) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            owner.get(PATH, per_page=100)
        return len(captured)

    for _ in range(2):
        ordered(partner, 1, shop_ids=(ShopFactory(partner=partner).pk,))
    cost()
    before = cost()
    for _ in range(18):
        ordered(partner, 1, shop_ids=(ShopFactory(partner=partner).pk,))
    assert cost() == before


def test_the_command_makes_them_and_their_file(partner: Partner, tmp_path: Any, capsys: Any) -> None:
    target = tmp_path / "codes.csv"
    call_command(
        "make_coupons",
        *("--partner", partner.pk, "--name", "Print", "--quantity", 1_200, "--percentage", "15", "--days", 30),
        *("--file", str(target)),
    )
    batch = CouponBatch.objects.get()
    assert (batch.made, batch.reward_value, batch.partner_id) == (1_200, Decimal(15), partner.pk)
    assert (batch.expires_at - batch.created_at).days == 30
    lines = target.read_text().splitlines()
    codes = set(Coupon.objects.values_list("code", flat=True))
    assert {line.partition(",")[0] for line in lines} == codes
    assert "1200 codes" in capsys.readouterr().err
    for wrong in (["--quantity", 0, "--fixed", "1"], ["--quantity", 1, "--fixed", "x"]):
        with pytest.raises(CommandError):
            call_command("make_coupons", "--partner", partner.pk, "--name", "No", *wrong)
    with pytest.raises(CommandError):
        call_command("make_coupons", "--partner", 999_999, "--name", "No", "--quantity", 1, "--points", 5)
    assert CouponBatch.objects.count() == 1


def test_a_hundred_thousand_codes_take_less_than_twenty_seconds(partner: Partner) -> None:
    batch, begun = ordered(partner, 100_000), time.monotonic()
    assert make_codes(batch_id=batch.pk, at=timezone.now()) == 100_000
    assert time.monotonic() - begun < 20
    assert Coupon.objects.filter(batch=batch).values("code").distinct().count() == 100_000


@pytest.mark.parametrize("evil", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\x00", "\uff1dx", "\uff0bx"])
def test_no_cell_is_a_formula(evil: str) -> None:
    assert safe_cell(evil) == f"'{evil}"
    assert (safe_cell(-5), safe_cell("7K"), safe_cell(None)) == ("-5", "7K", "")


@pytest.mark.django_db(transaction=True)
def test_two_workers_on_one_batch_make_each_code_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "CHUNK", 150)
    batch = ordered(PartnerFactory(), 1_100)
    done = together([lambda: make_codes(batch_id=batch.pk, at=timezone.now())] * 4, workers=4)
    assert (sum(done), Coupon.objects.filter(batch=batch).count()) == (1_100, 1_100)
