"""Plain records that platform staff keep in the back office: made and changed with an audit row, never deleted."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Model

from loyalty.services import audit
from loyalty.services.audit import Actor

M = TypeVar("M", bound=Model)
UNSEEN = frozenset({"id", "created_at", "updated_at", "token_version", "last_login"})


def partner_named_by(record: Model) -> int | None:
    """The partner that a row belongs to, by its own word."""
    return getattr(record, "partner_id", None)


@transaction.atomic
def create_record(
    *,
    actor: Actor,
    record: M,
    at: datetime,
    partner_of: Callable[[Any], int | None] = partner_named_by,
    personal: Iterable[str] = audit.PERSONAL,
    reason: str = "",
) -> M:
    """Insert a new row and note every value it was made with."""
    record.save(force_insert=True)
    values = _values(record, (field.name for field in record._meta.concrete_fields if field.name not in UNSEEN))
    audit.record(
        actor=actor,
        action=f"{record._meta.model_name}.created",
        target=record,
        partner_id=partner_of(record),
        changes={name: (None, value) for name, value in values.items() if value not in (None, "")},
        personal=personal,
        reason=reason,
        at=at,
    )
    return record


@transaction.atomic
def change_record(
    *,
    actor: Actor,
    record: M,
    fields: Iterable[str],
    at: datetime,
    partner_of: Callable[[Any], int | None] = partner_named_by,
    personal: Iterable[str] = audit.PERSONAL,
    reason: str = "",
) -> M:
    """Write some fields of a row and note what they were just before; the others stay as somebody else left them."""
    names = list(fields)
    stored = type(record)._default_manager.select_for_update().get(pk=record.pk)
    changes = audit.difference(_values(stored, names), _values(record, names))
    if not changes:
        return record
    touched = {field.name for field in record._meta.concrete_fields if getattr(field, "auto_now", False)}
    record.save(update_fields=[*changes, *touched])
    audit.record(
        actor=actor,
        action=f"{record._meta.model_name}.updated",
        target=record,
        partner_id=partner_of(record),
        changes=changes,
        personal=personal,
        reason=reason,
        at=at,
    )
    return record


@transaction.atomic
def set_links(
    *,
    actor: Actor,
    record: Model,
    field: str,
    targets: Iterable[Model],
    at: datetime,
    partner_of: Callable[[Any], int | None] = partner_named_by,
    reason: str = "",
) -> None:
    """Make a many-to-many field name exactly these rows."""
    type(record)._default_manager.select_for_update().get(pk=record.pk)
    links = getattr(record, field)
    before = sorted(links.values_list("pk", flat=True))
    after = sorted({target.pk for target in targets})
    if before == after:
        return
    links.set(after)
    audit.record(
        actor=actor,
        action=f"{record._meta.model_name}.updated",
        target=record,
        partner_id=partner_of(record),
        changes={field: (before, after)},
        reason=reason,
        at=at,
    )


def _values(record: Model, names: Iterable[str]) -> dict[str, object]:
    """Stored values: of a foreign key its number, so that nothing is fetched for it."""
    return {name: getattr(record, record._meta.get_field(name).attname) for name in names}  # type: ignore[union-attr]
