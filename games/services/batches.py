"""Many coupon codes at once, for print or for a mailing; nobody owns them until one is used."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from django.db import transaction
from django.utils.translation import gettext as _
from psycopg.errors import UniqueViolation

from games.choices import CouponStatus
from games.models import BatchShop, Coupon, CouponBatch
from games.rules.codes import new_codes
from games.rules.rewards import Reward, changed_reward, reward_faults, reward_of
from ledger.services.bulk_load import copy_rows
from loyalty.errors import ValidationFailed
from loyalty.services import audit
from loyalty.services.audit import Actor
from loyalty.services.jobs import start_after_commit
from partners.models import Partner
from partners.selectors.shops import check_shops, check_whole_partner

MOST = 1_000_000
# So many are made while the caller waits.
AT_ONCE = 1_000
CHUNK = 10_000
TRIES = 5
COLUMNS = (
    *("partner_id", "code", "qr_value", "status", "title", "batch_id", "is_exclusive", "points_spent", "issued_at"),
    *("expires_at", "redeemed_actor_kind", "redemption_reference", "notes"),
    *("reward_type", "reward_value", "reward_points", "reward_product_name", "minimum_purchase", "maximum_discount"),
)


@dataclass(frozen=True, slots=True)
class NewBatch:
    """What is to be made."""

    name: str
    quantity: int
    reward: Reward
    title: str | Mapping[str, str] = ""
    expires_at: datetime | None = None
    shop_ids: tuple[int, ...] = field(default=())


def create_batch(
    *,
    actor: Actor,
    partner: Partner,
    new: NewBatch,
    reach: frozenset[int] | None,
    at: datetime,
    is_job_started: bool = True,
) -> CouponBatch:
    """Order codes: a small batch is made at once, a large one by a job whose progress the batch shows.

    Raises ValidationFailed, ResourceNotFound and StoreAccessDenied (shops).
    """
    _check(partner, new, reach, at)
    with transaction.atomic():
        batch = CouponBatch.objects.create(
            partner=partner,
            name=new.name,
            title=new.title or new.name,
            quantity=new.quantity,
            expires_at=new.expires_at,
            created_at=at,
            # What another type of reward would need is left out.
            **changed_reward(new.reward, {}).columns(),
        )
        BatchShop.objects.bulk_create([BatchShop(batch=batch, shop_id=shop_id) for shop_id in sorted({*new.shop_ids})])
        audit.record(
            actor=actor,
            action="couponbatch.created",
            target=batch,
            partner_id=partner.pk,
            changes={"quantity": (None, new.quantity), "reward_type": (None, new.reward.type)},
            at=at,
        )
        if new.quantity <= AT_ONCE:
            make_codes(batch_id=batch.pk, at=at)
        elif is_job_started:
            start_after_commit("games.make_batch_codes", batch_id=batch.pk)
    batch.refresh_from_db()
    return batch


def make_codes(*, batch_id: int, at: datetime) -> int:
    """Make what is missing of a batch, in parts that are each committed; says how many.

    Safe to run twice, even at once: the batch is locked for each part.
    """
    made = 0
    while count := _make_part(batch_id, at):
        made += count
    return made


def _check(partner: Partner, new: NewBatch, reach: frozenset[int] | None, at: datetime) -> None:
    faults: dict[str, list[Any]] = {name: [text] for name, text in reward_faults(new.reward).items()}
    if not 1 <= new.quantity <= MOST:
        faults["quantity"] = [_("Must be between {least} and {most}.").format(least=1, most=MOST)]
    if new.reward.maximum_discount == 0:
        faults["maximum_discount"] = [_("Must be more than 0, or null for no limit.")]
    if new.expires_at is not None and new.expires_at <= at:
        faults["expires_at"] = [_("Must be in the future.")]
    if faults:
        raise ValidationFailed(errors=faults)
    if reach is not None and not new.shop_ids:
        text = _("You are limited to shops: name those where the codes are valid.")
        raise ValidationFailed(errors={"shop_ids": [text]})
    if new.shop_ids:
        check_shops(partner=partner, shop_ids=new.shop_ids, reach=reach, field="shop_ids")


def _make_part(batch_id: int, at: datetime) -> int:
    for _try in range(TRIES):
        try:
            return _copy_part(batch_id, at)
        except UniqueViolation as error:
            # One of the codes exists already: another draw.
            if error.diag.constraint_name not in {"coupon_code_unique", "coupon_qr_unique"}:
                raise
    raise RuntimeError("no free coupon codes in several draws of 59 bits")


@transaction.atomic
def _copy_part(batch_id: int, at: datetime) -> int:
    batch = CouponBatch.objects.select_for_update(of=("self",)).get(pk=batch_id)
    count = min(CHUNK, batch.quantity - batch.made)
    if count == 0:
        return 0
    copy_rows(table=Coupon._meta.db_table, columns=COLUMNS, rows=_rows(batch, count, at))
    batch.made += count
    if batch.made == batch.quantity:
        batch.completed_at = at
    batch.save(update_fields=["made", "completed_at"])
    return count


def _rows(batch: CouponBatch, count: int, at: datetime) -> Iterable[tuple[Any, ...]]:
    reward, title = reward_of(batch), orjson.dumps(batch.title).decode()
    what = tuple(reward.columns().values())
    expires_at = batch.expires_at
    for code in new_codes(count):
        yield (
            *(batch.partner_id, code, uuid.uuid4(), CouponStatus.ACTIVE.value, title, batch.pk, False, 0, at),
            *(expires_at, "", "", ""),
            *what,
        )


def note_export(
    *, actor: Actor, batch: CouponBatch, at: datetime, reach: frozenset[int] | None = None, reason: str = ""
) -> None:
    """Codes are as good as money: who took them out is written down.

    Raises StoreAccessDenied where they are valid beyond `reach`.
    """
    shop_ids = {shop.pk for shop in batch.shops.all()}
    if not shop_ids:
        check_whole_partner(reach=reach)
    check_shops(partner=batch.partner, shop_ids=shop_ids, reach=reach, field="shop_ids")
    audit.record(
        actor=actor,
        action="couponbatch.exported",
        target=batch,
        partner_id=batch.partner_id,
        changes={"codes": (None, batch.made)},
        reason=reason,
        at=at,
    )
