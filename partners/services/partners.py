"""A new partner with all it needs to begin: its first shop, its owner, its first key. All of it or nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from loyalty import events
from loyalty.errors import ValidationFailed
from loyalty.services.audit import Actor
from loyalty.services.records import create_record
from partners.choices import PartnerStatus, StaffRole
from partners.events import PartnerCreated
from partners.models import Partner, Shop, StaffMember
from partners.rules.lifecycle import INITIAL
from partners.services.credentials import NewSecret, issue_credential
from partners.services.profile import PERSONAL, PLATFORM_FIELDS, checked_fields
from partners.services.shops import create_shop
from partners.services.staff import invite_staff
from partners.services.tree import place_in_tree, plan_of

DEFAULT_PLAN = "starter"


@dataclass(frozen=True, slots=True)
class NewPartner:
    """What was made; `secret` is the only copy of the first key's secret."""

    partner: Partner
    shop: Shop | None
    owner: StaffMember | None
    secret: NewSecret | None


@transaction.atomic
def create_partner(
    *,
    actor: Actor,
    data: Mapping[str, Any],
    at: datetime,
    status: str = PartnerStatus.ACTIVE,
    shop: Mapping[str, Any] | None = None,
    owner: Mapping[str, Any] | None = None,
    with_credentials: bool = False,
    reason: str = "",
) -> NewPartner:
    """Make a partner of PLATFORM_FIELDS; `shop` holds fields of a Shop, `owner` an e-mail, a name and a language.

    Raises ValidationFailed, or ResourceNotFound for a partner above that does not exist.
    """
    if unknown := set(data) - PLATFORM_FIELDS:
        raise KeyError(*sorted(unknown))
    if status not in INITIAL:
        text = _("A new partner is one of: {states}.").format(states=", ".join(INITIAL))
        raise ValidationFailed(errors={"status": [text]})
    values = _with_languages(dict(data))
    plan = plan_of(values.pop("plan", None) or DEFAULT_PLAN)
    place_in_tree(partner=None, values=values)
    partner = Partner(plan=plan, status=status, status_changed_at=at)
    for name, value in checked_fields(partner, values).items():
        setattr(partner, name, value)
    create_record(actor=actor, record=partner, at=at, partner_of=lambda made: made.pk, personal=PERSONAL, reason=reason)
    shared: dict[str, Any] = {"actor": actor, "partner": partner, "at": at}
    made = NewPartner(
        partner=partner,
        shop=None if shop is None else create_shop(data=shop, within="shop.", **shared),
        owner=None if owner is None else invite_staff(role=StaffRole.OWNER, within="owner.", **owner, **shared),
        secret=issue_credential(name=str(_("First key")), **shared) if with_credentials else None,
    )
    events.publish(PartnerCreated(partner_id=partner.pk, status=partner.status, at=at))
    return made


def _with_languages(values: dict[str, Any]) -> dict[str, Any]:
    """Of the languages and the first of them, what was not said follows from what was."""
    languages, default = values.get("languages"), values.get("default_language")
    if languages and default is None:
        values["default_language"] = languages[0]
    elif default and languages is None:
        values["languages"] = [default, *(code for code in ("lt", "en") if code != default)]
    return values
