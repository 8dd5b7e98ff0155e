"""What a partner changes about itself."""

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
from partners.selectors.profile import PartnerProfile, get_profile, has_sales

# Nothing else is a partner's own to say: status, plan, checks, legal name and family are the platform's.
OWN_FIELDS = frozenset(
    {
        *("name", "description", "contact_email", "contact_phone", "website", "logo_url"),
        *("time_zone", "currency", "default_language", "languages"),
        *("earn_basis", "enrol_unknown_emails", "attach_receipt_days", "levels"),
    }
)
PERSONAL = ("contact_email", "contact_phone")


@transaction.atomic
def update_profile(*, actor: Actor, partner: Partner, data: Mapping[str, Any], at: datetime) -> PartnerProfile:
    """Change some of OWN_FIELDS; unknown ones are a mistake of the caller (KeyError).

    Raises CurrencyFixed once there are sales, ValidationFailed where fields do not fit each other.
    """
    if unknown := set(data) - OWN_FIELDS:
        raise KeyError(*sorted(unknown))
    # Sales insert rows that refer to the partner. The weaker lock lets them pass; a new currency has to keep them out
    # until it is certain that there are none.
    locked = Partner.objects.select_for_update(no_key="currency" not in data).get(pk=partner.pk)
    before = audit.snapshot(locked, data)
    for field, value in _checked(locked, data).items():
        setattr(locked, field, value)
    changes = audit.difference(before, audit.snapshot(locked, data))
    if "currency" in changes and has_sales(locked):
        raise CurrencyFixed(errors={"settings.currency": [CurrencyFixed.template]})
    if changes:
        locked.save(update_fields=[*changes, "updated_at"])
        audit.record(
            actor=actor,
            action="partner.updated",
            target=locked,
            partner_id=locked.pk,
            changes=changes,
            personal=PERSONAL,
            at=at,
        )
    return get_profile(locked)


def _checked(partner: Partner, data: Mapping[str, Any]) -> dict[str, Any]:
    """The values as they are stored, checked against what stays as it is."""
    values = dict(data)
    if phone := values.get("contact_phone"):
        values["contact_phone"] = normal_phone(phone, partner.country)
        if values["contact_phone"] is None:
            raise ValidationFailed(errors={"contact_phone": [_("This is no valid phone number; send +370…")]})
    if values.get("default_language", partner.default_language) not in values.get("languages", partner.languages):
        raise ValidationFailed(
            errors={"settings.default_language": [_("The default language must be one of the languages.")]}
        )
    return values
