"""Who may look at commission and change it."""

import pytest

from commissions.tests.callers import address, admin_caller
from partners.tests.callers import Caller, credential_caller, staff_caller
from partners.tests.factories import PartnerFactory

pytestmark = pytest.mark.django_db
CALLS = [
    ("get", "rates"),
    ("put", "rates"),
    ("post", "force-sync"),
    ("post", "lock"),
    ("post", "unlock"),
    ("get", "lock-status"),
    ("get", "lines"),
    ("get", "bank-details"),
    ("put", "bank-details"),
]


@pytest.mark.parametrize(("method", "what"), CALLS)
def test_it_is_for_platform_staff_alone_and_for_partners_that_exist(method: str, what: str) -> None:
    partner = PartnerFactory()

    def call(caller: Caller, path: str, status: int) -> str:
        answer = caller.get(path, status) if method == "get" else caller._send(method, path, {}, status, {})
        return answer["code"]

    assert call(staff_caller(partner), address(partner, what), 403) == "INSUFFICIENT_PARTNER_PERMISSIONS"
    assert call(credential_caller(partner), address(partner, what), 401) == "AUTH_REQUIRED"
    assert call(Caller({}), address(partner, what), 401) == "AUTH_REQUIRED"
    assert call(admin_caller(), address(10**12, what), 404) == "PARTNER_NOT_FOUND"


def test_the_platforms_own_rates_are_for_platform_staff_alone() -> None:
    caller, path = staff_caller(PartnerFactory()), "/en/admin/commission/rates"
    for answer in (caller.get(path, 403), caller.put(path, {}, 403)):
        assert answer["code"] == "INSUFFICIENT_PARTNER_PERMISSIONS"
