"""Where a partner's money goes: `/{locale}/admin/partners/{id}/commission/bank-details`."""

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from commissions.api import examples
from commissions.models import BankDetails
from commissions.rules.bank import masked
from commissions.selectors.bank import get_bank_details
from commissions.services.bank import NewBankDetails, set_bank_details
from loyalty.api import envelope
from loyalty.api.schema import document
from loyalty.errors import ValidationFailed
from partners.api.admin.base import AdminPartnerViewSet
from partners.errors import InsufficientPartnerPermissions, PartnerNotFound

REFUSED = (InsufficientPartnerPermissions, PartnerNotFound)


class BankDetailsForm(serializers.Serializer):
    """The whole of it: what is left out is empty afterwards."""

    account_holder = serializers.CharField(max_length=70)
    iban = serializers.CharField(max_length=50, help_text="With or without spaces.")
    bic = serializers.CharField(max_length=20, required=False, allow_blank=True, allow_null=True)
    provider_account = serializers.CharField(
        max_length=64, required=False, allow_blank=True, allow_null=True, help_text="Payouts go there."
    )
    provider_customer = serializers.CharField(
        max_length=64, required=False, allow_blank=True, allow_null=True, help_text="Invoices are charged there."
    )


class BankDetailsAnswer(serializers.Serializer):
    """Everything is null where nobody has entered an account yet."""

    partner_id = serializers.IntegerField()
    account_holder = serializers.CharField(allow_null=True)
    iban = serializers.CharField(allow_null=True)
    iban_masked = serializers.CharField(allow_null=True)
    bic = serializers.CharField(allow_null=True)
    provider_account = serializers.CharField(allow_null=True)
    provider_customer = serializers.CharField(allow_null=True)
    updated_at = serializers.DateTimeField(allow_null=True)


def present_bank_details(partner_id: int, details: BankDetails | None) -> dict[str, object]:
    """An account as it is answered."""
    row = details or BankDetails(partner_id=partner_id)
    texts = ("account_holder", "iban", "bic", "provider_account", "provider_customer")
    shown = {name: getattr(row, name) or None for name in texts}
    shown |= {"partner_id": partner_id, "iban_masked": masked(row.iban) or None, "updated_at": row.updated_at}
    return dict(BankDetailsAnswer(shown).data)


class BankDetailsViewSet(AdminPartnerViewSet):
    """One partner's account."""

    capabilities = {"bank_details": "admin", "set_bank_details": "admin"}
    rights = {
        "bank_details": "commissions.view_bankdetails",
        "set_bank_details": ("commissions.add_bankdetails", "commissions.change_bankdetails"),
    }

    @document(
        "A partner's bank details",
        answer=BankDetailsAnswer,
        raises=REFUSED,
        example=examples.BANK,
    )
    def bank_details(self, request: Request, locale: str, id: int) -> Response:
        return envelope.ok(present_bank_details(self.partner.pk, get_bank_details(partner=self.partner)))

    @document(
        "Change a partner's bank details",
        description="The audit trail tells which fields were changed, never to what.",
        body=BankDetailsForm,
        answer=BankDetailsAnswer,
        raises=(*REFUSED, ValidationFailed),
        example=examples.BANK,
        body_example={"account_holder": "UAB Kavinė", "iban": "LT12 1000 0111 0100 1000", "bic": "HABALT22"},
    )
    def set_bank_details(self, request: Request, locale: str, id: int) -> Response:
        form = {name: value or "" for name, value in self.validated(BankDetailsForm).items()}
        details = set_bank_details(actor=self.actor, partner=self.partner, data=NewBankDetails(**form), at=self.now)
        return envelope.ok(present_bank_details(self.partner.pk, details))
