"""API credentials: issue, rotate, revoke. A secret leaves this module once and is never stored."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from loyalty.limits import limiter
from loyalty.services import audit
from loyalty.services.audit import Actor
from partners.models import ApiCredential, ApiSecret, Partner, Shop
from partners.rules import secrets

ROTATION_OVERLAP = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A credential with the only copy of its new secret."""

    credential: ApiCredential
    secret: str


def _add_secret(credential: ApiCredential, at: datetime) -> str:
    secret = secrets.new_secret()
    version, pepper = list(settings.CREDENTIAL_PEPPERS.items())[-1]
    ApiSecret.objects.create(
        credential=credential,
        digest=secrets.digest(secret, pepper),
        pepper_version=version,
        last_four=secret[-4:],
        created_at=at,
    )
    return secret


@transaction.atomic
def issue_credential(
    *, actor: Actor, partner: Partner, name: str, at: datetime, shop: Shop | None = None, **options: Any
) -> NewSecret:
    """A new key with its first secret. `options` are further fields of ApiCredential (kind, scopes, expires_at …)."""
    credential = ApiCredential.objects.create(
        partner=partner, name=name, key=secrets.new_key(), shop=shop, **{"kind": settings.ENVIRONMENT, **options}
    )
    secret = _add_secret(credential, at)
    audit.record(
        actor=actor,
        action="credential.issued",
        target=credential,
        partner_id=partner.pk,
        changes={"kind": (None, credential.kind), "scopes": (None, credential.scopes)},
        at=at,
    )
    return NewSecret(credential, secret)


@transaction.atomic
def rotate_secret(*, actor: Actor, credential: ApiCredential, at: datetime, reason: str = "") -> NewSecret:
    """A new secret; the earlier ones work for another 24 hours, so that no till fails while it is changed."""
    ApiCredential.objects.select_for_update().get(pk=credential.pk)
    credential.secrets.filter(expires_at=None).update(expires_at=at + ROTATION_OVERLAP)
    credential.secrets.filter(expires_at__gt=at + ROTATION_OVERLAP).update(expires_at=at + ROTATION_OVERLAP)
    secret = _add_secret(credential, at)
    audit.record(
        actor=actor,
        action="credential.rotated",
        target=credential,
        partner_id=credential.partner_id,
        reason=reason,
        at=at,
    )
    transaction.on_commit(lambda: limiter.bump(generation_key(credential.key)))
    return NewSecret(credential, secret)


@transaction.atomic
def revoke_credential(*, actor: Actor, credential: ApiCredential, at: datetime, reason: str = "") -> ApiCredential:
    """Stop a credential for good; revoking twice changes nothing."""
    credential = ApiCredential.objects.select_for_update().get(pk=credential.pk)
    if credential.revoked_at is None:
        credential.revoked_at = at
        credential.save(update_fields=["revoked_at"])
        audit.record(
            actor=actor,
            action="credential.revoked",
            target=credential,
            partner_id=credential.partner_id,
            changes={"revoked_at": (None, at)},
            reason=reason,
            at=at,
        )
    transaction.on_commit(lambda: limiter.bump(generation_key(credential.key)))
    return credential


def announce_credentials(*, partner: Partner) -> None:
    """Have every process ask again about every key of a partner, once this transaction is committed.

    What is remembered of a key holds its partner's state and plan.
    """
    keys = list(ApiCredential.objects.filter(partner=partner, revoked_at=None).values_list("key", flat=True))
    transaction.on_commit(lambda: [limiter.bump(generation_key(key)) for key in keys])


def generation_key(key: str) -> str:
    """The counter that tells every process to forget what it remembers of a key."""
    return f"credential:{key}"
