"""Writing the audit trail. Every service that changes something calls `record` in its own transaction."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Model
from django.utils import timezone

from loyalty.context import request_id
from loyalty.models import AuditEvent
from loyalty.services.standing import BEHIND_TOKENS, announce_change


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it: `staff` (id of the staff member), `admin` or `user` (id of the user), `credential`, `person`,
    `customer`, `anonymous` or `system`.
    """

    kind: str
    id: int | None = None

    def __str__(self) -> str:
        return self.kind if self.id is None else f"{self.kind}:{self.id}"


SYSTEM = Actor("system")
PERSONAL = frozenset(
    {"name", "email", "phone", "contact_email", "contact_phone", "external_id", "password", "birthday", "address"}
)


def record(
    *,
    actor: Actor,
    action: str,
    target: Model,
    partner_id: int | None = None,
    changes: Mapping[str, tuple[Any, Any]] | None = None,
    personal: Iterable[str] = PERSONAL,
    reason: str = "",
    at: datetime | None = None,
) -> AuditEvent:
    """Note one change. `changes` is `{field: (before, after)}`; personal fields are fingerprinted.

    Every change passes here, so this is also where those who remember staff tokens hear of one that concerns them.
    """
    hidden = frozenset(personal)
    if target._meta.label in BEHIND_TOKENS:
        announce_change()
    return AuditEvent.objects.create(
        at=at or timezone.now(),
        actor_kind=actor.kind,
        actor_id=actor.id,
        partner_id=partner_id,
        action=action,
        target_type=target._meta.label_lower,
        target_id=str(target.pk),
        changes={
            field: [_shown(field, before, hidden), _shown(field, after, hidden)]
            for field, (before, after) in (changes or {}).items()
        },
        reason=reason,
        request_id=request_id(),
    )


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The fields of `after` whose values differ from `before`."""
    return {field: (before.get(field), value) for field, value in after.items() if before.get(field) != value}


def snapshot(instance: Model, fields: Iterable[str]) -> dict[str, Any]:
    """The present values of some fields, to compare with later."""
    return {field: getattr(instance, field) for field in fields}


def _shown(field: str, value: Any, hidden: frozenset[str]) -> Any:
    if value is None or value == "":
        return value
    if field in hidden:
        key = settings.AUDIT_FINGERPRINT_KEY.encode()
        return "#" + hmac.new(key, str(value).encode(), hashlib.sha256).hexdigest()[:16]
    if isinstance(value, Decimal | datetime | date):
        return str(value)
    if isinstance(value, Model):
        return value.pk
    if isinstance(value, str | int | float | bool | list | dict):
        return value
    return str(value)
