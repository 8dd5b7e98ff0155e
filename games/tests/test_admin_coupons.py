"""Coupons and batches in the back office: found as typed, cancelled with a reason, made and taken out."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from games.models import Coupon, CouponBatch
from games.tests.factories import CouponFactory
from games.tests.tills import GameTill
from loyalty.models import AuditEvent
from loyalty.tests.factories import AdminFactory
from partners.tests.factories import ShopFactory

pytestmark = pytest.mark.django_db
LIST = "admin:games_coupon_changelist"


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(AdminFactory())
    return client


def found(boss: Client, text: str) -> set[str]:
    page = boss.get(reverse(LIST), {"q": text}).content.decode()
    return {code for code in Coupon.objects.values_list("code", flat=True) if code in page}


def test_a_coupon_is_found_by_code_as_typed_by_qr_and_by_its_holder(boss: Client) -> None:
    till = GameTill()
    mine = CouponFactory(partner=till.partner, issued_card=till.held, customer=till.buyer)
    CouponFactory(partner=till.partner, issued_card=None, customer=None)
    code = mine.code
    typed = f"{code[:4]}-{code[4:8].lower()}-{code[8:].lower()}"
    for text in (code, typed, code.lower(), str(mine.qr_value), till.held.number, till.buyer.email):
        assert found(boss, text) == {code}, text
    assert found(boss, "2222222222222") == set()
    shown = boss.get(reverse(LIST), {"status__exact": "active", "partner__id__exact": till.partner.pk})
    assert code in shown.content.decode()


def test_one_that_is_over_says_so(boss: Client) -> None:
    coupon = CouponFactory(expires_at=timezone.now() - timedelta(days=1))
    assert "Expired" in boss.get(reverse("admin:games_coupon_change", args=[coupon.pk])).content.decode()


def test_cancelling_needs_a_reason_and_is_written_down(boss: Client) -> None:
    coupon = CouponFactory()
    url = reverse("admin:games_coupon_cancel", args=[coupon.pk])
    assert boss.post(url, {"reason": "Printed twice"}).status_code == 302
    coupon.refresh_from_db()
    assert (coupon.status, coupon.ended_at is not None) == ("cancelled", True)
    event = AuditEvent.objects.get(action="coupon.cancelled")
    assert (event.actor_kind, event.reason, event.target_id) == ("admin", "Printed twice", str(coupon.pk))
    assert boss.post(url, {"reason": "again"}).status_code == 404


def test_a_batch_names_the_shops_where_its_codes_are_valid(boss: Client) -> None:
    till, foreign = GameTill(), GameTill()
    second, third = ShopFactory.create_batch(2, partner=till.partner)
    form = {
        "partner": till.partner.pk,
        "name": "Old town",
        "quantity": 2,
        "reward_type": "points",
        "reward_points": "50",
        "minimum_purchase": "0",
    }
    url = reverse("admin:games_couponbatch_add")
    refused = boss.post(url, {**form, "valid_in": [till.shop.pk, foreign.shop.pk]})
    assert (refused.status_code, CouponBatch.objects.count()) == (200, 0)
    assert "This belongs to another partner." in refused.content.decode()
    assert "Where its codes are valid; none means everywhere." in boss.get(url).content.decode()

    assert boss.post(url, {**form, "valid_in": [second.pk, till.shop.pk]}).status_code == 302
    batch = CouponBatch.objects.get()
    assert set(batch.shops.all()) == {till.shop, second}
    code = Coupon.objects.filter(batch=batch).values_list("code", flat=True)[0]
    assert till.post({"code": code, "shop_id": third.pk}, path="coupons/verify").body["code"] == "COUPON_NOT_AT_SHOP"
    till.post({"code": code, "shop_id": second.pk}, path="coupons/verify").ok()
    shown = boss.get(reverse("admin:games_couponbatch_change", args=[batch.pk])).content.decode()
    assert f"{till.shop}, {second}" in shown


def test_a_batch_is_made_and_taken_out(boss: Client) -> None:
    till = GameTill()
    form = {
        "partner": till.partner.pk,
        "name": "Flyer",
        "quantity": 25,
        "reward_type": "percentage",
        "reward_value": "10",
        "minimum_purchase": "0",
    }
    url = reverse("admin:games_couponbatch_add")
    wrong = boss.post(url, {**form, "reward_value": ""})
    assert (wrong.status_code, CouponBatch.objects.count()) == (200, 0)
    made = boss.post(url, form)
    assert made.status_code == 302, made.content.decode()[:3000]
    batch = CouponBatch.objects.get()
    assert (batch.made, Coupon.objects.filter(batch=batch).count()) == (25, 25)
    file = boss.post(reverse("admin:games_couponbatch_export_codes", args=[batch.pk]), {"reason": "For the printer"})
    lines = b"".join(file.streaming_content).decode().splitlines()
    assert {line.partition(",")[0] for line in lines[1:]} == set(Coupon.objects.values_list("code", flat=True))
    event = AuditEvent.objects.get(action="couponbatch.exported")
    assert (event.reason, event.changes) == ("For the printer", {"codes": [None, 25]})
