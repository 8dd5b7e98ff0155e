"""Who stands behind a token or a pair of API headers, as they are at this moment."""

import hmac
import ipaddress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.postgres.aggregates import ArrayAgg
from django.db import connection

from loyalty.database.prepared import fetch_row
from loyalty.errors import InvalidToken
from loyalty.limits.limiter import Limits
from loyalty.models import User
from loyalty.services.tokens import PARTNER_REALM, AccessClaims
from partners.errors import (
    AddressNotAllowed,
    ApiKeyMalformed,
    ApiKeyUnknown,
    ApiSecretWrong,
    CredentialsExpired,
    CredentialsMissing,
    PartnerNotActive,
)
from partners.models import ApiCredential, Partner, Plan, StaffMember
from partners.rules import secrets
from partners.rules.capabilities import capabilities_of_staff
from partners.selectors.rows import columns_of, read_instance

REMEMBERED = 4_096


@dataclass(frozen=True, slots=True)
class CredentialAccess:
    """A credential with all that checking a request needs: it can be remembered for a moment and checked again."""

    credential: ApiCredential
    partner: Partner
    # (digest, pepper version, expires at) of every secret
    secrets: tuple[tuple[bytes, str, datetime | None], ...]

    @property
    def limits(self) -> Limits:
        plan = self.partner.plan
        return Limits(per_hour=plan.credential_per_hour, per_minute=plan.credential_per_minute)

    @property
    def shop_ids(self) -> frozenset[int] | None:
        """The only shops in reach; None means all of the partner's."""
        shop = self.credential.shop_id
        return None if shop is None else frozenset({shop})


def read_key(key: str | None, secret: str | None) -> tuple[str, str]:
    """The two headers, well-formed. Raises CredentialsMissing or ApiKeyMalformed."""
    if not key or not secret:
        raise CredentialsMissing
    if not key.startswith(secrets.KEY_PREFIX) or len(key) > 64 or not key.isascii():
        raise ApiKeyMalformed
    return key, secret


def get_credential(key: str) -> CredentialAccess:
    """The credential of a public key. Raises ApiKeyUnknown; a revoked one is as good as unknown."""
    credential = (
        ApiCredential.objects.select_related("partner", "partner__plan")
        .annotate(
            secret_digests=ArrayAgg("secrets__digest", order_by="secrets__id"),
            secret_peppers=ArrayAgg("secrets__pepper_version", order_by="secrets__id"),
            secret_expiries=ArrayAgg("secrets__expires_at", order_by="secrets__id"),
        )
        .filter(key=key, revoked_at=None)
        .first()
    )
    if credential is None or credential.kind != settings.ENVIRONMENT:
        raise ApiKeyUnknown
    digests, peppers, expiries = credential.secret_digests, credential.secret_peppers, credential.secret_expiries
    found = [
        (bytes(digest), version, expiry)
        for digest, version, expiry in zip(digests, peppers, expiries, strict=True)
        if digest
    ]
    return CredentialAccess(credential, credential.partner, tuple(found))


def check_credential(access: CredentialAccess, *, secret: str, address: str | None, at: datetime) -> None:
    """Raises what is wrong with using this credential now, with this secret, from this address."""
    credential = access.credential
    if not any(
        (expires is None or expires > at) and _is_secret(secret, digest, version)
        for digest, version, expires in access.secrets
    ):
        raise ApiSecretWrong
    if credential.expires_at is not None and credential.expires_at <= at:
        raise CredentialsExpired
    if credential.allowed_addresses and not _is_allowed(address, credential.allowed_addresses):
        raise AddressNotAllowed
    if not access.partner.is_active:
        raise PartnerNotActive


def _is_secret(secret: str, digest: bytes, version: str) -> bool:
    pepper = settings.CREDENTIAL_PEPPERS.get(version)
    return pepper is not None and hmac.compare_digest(secrets.digest(secret, pepper), digest)


def _is_allowed(address: str | None, networks: list[str]) -> bool:
    try:
        caller = ipaddress.ip_address(address or "")
    except ValueError:
        return False
    return any(caller in ipaddress.ip_network(network, strict=False) for network in networks)


@dataclass(frozen=True, slots=True)
class StaffAccess:
    """A staff member with the shops in reach (None: all)."""

    staff: StaffMember
    partner: Partner
    shop_ids: frozenset[int] | None

    @property
    def limits(self) -> Limits:
        plan = self.partner.plan
        return Limits(per_hour=plan.staff_per_hour, per_minute=plan.staff_per_minute)


_STAFF = f"""
SELECT {columns_of(StaffMember, "m")}, {columns_of(User, "u")}, {columns_of(Partner, "p")}, {columns_of(Plan, "l")},
       partners_staff_version(s.id, s.user_id, s.partner_id, s.realm, s.token_version),
       ARRAY(SELECT w.shop_id FROM partners_staffshop w WHERE w.staff_id = m.id)
FROM loyalty_loginsession s
JOIN loyalty_user u ON u.id = s.user_id
JOIN partners_staffmember m ON m.user_id = s.user_id AND m.partner_id = s.partner_id
JOIN partners_partner p ON p.id = s.partner_id
JOIN partners_plan l ON l.id = p.plan_id
WHERE s.id = %s AND s.user_id = %s AND s.partner_id = %s AND s.realm = %s AND s.revoked_at IS NULL
  AND s.token_version = %s AND u.token_version = s.token_version AND u.is_active AND m.is_active
"""


def get_staff_access(claims: AccessClaims) -> StaffAccess:
    """The staff member behind a partner token, in one query: a change bites on the next request.

    Raises InvalidToken when the session, the user or the job has ended, PartnerNotActive when the partner's
    state leaves them nothing to do.
    """
    return _read_staff(claims)[1]


_remembered: dict[AccessClaims, tuple[str, StaffAccess]] = {}


def recall_staff_access(claims: AccessClaims) -> StaffAccess:
    """The same for calls that change nothing: what is remembered, if every row behind it is still the same row.

    The database is asked on every call all the same; only its answer is short. Nobody may change the objects.
    """
    known = _remembered.get(claims)
    if known is not None and known[0] == _version(claims):
        return known[1]
    if len(_remembered) >= REMEMBERED:
        _remembered.clear()
    fresh = _read_staff(claims)
    _remembered[claims] = fresh
    return fresh[1]


def _claimed(claims: AccessClaims) -> tuple[Any, ...]:
    return (claims.session_id, claims.subject_id, claims.partner_id, PARTNER_REALM, claims.token_version)


def _version(claims: AccessClaims) -> str | None:
    row = fetch_row("SELECT partners_staff_version(%s, %s, %s, %s, %s)", _claimed(claims))
    return None if row is None else row[0]


def _read_staff(claims: AccessClaims) -> tuple[str, StaffAccess]:
    with connection.cursor() as cursor:
        cursor.execute(_STAFF, _claimed(claims))
        row = cursor.fetchone()
    if row is None:
        raise InvalidToken
    values = iter(row)
    staff, user = read_instance(StaffMember, values), read_instance(User, values)
    partner, plan = read_instance(Partner, values), read_instance(Plan, values)
    partner.plan, staff.user, staff.partner = plan, user, partner
    if not capabilities_of_staff(staff.role, partner.status):
        raise PartnerNotActive
    version, shop_ids = row[-2:]
    return version, StaffAccess(staff, partner, reach_of(staff.role, shop_ids))


def reach_of(role: str, shop_ids: list[int]) -> frozenset[int] | None:
    """Only managers and cashiers can be limited to shops, and only by naming some."""
    return frozenset(shop_ids) if shop_ids and role in {"manager", "cashier"} else None
