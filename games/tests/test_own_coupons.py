"""Customers and their own coupons (contract 5.9)."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers.tests.callers import person_caller
from customers.tests.factories import PersonFactory
from games.models import Coupon
from games.tests.factories import CouponFactory
from games.tests.tills import GameTill
from loyalty.models import AuditEvent
from partners.tests.callers import Caller

pytestmark = pytest.mark.django_db
PATH = "/en/shop/coupons"


class Buyer:
    """Somebody with coupons of two partners."""

    def __init__(self) -> None:
        self.person = PersonFactory()
        self.tills = [GameTill(), GameTill()]
        for till in self.tills:
            till.buyer.person = self.person
            till.buyer.save()
        self.app: Caller = person_caller(self.person)

    def coupon(self, place: int = 0, **fields: Any) -> Coupon:
        till = self.tills[place]
        return CouponFactory(partner=till.partner, issued_card=till.held, customer=till.buyer, **fields)


@pytest.fixture
def buyer() -> Buyer:
    return Buyer()


def ids(answer: dict[str, Any]) -> list[int]:
    return [row["id"] for row in answer["data"]["coupons"]]


def test_everybody_sees_their_own_wherever_they_buy(buyer: Buyer) -> None:
    here, there = buyer.coupon(), buyer.coupon(1)
    till = buyer.tills[0]
    CouponFactory(partner=till.partner, issued_card=None, customer=None)
    assert ids(buyer.app.get(PATH)) == [there.pk, here.pk]
    assert ids(buyer.app.get(PATH, status="used")) == []
    bound = person_caller(buyer.person, till.partner)
    assert ids(bound.get(PATH)) == [here.pk]
    assert bound.get(f"{PATH}/{there.pk}", 404)["code"] == "RESOURCE_NOT_FOUND"
    shown = buyer.app.get(f"{PATH}/{here.pk}")["data"]
    assert (shown["code"], shown["qr_code"], shown["is_unlimited"]) == (here.code, str(here.qr_value), True)
    assert person_caller(PersonFactory()).get(f"{PATH}/{here.pk}", 404)["code"] == "RESOURCE_NOT_FOUND"


def test_what_ends_soon_and_the_numbers(buyer: Buyer) -> None:
    now = timezone.now()
    soon, later = buyer.coupon(expires_at=now + timedelta(days=2)), buyer.coupon(1, expires_at=now + timedelta(days=20))
    buyer.coupon()
    buyer.coupon(status="redeemed", redeemed_at=now)
    buyer.coupon(expires_at=now - timedelta(days=1))
    buyer.coupon(status="cancelled", ended_at=now)
    assert [row["id"] for row in buyer.app.get(f"{PATH}/expiring")["data"]] == [soon.pk]
    assert [row["id"] for row in buyer.app.get(f"{PATH}/expiring", days=30)["data"]] == [soon.pk, later.pk]
    for days in (0, 31, "x"):
        assert list(buyer.app.get(f"{PATH}/expiring", 422, days=days)["errors"]) == ["days"]
    assert buyer.app.get(f"{PATH}/statistics")["data"] == {
        "total": 6,
        "active": 3,
        "redeemed": 1,
        "used": 1,
        "expired": 1,
        "cancelled": 1,
        "expiring_soon": 1,
    }


def test_one_s_own_coupon_is_used_once(buyer: Buyer) -> None:
    coupon = buyer.coupon()
    body = {"redemption_reference": "WEB-77", "location": "Web shop", "notes": "Blue"}
    used = buyer.app.post(f"{PATH}/{coupon.pk}/redeem", body, 200)["data"]
    coupon.refresh_from_db()
    assert (used["coupon_id"], used["shop_id"], coupon.status) == (coupon.pk, None, "redeemed")
    assert (coupon.redemption_reference, coupon.notes) == ("WEB-77", "Web shop; Blue")
    assert (coupon.redeemed_actor_kind, coupon.redeemed_actor_id) == ("person", buyer.person.pk)
    assert buyer.app.post(f"{PATH}/{coupon.pk}/redeem", {}, 400)["code"] == "COUPON_ALREADY_USED"
    assert AuditEvent.objects.filter(action="coupon.redeemed", actor_kind="person").count() == 1


def test_a_coupon_is_not_used_up_at_a_partner_that_is_suspended(buyer: Buyer) -> None:
    coupon, partner = buyer.coupon(), buyer.tills[0].partner
    partner.status = "suspended"
    partner.save()
    refused = buyer.app.post(f"{PATH}/{coupon.pk}/redeem", {}, 403)
    assert refused["code"] == "PARTNER_NOT_ACTIVE"
    coupon.refresh_from_db()
    assert coupon.status == "active"
    partner.status = "active"
    partner.save()
    buyer.app.post(f"{PATH}/{coupon.pk}/redeem", {}, 200)


def test_what_a_till_holds_or_others_own_is_not_for_them(buyer: Buyer) -> None:
    held, till = buyer.coupon(), buyer.tills[0]
    till.post({"coupon_id": held.pk, "shop_id": till.shop.pk}, path="coupons/pending").ok()
    for verb in ("redeem", "cancel"):
        assert buyer.app.post(f"{PATH}/{held.pk}/{verb}", {}, 409)["code"] == "OPERATION_NOT_ALLOWED"
        stranger = person_caller(PersonFactory())
        assert stranger.post(f"{PATH}/{held.pk}/{verb}", {}, 404)["code"] == "RESOURCE_NOT_FOUND"
    held.refresh_from_db()
    assert held.status == "pending"


def test_a_coupon_is_given_up_but_not_on_its_last_day(buyer: Buyer) -> None:
    last = buyer.coupon(expires_at=timezone.now() + timedelta(hours=23))
    assert buyer.app.post(f"{PATH}/{last.pk}/cancel", {}, 422)["code"] == "COUPON_ENDS_SOON"
    coupon = buyer.coupon(expires_at=timezone.now() + timedelta(hours=25))
    done = buyer.app.post(f"{PATH}/{coupon.pk}/cancel", {"reason": "Moving away"}, 200)["data"]
    assert (done["coupon_id"], done["status"]) == (coupon.pk, "cancelled")
    event = AuditEvent.objects.get(action="coupon.cancelled")
    assert (event.actor_kind, event.reason) == ("person", "Moving away")
    over = buyer.coupon(expires_at=timezone.now() - timedelta(hours=1))
    assert buyer.app.post(f"{PATH}/{over.pk}/cancel", {}, 400)["code"] == "COUPON_EXPIRED"


def test_tills_do_not_reach_these_addresses(buyer: Buyer) -> None:
    coupon, till = buyer.coupon(), buyer.tills[0]
    till.post({}, path=f"coupons/{coupon.pk}/redeem").refused(401, "AUTH_REQUIRED")
    coupon.refresh_from_db()
    assert coupon.status == "active"


def test_the_list_costs_the_same_for_two_coupons_and_for_twenty(buyer: Buyer) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            buyer.app.get(PATH, per_page=100)
        return len(captured)

    for place in (0, 1):
        buyer.coupon(place, game=buyer.tills[place].game)
    cost()
    before = cost()
    for number in range(18):
        buyer.coupon(number % 2, game=buyer.tills[number % 2].game)
    assert cost() == before
