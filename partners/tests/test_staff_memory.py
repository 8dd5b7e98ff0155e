"""What is remembered of a staff member between reading calls never outlives a change of it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from loyalty.errors import InvalidToken
from loyalty.models import LoginSession, User
from loyalty.services import tokens
from loyalty.services.tokens import PARTNER_REALM, AccessClaims, open_session, read_access
from partners.errors import PartnerNotActive
from partners.models import Partner, Plan, StaffMember, StaffShop
from partners.selectors import access
from partners.selectors.access import StaffAccess, recall_staff_access
from partners.tests.factories import ShopFactory, StaffFactory

pytestmark = pytest.mark.django_db


def _claims(staff: StaffMember) -> AccessClaims:
    pair = open_session(user=staff.user, realm=PARTNER_REALM, partner_id=staff.partner_id, at=timezone.now())
    return read_access(pair.access, PARTNER_REALM)


def _warm(staff: StaffMember) -> AccessClaims:
    claims = _claims(staff)
    recall_staff_access(claims)
    with CaptureQueriesContext(connection) as captured:
        assert recall_staff_access(claims).staff == staff
    assert len(captured) == 1
    return claims


CHANGES: dict[str, tuple[Callable[[StaffMember], object], Callable[[StaffAccess], object], object]] = {
    "role": (
        lambda staff: StaffMember.objects.filter(pk=staff.pk).update(role="analyst"),
        lambda found: found.staff.role,
        "analyst",
    ),
    "name": (
        lambda staff: User.objects.filter(pk=staff.user_id).update(name="Renamed"),
        lambda found: found.staff.user.name,
        "Renamed",
    ),
    "partner": (
        lambda staff: Partner.objects.filter(pk=staff.partner_id).update(currency="GBP"),
        lambda found: found.partner.currency,
        "GBP",
    ),
    "plan": (
        lambda staff: Plan.objects.filter(pk=staff.partner.plan_id).update(staff_per_hour=7),
        lambda found: found.limits.per_hour,
        7,
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_seen_by_the_next_call(change: str) -> None:
    staff = StaffFactory(role="manager")
    claims = _warm(staff)
    make, read, expected = CHANGES[change]
    make(staff)
    assert read(recall_staff_access(claims)) == expected


def test_a_new_limit_to_shops_is_seen_by_the_next_call() -> None:
    staff = StaffFactory(role="cashier")
    claims = _warm(staff)
    shop = ShopFactory(partner=staff.partner)
    limited = StaffShop.objects.create(staff=staff, shop=shop)
    assert recall_staff_access(claims).shop_ids == frozenset({shop.pk})
    limited.delete()
    assert recall_staff_access(claims).shop_ids is None


ENDS: dict[str, Callable[[StaffMember], object]] = {
    "log-out": lambda staff: LoginSession.objects.filter(user=staff.user).update(revoked_at=timezone.now()),
    "new password": lambda staff: User.objects.filter(pk=staff.user_id).update(token_version=9),
    "disabled user": lambda staff: User.objects.filter(pk=staff.user_id).update(is_active=False),
    "end of the job": lambda staff: StaffMember.objects.filter(pk=staff.pk).update(is_active=False),
}


@pytest.mark.parametrize("end", ENDS)
def test_what_ends_a_token_ends_it_at_once(end: str) -> None:
    staff = StaffFactory()
    claims = _warm(staff)
    ENDS[end](staff)
    with pytest.raises(InvalidToken):
        recall_staff_access(claims)


def test_staff_of_a_suspended_partner_are_out_at_once() -> None:
    staff = StaffFactory()
    claims = _warm(staff)
    Partner.objects.filter(pk=staff.partner_id).update(status="suspended")
    with pytest.raises(PartnerNotActive):
        recall_staff_access(claims)


def test_the_memories_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "REMEMBERED", 2)
    monkeypatch.setattr(tokens, "MOST_PROVED", 2)
    access._remembered.clear()
    tokens._cache.clear()
    for _ in range(3):
        recall_staff_access(_claims(StaffFactory()))
    assert (len(access._remembered), len(tokens._cache[PARTNER_REALM].proved)) == (1, 1)


def test_a_proved_token_still_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    staff = StaffFactory()
    monkeypatch.setattr(tokens, "ACCESS_LIFETIME", timedelta(seconds=60))
    pair = open_session(user=staff.user, realm=PARTNER_REALM, partner_id=staff.partner_id, at=timezone.now())
    read_access(pair.access, PARTNER_REALM)
    (digest, (claims, expires)) = list(tokens._cache[PARTNER_REALM].proved.items())[-1]
    assert 0 < expires - timezone.now().timestamp() <= 60
    monkeypatch.setattr(tokens.time, "time", lambda: expires)
    asked = []
    monkeypatch.setattr(tokens, "_decode", lambda *_args: asked.append(digest) or {"exp": expires})
    with pytest.raises(InvalidToken):
        read_access(pair.access, PARTNER_REALM)
    assert asked == [digest]
    assert claims.subject_id == staff.user_id
