"""A partner's lines, those by hand among them: `/{locale}/admin/partners/{id}/commission/lines`."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from commissions.api import examples
from commissions.api.admin.serializers import MONEY, LineAnswer
from commissions.api.fields import MonthField, PlainDecimalField, plain
from commissions.api.filters import LineFilters
from commissions.choices import Component
from commissions.errors import CommissionLocked, CommissionSyncRunning
from commissions.selectors.entries import get_line, lines_of, list_lines
from commissions.services.manual import NewLine, add_line
from loyalty.api import envelope
from loyalty.api.base import PAGE_PARAMETERS
from loyalty.api.schema import document
from loyalty.errors import ResourceAlreadyExists, ResourceNotFound, ValidationFailed
from partners.api.admin.base import AdminPartnerViewSet
from partners.errors import InsufficientPartnerPermissions, PartnerNotFound

REFUSED = (InsufficientPartnerPermissions, PartnerNotFound)


class LineForm(serializers.Serializer):
    """An amount, which may be below 0, or a line by hand that is taken back."""

    amount = PlainDecimalField(**MONEY, required=False)
    component = serializers.ChoiceField(choices=Component.choices, required=False)
    period = MonthField(required=False, allow_null=True, help_text="An open month; default this one, or the next open.")
    reason = serializers.CharField(max_length=500, help_text="The partner reads it too.")
    reverses = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=2**63 - 1, help_text="The id of a line by hand."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        named = [name for name in ("amount", "component") if name in attrs]
        if attrs.get("reverses") and named:
            text = _("The line that is taken back says it.")
            raise serializers.ValidationError(dict.fromkeys(named, text))
        if not attrs.get("reverses") and "amount" not in attrs:
            raise serializers.ValidationError({"amount": _("Send an amount, or the line that is taken back.")})
        return attrs


class LineViewSet(AdminPartnerViewSet):
    """All lines, to read; one by hand, to make."""

    capabilities = {"lines": "admin", "add_line": "admin"}
    rights = {
        "lines": "commissions.view_commissionentry",
        "add_line": "commissions.add_manualline",
    }
    parameters = {"lines": PAGE_PARAMETERS | LineFilters.names()}
    repeatable = frozenset({"add_line"})
    page_default = 50
    page_cap = 200

    @document(
        "List a partner's commission lines",
        description="Newest first. `meta.total_amount` is what all lines that were asked for come to.",
        answer=LineAnswer,
        many=True,
        paginated=True,
        parameters=LineFilters.described(),
        raises=(*REFUSED, ResourceNotFound, ValidationFailed),
        example=[examples.LINE],
    )
    def lines(self, request: Request, locale: str, id: int) -> Response:
        rows = lines_of(self.partner)
        filters = LineFilters(request.query_params, rows, partner=self.partner, reach=None)
        page = self.page()
        found = list_lines(partner=self.partner, narrowed=filters.narrowed, page=page)
        meta = {**page.meta(found.total), "total_amount": plain(found.amount)}
        return envelope.ok(LineAnswer(found.rows, many=True).data, meta=meta)

    @document(
        "Add a commission line by hand",
        description=(
            "In an open month. It is never changed or deleted: what was wrong is taken back by another line that names "
            "it in `reverses`."
        ),
        body=LineForm,
        answer=LineAnswer,
        code=201,
        raises=(
            *(*REFUSED, CommissionLocked, CommissionSyncRunning),
            *(ResourceNotFound, ResourceAlreadyExists, ValidationFailed),
        ),
        example=examples.MANUAL_LINE,
        body_example={"amount": -5, "reason": "Goodwill for the outage of 3 June", "period": "2026-06"},
    )
    def add_line(self, request: Request, locale: str, id: int) -> Response:
        form = self.validated(LineForm)
        new = NewLine(
            reason=form["reason"],
            amount=form.get("amount"),
            component=form.get("component", Component.PLATFORM),
            month=form.get("period"),
            reverses=form.get("reverses"),
        )
        line = add_line(actor=self.actor, partner=self.partner, new=new, at=self.now)
        return envelope.created(LineAnswer(get_line(partner=self.partner, line_id=line.pk)).data)
