"""The hourly end of coupons, holds that were forgotten, and what is erased of somebody."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from games import tasks
from games.models import Coupon
from games.services.coupon_expiry import expire_partner_coupons, release_forgotten_coupons
from games.services.erasure import erase_notes
from games.tests.factories import CouponFactory
from games.tests.tills import GameTill
from loyalty.contributions import Subject
from loyalty.services.audit import SYSTEM
from partners.tests.factories import PartnerFactory, ShopFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now()
PAST, FUTURE = NOW - timedelta(hours=1), NOW + timedelta(hours=1)


def free(partner: Any, **fields: Any) -> Coupon:
    return CouponFactory(partner=partner, issued_card=None, customer=None, **fields)


def test_what_is_over_expires_and_nothing_else() -> None:
    partner, other = PartnerFactory(), PartnerFactory()
    held = {"status": "pending", "pending_at": PAST, "pending_shop": ShopFactory(partner=partner)}
    over = [free(partner, expires_at=PAST), free(partner, expires_at=PAST, **held), free(partner, expires_at=NOW)]
    kept = [free(partner, expires_at=FUTURE), free(partner), free(other, expires_at=PAST)]
    used = free(partner, expires_at=PAST, status="redeemed", redeemed_at=PAST)
    assert expire_partner_coupons(partner=partner, at=NOW) == 3
    assert expire_partner_coupons(partner=partner, at=NOW) == 0
    for coupon in over:
        coupon.refresh_from_db()
        assert (coupon.status, coupon.ended_at, coupon.pending_at) == ("expired", coupon.expires_at, None)
    for coupon in (*kept, used):
        before = coupon.status
        coupon.refresh_from_db()
        assert coupon.status == before


def test_a_hold_that_was_forgotten_is_let_go() -> None:
    partner = PartnerFactory()
    shop = ShopFactory(partner=partner)
    old = free(partner, status="pending", pending_at=NOW - timedelta(hours=25), pending_shop=shop)
    new = free(partner, status="pending", pending_at=PAST, pending_shop=shop)
    assert release_forgotten_coupons(partner=partner, at=NOW) == 1
    for coupon, status in ((old, "active"), (new, "pending")):
        coupon.refresh_from_db()
        assert coupon.status == status


def test_the_task_asks_only_partners_who_have_some(monkeypatch: pytest.MonkeyPatch) -> None:
    due, idle, forgetful = PartnerFactory(), PartnerFactory(), PartnerFactory()
    free(due, expires_at=PAST)
    free(idle, expires_at=FUTURE)
    shop = ShopFactory(partner=forgetful)
    free(forgetful, status="pending", pending_at=NOW - timedelta(days=2), pending_shop=shop)
    asked: list[int] = []
    monkeypatch.setattr(tasks.expire_coupons_of_partner, "delay", lambda *, partner_id: asked.append(partner_id))
    tasks.expire_coupons()
    assert asked == [due.pk, forgetful.pk]
    for partner_id in asked:
        tasks.expire_coupons_of_partner(partner_id=partner_id)
    assert sorted(Coupon.objects.values_list("status", flat=True)) == ["active", "active", "expired"]


def test_nothing_personal_stays_in_the_coupons_of_somebody_erased() -> None:
    till = GameTill()
    words = {"notes": "Called +37060000001", "redemption_reference": "Ona"}
    mine = CouponFactory(partner=till.partner, issued_card=till.held, customer=till.buyer, **words)
    other = free(till.partner, **words)
    subject = Subject(None, {till.partner.pk: (till.buyer.pk,)}, frozenset())
    assert erase_notes(subject, actor=SYSTEM, at=NOW) == 1
    mine.refresh_from_db()
    other.refresh_from_db()
    assert (mine.notes, mine.redemption_reference, other.notes) == ("", "", words["notes"])
