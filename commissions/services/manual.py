"""Lines that people make: in an open month, with a reason, taken back only by another line."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from commissions.choices import Component, EntryKind, SourceType
from commissions.errors import CommissionLocked
from commissions.models import CommissionEntry, CommissionPeriod, ManualLine
from commissions.rules.currency import unit_of
from commissions.rules.months import first_day, last_day, posts_in
from commissions.selectors.periods import closed_months, current_month, total_of
from commissions.services.locking import refuse_locked, wait_for_lock
from commissions.services.sync import refuse_future
from loyalty.errors import ResourceAlreadyExists, ResourceNotFound, ValidationFailed
from loyalty.services import audit
from loyalty.services.audit import Actor
from partners.models import Partner


@dataclass(frozen=True, slots=True)
class NewLine:
    """What is asked for: an amount of a component, or `reverses`, the id of the line by hand that is taken back.

    `month` None: this month, or the next one that is open.
    """

    reason: str
    amount: Decimal | None = None
    component: str = Component.PLATFORM
    month: str | None = None
    reverses: int | None = None


@transaction.atomic
def add_line(*, actor: Actor, partner: Partner, new: NewLine, at: datetime) -> CommissionEntry:
    """Post a line by hand.

    Raises CommissionLocked (the partner, or the month), ValidationFailed, ResourceNotFound and ResourceAlreadyExists
    (what is taken back), CommissionSyncRunning.
    """
    wait_for_lock(partner_id=partner.pk)
    refuse_locked(partner_id=partner.pk, at=at)
    month = new.month or posts_in(current_month(partner, at), closed_months(partner=partner))
    if new.month is not None:
        refuse_future(partner=partner, month=month, at=at)
    original = None if new.reverses is None else _original(partner, new.reverses)
    component = new.component if original is None else original.component
    amount = new.amount if original is None else -original.amount
    amount = _checked(partner, new.reason, amount)
    period, _is_new = CommissionPeriod.objects.select_for_update().get_or_create(
        partner=partner, month=month, currency=partner.currency
    )
    if not period.is_open:
        raise CommissionLocked
    why = ManualLine.objects.create(
        partner=partner,
        component=component,
        amount=amount,
        currency=partner.currency,
        reason=new.reason.strip(),
        reverses=original,
        created_at=at,
        actor_kind=actor.kind,
        actor_id=actor.id,
    )
    before = total_of(partner=partner)
    line = _post(period, why, at)
    changes = {"amount": (None, why.amount), "month": (None, month), "total": (before, total_of(partner=partner))}
    audit.record(
        actor=actor,
        action="commission.line_added",
        target=why,
        partner_id=partner.pk,
        changes=changes,
        reason=why.reason,
        at=at,
    )
    return line


def _post(period: CommissionPeriod, why: ManualLine, at: datetime) -> CommissionEntry:
    today = at.astimezone(ZoneInfo(period.partner.time_zone)).date()
    line = CommissionEntry.objects.create(
        partner_id=period.partner_id,
        period=period,
        origin_month=period.month,
        kind=EntryKind.MANUAL,
        component=why.component,
        source_type=SourceType.MANUAL,
        source_id=why.pk,
        local_on=min(max(today, first_day(period.month)), last_day(period.month)),
        base=0,
        amount=why.amount,
        currency=period.currency,
    )
    period.lines += 1
    period.total += why.amount
    period.save()
    return line


def _original(partner: Partner, line_id: int) -> ManualLine:
    line = CommissionEntry.objects.filter(partner=partner, pk=line_id).first()
    if line is None:
        raise ResourceNotFound(errors={"reverses": [_("There is no such line.")]})
    if line.kind != EntryKind.MANUAL:
        raise ValidationFailed(errors={"reverses": [_("Only a line by hand is taken back by hand.")]})
    why = ManualLine.objects.get(pk=line.source_id)
    if ManualLine.objects.filter(reverses=why).exists():
        raise ResourceAlreadyExists(what="reverses", errors={"reverses": [_("This line was taken back already.")]})
    return why


def _checked(partner: Partner, reason: str, amount: Decimal | None) -> Decimal:
    errors: dict[str, list[str]] = {}
    if not reason.strip():
        errors["reason"] = [_("Say why there is this line.")]
    if not amount:
        errors["amount"] = [_("Must not be 0.")]
    elif amount % unit_of(partner.currency):
        text = _("Is finer than the smallest coin of {currency}.").format(currency=partner.currency)
        errors["amount"] = [text]
    if errors or amount is None:
        raise ValidationFailed(errors=errors)
    return amount
