"""What is changed about a partner: by its own owners, and by the platform."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from loyalty.errors import ValidationFailed
from loyalty.services import audit
from loyalty.services.audit import Actor
from partners.errors import CurrencyFixed
from partners.models import Partner
from partners.rules.profile import normal_phone
from partners.selectors.profile import PartnerProfile, get_profile, has_sales, is_time_zone
from partners.services.credentials import announce_credentials
from partners.services.tree import place_in_tree, plan_of

# Nothing else is a partner's own to say: status, plan, checks, legal name and family are the platform's.
OWN_FIELDS = frozenset(
    {
        *("name", "description", "contact_email", "contact_phone", "website", "logo_url"),
        *("time_zone", "currency", "default_language", "languages"),
        *("earn_basis", "enrol_unknown_emails", "attach_receipt_days", "levels"),
    }
)
# `plan` is a plan's code. The state is `change_status`'s, what papers say is `services.verification`'s.
PLATFORM_FIELDS = OWN_FIELDS | {"legal_name", "registration_code", "country", "kind", "plan", "parent_id"}
PERSONAL = ("contact_email", "contact_phone")


@transaction.atomic
def update_profile(*, actor: Actor, partner: Partner, data: Mapping[str, Any], at: datetime) -> PartnerProfile:
    """Change some of OWN_FIELDS; unknown ones are a mistake of the caller (KeyError).

    Raises CurrencyFixed once there are sales, ValidationFailed where fields do not fit each other.
    """
    if unknown := set(data) - OWN_FIELDS:
        raise KeyError(*sorted(unknown))
    _change(actor, partner, data, at, within="settings.")
    return get_profile(partner)


@transaction.atomic
def update_partner(
    *, actor: Actor, partner: Partner, data: Mapping[str, Any], at: datetime, reason: str = ""
) -> PartnerProfile:
    """The same for the platform, which may change PLATFORM_FIELDS.

    Raises CurrencyFixed, ValidationFailed, and ResourceNotFound for a partner above that does not exist.
    """
    if unknown := set(data) - PLATFORM_FIELDS:
        raise KeyError(*sorted(unknown))
    values = dict(data)
    if "plan" in values:
        values["plan_id"] = plan_of(values.pop("plan")).pk
    if {"kind", "parent_id"} & set(values):
        place_in_tree(partner=partner, values=values)
    if "plan_id" in _change(actor, partner, values, at, reason=reason):
        announce_credentials(partner=partner)
    return get_profile(partner)


def _change(
    actor: Actor, partner: Partner, data: Mapping[str, Any], at: datetime, *, within: str = "", reason: str = ""
) -> dict[str, Any]:
    # Sales insert rows that refer to the partner. The weaker lock lets them pass; a new currency has to keep them out
    # until it is certain that there are none.
    locked = Partner.objects.select_for_update(no_key="currency" not in data).get(pk=partner.pk)
    values = checked_fields(locked, data, within=within)
    before = audit.snapshot(locked, values)
    for field, value in values.items():
        setattr(locked, field, value)
    changes = audit.difference(before, audit.snapshot(locked, values))
    if "currency" in changes and has_sales(locked):
        raise CurrencyFixed(errors={f"{within}currency": [CurrencyFixed.template]})
    if changes:
        locked.save(update_fields=[*(name.removesuffix("_id") for name in changes), "updated_at"])
        audit.record(
            actor=actor,
            action="partner.updated",
            target=locked,
            partner_id=locked.pk,
            changes=changes,
            personal=PERSONAL,
            reason=reason,
            at=at,
        )
    return changes


def checked_fields(partner: Partner, data: Mapping[str, Any], *, within: str = "") -> dict[str, Any]:
    """The values as they are stored, checked against what stays as it is; `within` is where errors are named."""
    values = dict(data)
    if phone := values.get("contact_phone"):
        values["contact_phone"] = normal_phone(phone, values.get("country", partner.country))
        if values["contact_phone"] is None:
            raise ValidationFailed(errors={"contact_phone": [_("This is no valid phone number; send +370…")]})
    if "time_zone" in values and not is_time_zone(values["time_zone"]):
        raise ValidationFailed(errors={f"{within}time_zone": [_("Unknown time zone, for example Europe/Vilnius.")]})
    if values.get("default_language", partner.default_language) not in values.get("languages", partner.languages):
        raise ValidationFailed(
            errors={f"{within}default_language": [_("The default language must be one of the languages.")]}
        )
    return values
