"""Callers of the Partner API for tests: staff with a token, tills with API credentials."""

import json
from collections.abc import Sequence
from typing import Any

from django.test import Client
from django.utils import timezone

from loyalty.services.audit import SYSTEM
from loyalty.services.tokens import ADMIN_REALM, PARTNER_REALM, open_session
from loyalty.tests.factories import AdminFactory
from partners.models import Partner, Shop, StaffMember, StaffShop
from partners.services.credentials import issue_credential
from partners.tests.factories import StaffFactory


class Caller:
    """Sends JSON with fixed headers and reads JSON; `staff` is set for staff."""

    def __init__(self, headers: dict[str, str], staff: StaffMember | None = None) -> None:
        self.client = Client(headers=headers, raise_request_exception=False)
        self.staff = staff

    def get(self, path: str, expect: int = 200, /, **query: Any) -> dict[str, Any]:
        return self._read(self.client.get(path, query), expect)

    def post(self, path: str, body: Any, status: int = 201, **headers: str) -> dict[str, Any]:
        return self._send("post", path, body, status, headers)

    def put(self, path: str, body: Any, status: int = 200, **headers: str) -> dict[str, Any]:
        return self._send("put", path, body, status, headers)

    def delete(self, path: str, status: int = 200) -> dict[str, Any]:
        return self._read(self.client.delete(path), status)

    def _send(self, method: str, path: str, body: Any, status: int, headers: dict[str, str]) -> dict[str, Any]:
        send = getattr(self.client, method)
        return self._read(send(path, json.dumps(body), content_type="application/json", headers=headers), status)

    @staticmethod
    def _read(response: Any, status: int) -> dict[str, Any]:
        assert response.status_code == status, (response.status_code, response.content)
        return json.loads(response.content)


def staff_caller(partner: Partner, role: str = "owner", shops: Sequence[Shop] = ()) -> Caller:
    """Somebody on the partner's staff with a fresh token, limited to `shops` if any."""
    staff = StaffFactory(partner=partner, role=role)
    StaffShop.objects.bulk_create([StaffShop(staff=staff, shop=shop) for shop in shops])
    tokens = open_session(user=staff.user, realm=PARTNER_REALM, partner_id=partner.pk, at=timezone.now())
    return Caller({"Authorization": f"Bearer {tokens.access}"}, staff)


def credential_caller(partner: Partner, shop: Shop | None = None, **options: Any) -> Caller:
    """A till or system of the partner with its own key, limited to `shop` if one is given."""
    issued = issue_credential(actor=SYSTEM, partner=partner, name="till", at=timezone.now(), shop=shop, **options)
    return Caller({"X-API-Key": issued.credential.key, "X-API-Secret": issued.secret})


def admin_caller() -> Caller:
    """Somebody on the platform's staff with a fresh token."""
    tokens = open_session(user=AdminFactory(), realm=ADMIN_REALM, partner_id=None, at=timezone.now())
    return Caller({"Authorization": f"Bearer {tokens.access}"})
