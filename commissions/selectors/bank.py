"""Whose account is whose."""

from dataclasses import dataclass

from django.conf import settings

from commissions.models import BankDetails
from commissions.rules.bank import compact, iban_fault, is_bic
from partners.models import Partner


@dataclass(frozen=True, slots=True)
class Account:
    """A bank account that money is sent from or to."""

    holder: str
    iban: str
    bic: str


def get_bank_details(*, partner: Partner) -> BankDetails | None:
    """A partner's account; None: nobody has entered it."""
    return BankDetails.objects.filter(partner=partner).first()


def get_platform_account() -> Account | None:
    """The account of this deployment (PLATFORM_ACCOUNT_HOLDER, PLATFORM_IBAN, PLATFORM_BIC); None: unset or wrong."""
    holder, bic = settings.PAYMENTS["HOLDER"].strip(), compact(settings.PAYMENTS["BIC"])
    iban = compact(settings.PAYMENTS["IBAN"])
    if not holder or iban_fault(iban) or (bic and not is_bic(bic)):
        return None
    return Account(holder, iban, bic)
