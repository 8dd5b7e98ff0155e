"""A partner that is not active is served at no address: neither its staff, nor its tills, nor its systems."""

import json

import pytest

from loyalty.limits.limiter import default_limiter
from partners.models import Partner
from partners.tests.callers import admin_caller
from tests.house.test_tenants import ROWS, TENANT_ROUTES
from tests.house.test_wire import address_of, by
from tests.house.world import everything, make_world

pytestmark = pytest.mark.django_db
# QR codes, the link to the app and SMS have words of their own for credentials that may not (contract 2.2).
REFUSED = {"PARTNER_NOT_ACTIVE", "AUTH_FORBIDDEN", "PARTNER_NOT_AUTHENTICATED", "SMS_CREDENTIALS_INVALID"}


def test_of_a_suspended_partner_nobody_is_let_in_anywhere_and_all_are_again_afterwards() -> None:
    world, boss = make_world("Savas"), admin_caller()
    served = [route for route in TENANT_ROUTES.values() if not route.path.startswith("admin/")]
    address = f"/en/admin/partners/{world.partner.pk}/status"
    boss.put(address, {"status": "suspended"})
    before = everything()
    for route in served:
        default_limiter().link.client.flushdb()
        callers = [world.owner] if route.path.startswith("partners/") else []
        callers += [world.till] if route.serves_tills or route.path.startswith("partners/") else []
        for caller in callers:
            answer = by(route.method, caller.client, address_of(route, world), ROWS[str(route)].body)
            assert answer.status_code in {401, 403}, (str(route), answer.content[:200])
            body = json.loads(answer.content)
            assert body.get("error_code", body["code"]) in REFUSED, (str(route), body)
    assert everything() == before
    boss.put(address, {"status": "active"})
    assert Partner.objects.get(pk=world.partner.pk).is_active
    assert world.owner.get("/en/partners/transactions")["success"]
    assert world.till.get("/en/shop/shops")["success"]
