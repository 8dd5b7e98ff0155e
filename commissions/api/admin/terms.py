"""What was agreed about a partner's months: `/{locale}/admin/partners/{id}/commission/terms`."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from commissions.api import examples
from commissions.api.admin.serializers import MONEY
from commissions.api.fields import MonthField, PlainDecimalField
from commissions.choices import ClosePolicy
from commissions.errors import CommissionLocked, CommissionSyncRunning
from commissions.models import CommissionTerms
from commissions.selectors.periods import current_month
from commissions.selectors.terms import get_terms, list_terms
from commissions.services.terms import set_terms
from loyalty.api import envelope
from loyalty.api.schema import document
from loyalty.errors import ValidationFailed
from partners.api.admin.base import AdminPartnerViewSet
from partners.errors import InsufficientPartnerPermissions, PartnerNotFound

REFUSED = (InsufficientPartnerPermissions, PartnerNotFound)
OF_MONTH = OpenApiParameter("period", description="The terms of this month `YYYY-MM`; default the present one.")


class TermsForm(serializers.Serializer):
    """What is not said stays as it is."""

    minimum = PlainDecimalField(**MONEY, required=False)
    cap = PlainDecimalField(**MONEY, required=False, allow_null=True)
    threshold = PlainDecimalField(**MONEY, required=False)
    pays_out = serializers.BooleanField(required=False)
    close_policy = serializers.ChoiceField(choices=ClosePolicy.choices, required=False)
    close_after_days = serializers.IntegerField(required=False)
    valid_from = MonthField(required=False, allow_null=True, help_text="A month; default this one, or the next open.")


class TermsVersion(serializers.Serializer):
    """One version; for a month the last one said counts, of those that begin with it or before."""

    id = serializers.IntegerField(source="pk", allow_null=True)
    valid_from = serializers.CharField()
    minimum = PlainDecimalField(**MONEY, help_text="The platform's part of a month comes to at least this; 0: none.")
    cap = PlainDecimalField(**MONEY, allow_null=True, help_text="And to no more than this.")
    threshold = PlainDecimalField(**MONEY, help_text="A balance below it is carried to the next statement.")
    pays_out = serializers.BooleanField(help_text="Whether a negative balance is paid out instead of carried.")
    close_policy = serializers.ChoiceField(choices=ClosePolicy.choices)
    close_after_days = serializers.IntegerField()
    automatic_since = serializers.DateTimeField(allow_null=True, help_text="Months that ended before are left alone.")
    created_at = serializers.DateTimeField(allow_null=True)


class TermsAnswer(TermsVersion):
    partner_id = serializers.IntegerField()
    currency = serializers.CharField()
    period = serializers.CharField()
    versions = TermsVersion(many=True)


class TermsViewSet(AdminPartnerViewSet):
    """Minimum, cap, settlement threshold and who closes months."""

    capabilities = {"terms": "admin", "set_terms": "admin"}
    rights = {
        "terms": "commissions.view_commissionterms",
        "set_terms": "commissions.add_commissionterms",
    }
    parameters = {"terms": frozenset({"period"})}

    @document(
        "A partner's terms of commission",
        description="Minimum and cap of a month, from which balance on it is settled, and who closes months.",
        answer=TermsAnswer,
        parameters=[OF_MONTH],
        raises=(*REFUSED, ValidationFailed),
        example=examples.TERMS,
    )
    def terms(self, request: Request, locale: str, id: int) -> Response:
        asked = request.query_params.get("period")
        month = current_month(self.partner, self.now) if asked is None else MonthField().run_validation(asked)
        return envelope.ok(self._present(month))

    @document(
        "Change a partner's terms of commission",
        description=(
            "They count from a month on, never for a closed one; what is not said stays as it is. Months that had "
            "ended before `close_policy` became `automatic` are not closed by themselves."
        ),
        body=TermsForm,
        answer=TermsAnswer,
        raises=(*REFUSED, CommissionLocked, CommissionSyncRunning, ValidationFailed),
        example=examples.TERMS,
        body_example={"minimum": 20, "cap": 500, "threshold": 10, "close_policy": "automatic"},
    )
    def set_terms(self, request: Request, locale: str, id: int) -> Response:
        said = self.validated(TermsForm)
        valid_from = said.pop("valid_from", None)
        made = set_terms(actor=self.actor, partner=self.partner, said=said, valid_from=valid_from, at=self.now)
        return envelope.ok(self._present(max(made.valid_from, current_month(self.partner, self.now))))

    def _present(self, month: str) -> dict[str, Any]:
        terms = get_terms(partner=self.partner, month=month)
        shown: dict[str, Any] = {name: getattr(terms, name) for name in TermsVersion().get_fields() if name != "id"}
        if terms.pk is None:
            shown["created_at"] = None
        whole: dict[str, Any] = {"partner_id": self.partner.pk, "currency": self.partner.currency, "period": month}
        versions: list[CommissionTerms] = list_terms(partner=self.partner)
        return dict(TermsAnswer({**shown, **whole, "pk": terms.pk, "versions": versions}).data)
