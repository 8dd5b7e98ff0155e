"""How tills prove themselves: keys, secrets, scopes, addresses, limits (contract 2.2, promises D3 and E)."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from loyalty.services.audit import SYSTEM
from partners.choices import PartnerStatus
from partners.models import ApiCredential, ApiSecret, Partner, Plan
from partners.rules.secrets import check_digits
from partners.services.credentials import NewSecret, issue_credential, revoke_credential, rotate_secret
from partners.tests.factories import PartnerFactory, ShopFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def partner() -> Partner:
    return PartnerFactory.create(name="Kavos namai")


def issue(partner: Partner, **options: Any) -> NewSecret:
    return issue_credential(actor=SYSTEM, partner=partner, name="Till 1", at=timezone.now(), **options)


def call(
    new: NewSecret | None, path: str = "shop/shops", *, method: str = "get", secret: str | None = None, **extra: Any
) -> tuple[int, dict[str, Any], dict[str, str]]:
    headers = {} if new is None else {"X-API-Key": new.credential.key, "X-API-Secret": secret or new.secret}
    response = getattr(Client(), method)(f"/en/{path}", content_type="application/json", headers=headers, **extra)
    return response.status_code, response.json(), dict(response.headers)


def refused(status: int, code: str, number: int | None, answer: tuple[int, dict[str, Any], dict[str, str]]) -> None:
    assert answer[0] == status
    assert answer[1]["code"] == code
    assert answer[1].get("error_number") == number
    assert answer[1]["success"] is False
    assert "data" not in answer[1]


def test_a_good_pair_is_told_whose_it_is(partner: Partner) -> None:
    shop = ShopFactory.create(partner=partner)
    status, body, _headers = call(issue(partner, shop=shop), "shop/validate-credentials", method="post")
    assert status == 200
    assert body["data"] == {
        "valid": True,
        "partner": {"id": partner.pk, "name": "Kavos namai", "status": "active"},
        "partner_id": partner.pk,
        "partner_name": "Kavos namai",
        "environment": "production",
        "scopes": ["read", "write"],
        "shop_id": shop.pk,
    }


def test_missing_and_malformed_headers_are_400_where_credentials_are_validated_and_401_elsewhere(
    partner: Partner,
) -> None:
    validate = "shop/validate-credentials"
    refused(400, "CREDENTIALS_MISSING", 1010, call(None, validate, method="post"))
    refused(401, "CREDENTIALS_MISSING", 1004, call(None))
    new = issue(partner)
    new.credential.key = "abc_" + new.credential.key[4:]
    refused(400, "API_KEY_MALFORMED", 1011, call(new, validate, method="post"))
    refused(401, "API_KEY_MALFORMED", 1011, call(new))


def test_unknown_keys_and_wrong_secrets_are_401(partner: Partner) -> None:
    new = issue(partner)
    refused(401, "API_SECRET_WRONG", 1013, call(new, secret=new.secret[:-1] + ("y" if new.secret[-1] == "x" else "x")))
    new.credential.key = "lty_" + "A" * 22
    refused(401, "API_KEY_UNKNOWN", 1012, call(new))


def test_an_expired_credential_says_so(partner: Partner) -> None:
    new = issue(partner, expires_at=timezone.now() - timedelta(seconds=1))
    refused(401, "CREDENTIALS_EXPIRED", 1014, call(new))


def test_a_revoked_credential_is_unknown_on_the_next_request(partner: Partner) -> None:
    new = issue(partner)
    assert call(new)[0] == 200
    revoke_credential(actor=SYSTEM, credential=new.credential, at=timezone.now(), reason="lost till")
    refused(401, "API_KEY_UNKNOWN", 1012, call(new))


def test_a_staging_key_does_not_work_in_production_and_the_other_way_round(partner: Partner, settings: Any) -> None:
    staging, production = issue(partner, kind="staging"), issue(partner, kind="production")
    refused(401, "API_KEY_UNKNOWN", 1012, call(staging))
    settings.ENVIRONMENT = "staging"
    # What was read of a key is remembered for a second.
    assert call(staging)[0] == 200
    time.sleep(1.01)
    refused(401, "API_KEY_UNKNOWN", 1012, call(production))


def test_a_partner_that_is_not_active_cannot_sell(partner: Partner) -> None:
    new = issue(partner)
    Partner.objects.filter(pk=partner.pk).update(status=PartnerStatus.SUSPENDED)
    refused(403, "PARTNER_NOT_ACTIVE", None, call(new))


def test_while_a_secret_is_rotated_both_work_and_then_only_the_new_one(partner: Partner) -> None:
    old = issue(partner)
    new = rotate_secret(actor=SYSTEM, credential=old.credential, at=timezone.now(), reason="yearly")
    assert call(old)[0] == call(new)[0] == 200
    ApiSecret.objects.filter(expires_at__isnull=False).update(expires_at=timezone.now() - timedelta(seconds=1))
    time.sleep(1.01)
    refused(401, "API_SECRET_WRONG", 1013, call(old))
    assert call(new)[0] == 200


def test_the_database_holds_no_secret(partner: Partner) -> None:
    new = issue(partner)
    row = ApiSecret.objects.get(credential=new.credential)
    assert len(bytes(row.digest)) == 32
    assert new.secret.encode() not in bytes(row.digest)
    assert row.last_four == new.secret[-4:]


def test_a_secret_made_under_an_older_pepper_still_works(partner: Partner, settings: Any) -> None:
    settings.CREDENTIAL_PEPPERS = {"1": "the old pepper of at least some length"}
    new = issue(partner)
    settings.CREDENTIAL_PEPPERS = {**settings.CREDENTIAL_PEPPERS, "2": "the new pepper"}
    assert call(new)[0] == 200
    settings.CREDENTIAL_PEPPERS = {"2": "the new pepper"}
    refused(401, "API_SECRET_WRONG", 1013, call(new))


def test_a_key_with_an_allow_list_works_from_there_only(partner: Partner) -> None:
    new = issue(partner, allowed_addresses=["192.0.2.0/24", "2001:db8::1"])
    refused(403, "IP_NOT_WHITELISTED", None, call(new))
    assert call(new, REMOTE_ADDR="192.0.2.77")[0] == 200
    assert call(new, REMOTE_ADDR="2001:db8::1")[0] == 200
    # A header that anybody can write is no address.
    refused(403, "IP_NOT_WHITELISTED", None, call(new, HTTP_X_FORWARDED_FOR="192.0.2.77"))


def test_a_key_that_may_only_read_cannot_sell(partner: Partner) -> None:
    new = issue(partner, scopes=["read"])
    assert call(new)[0] == 200
    refused(403, "SCOPE_INSUFFICIENT", None, call(new, "shop/transactions/create", method="post", data={}))


def test_a_tills_own_key_reaches_only_its_shop(partner: Partner) -> None:
    mine, other = ShopFactory.create(partner=partner, name="A"), ShopFactory.create(partner=partner, name="B")
    new = issue(partner, shop=mine)
    assert [shop["id"] for shop in call(new)[1]["data"]] == [mine.pk]
    sale = {"order_id": "1", "order_total": 1}
    answer = call(new, "shop/transactions/create", method="post", data={**sale, "shop_id": other.pk})
    refused(403, "STORE_ACCESS_DENIED", None, answer)
    assert call(new, "shop/transactions/create", method="post", data=sale)[0] == 200


def test_the_plan_limits_a_credential_and_the_429_says_when_to_come_back(partner: Partner) -> None:
    plan = Plan.objects.create(code="tiny", name="Tiny", credential_per_minute=3, credential_per_hour=100)
    Partner.objects.filter(pk=partner.pk).update(plan=plan)
    new = issue(partner)
    seen = [call(new) for _ in range(4)]
    assert [status for status, _body, _headers in seen] == [200, 200, 200, 429]
    assert [headers["X-RateLimit-Remaining"] for _status, _body, headers in seen[:3]] == ["99", "98", "97"]
    assert seen[0][2]["X-RateLimit-Limit"] == "100"
    assert seen[0][2]["RateLimit-Policy"] == '"hour";q=100;w=3600, "burst";q=3;w=60'
    _status, body, headers = seen[3]
    assert body["code"] == "QUOTA_EXCEEDED"
    assert body["violated-policies"] == ["burst"]
    assert 1 <= int(headers["Retry-After"]) <= 61


def test_two_credentials_of_one_partner_have_a_limit_each(partner: Partner) -> None:
    plan = Plan.objects.create(code="tiny", name="Tiny", credential_per_minute=1, credential_per_hour=100)
    Partner.objects.filter(pk=partner.pk).update(plan=plan)
    first, second = issue(partner), issue(partner)
    assert [call(first)[0], call(first)[0], call(second)[0]] == [200, 429, 200]


def test_made_up_keys_are_counted_by_address_and_gain_nothing(partner: Partner) -> None:
    new = issue(partner)
    statuses = []
    for number in range(61):
        new.credential.key = f"lty_{number:022}"
        statuses.append(call(new, HTTP_X_FORWARDED_FOR=f"10.0.0.{number}")[0])
    assert statuses == [401] * 60 + [429]


def test_ignored_parameters_are_named_in_a_header(partner: Partner) -> None:
    status, _body, headers = call(issue(partner), "shop/shops?colour=red&per_page=1")
    assert (status, headers["X-Ignored-Parameters"]) == (200, "colour")


def test_the_pulse_is_answered_without_credentials_and_counted_by_nobody() -> None:
    status, body, headers = call(None, "shop/system/health")
    assert (status, body["data"]["status"]) == (200, "ok")
    assert "X-RateLimit-Limit" not in headers


def test_keys_and_secrets_look_like_what_a_scanner_looks_for(partner: Partner) -> None:
    new = issue(partner)
    assert ApiCredential.objects.get(pk=new.credential.pk).key.startswith("lty_")
    assert new.secret.startswith("lts_")
    body, check = new.secret[4:-6], new.secret[-6:]
    assert len(body) == 43
    assert check_digits(body) == check
