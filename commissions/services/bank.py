"""Changing where a partner's money goes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from commissions.models import BankDetails
from commissions.rules.bank import LENGTHS, compact, iban_fault, is_bic
from loyalty.errors import ValidationFailed
from loyalty.services import audit
from loyalty.services.audit import Actor
from partners.models import Partner

FIELDS = ("account_holder", "iban", "bic", "provider_account", "provider_customer")


@dataclass(frozen=True, slots=True)
class NewBankDetails:
    """The whole of it, as somebody wrote it."""

    account_holder: str
    iban: str
    bic: str = ""
    provider_account: str = ""
    provider_customer: str = ""


@transaction.atomic
def set_bank_details(
    *, actor: Actor, partner: Partner, data: NewBankDetails, reason: str = "", at: datetime
) -> BankDetails:
    """Make a partner's account what is said; the same again changes nothing.

    The audit trail tells which fields changed, never to what. Raises ValidationFailed.
    """
    wanted = check_bank_details(data)
    Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
    details = BankDetails.objects.filter(partner=partner).first()
    before = audit.snapshot(details, FIELDS) if details else dict.fromkeys(FIELDS, "")
    if before == wanted and details is not None:
        return details
    details = details or BankDetails(partner=partner)
    for name, value in wanted.items():
        setattr(details, name, value)
    details.updated_at, details.updated_by = at, str(actor)
    details.save()
    audit.record(
        actor=actor,
        action="commission.bank_details_changed",
        target=details,
        partner_id=partner.pk,
        changes=audit.difference(before, wanted),
        personal=FIELDS,
        reason=reason,
        at=at,
    )
    return details


def check_bank_details(data: NewBankDetails) -> Mapping[str, str]:
    """An account as it would be stored. Raises ValidationFailed."""
    wanted = {
        "account_holder": " ".join(data.account_holder.split()),
        "iban": compact(data.iban),
        "bic": compact(data.bic),
        "provider_account": data.provider_account.strip(),
        "provider_customer": data.provider_customer.strip(),
    }
    errors: dict[str, list[str]] = {}
    if not wanted["account_holder"]:
        errors["account_holder"] = [_("Say whose account it is.")]
    if fault := iban_fault(wanted["iban"]):
        errors["iban"] = [_iban_sentence(fault, wanted["iban"])]
    if wanted["bic"] and not is_bic(wanted["bic"]):
        errors["bic"] = [_("Must be a BIC of 8 or 11 letters and digits, such as HABALT22.")]
    if errors:
        raise ValidationFailed(errors=errors)
    return wanted


def _iban_sentence(fault: str, iban: str) -> str:
    country = iban[:2]
    match fault:
        case "country":
            return _("No country has IBANs that begin with {country}.").format(country=country)
        case "length":
            text = _("An IBAN of {country} has {wanted} characters, this one has {given}.")
            return text.format(country=country, wanted=LENGTHS[country], given=len(iban))
        case "check":
            return _("The check digits do not fit: there is a typing mistake in it.")
    return _("Must be an IBAN such as LT12 1000 0111 0100 1000.")
