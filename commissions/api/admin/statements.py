"""A partner's statements as the platform sees them: `/{locale}/admin/partners/{id}/commission/statements`."""

from django.http import HttpResponse, StreamingHttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from commissions.api import examples
from commissions.api.fields import MonthField
from commissions.api.filters import AdminStatementFilters
from commissions.api.statements import (
    FORMAT,
    MEDIA,
    AdminStatementAnswer,
    AdminStatementDetailAnswer,
    download,
    present,
)
from commissions.errors import CommissionPeriodOpen, CommissionSyncRunning, EarlierStatementDraft, PayoutInProgress
from commissions.models import Statement
from commissions.selectors.statements import get_statement, groups_of, page_of, statements_of
from commissions.services.statements import issue_statement, settle_period
from loyalty.api import envelope
from loyalty.api.base import PAGE_PARAMETERS
from loyalty.api.schema import document
from loyalty.errors import ResourceNotFound, ValidationFailed
from partners.api.admin.base import AdminPartnerViewSet
from partners.errors import InsufficientPartnerPermissions, PartnerNotFound

REFUSED = (InsufficientPartnerPermissions, PartnerNotFound)


class SettleForm(serializers.Serializer):
    period = MonthField()
    reason = serializers.CharField(required=False, allow_blank=True, max_length=500, help_text="How it was paid.")


class StatementViewSet(AdminPartnerViewSet):
    """Drafts too; issuing and settling."""

    capabilities = dict.fromkeys(("list", "retrieve", "download", "issue", "settle"), "admin")
    rights = {
        "list": "commissions.view_statement",
        "retrieve": "commissions.view_statement",
        "download": "commissions.view_statement",
        "issue": "commissions.change_commissionperiod",
        "settle": "commissions.change_commissionperiod",
    }
    parameters = {"list": PAGE_PARAMETERS | AdminStatementFilters.names(), "download": frozenset({"format"})}

    @document(
        "List a partner's statements",
        description="Newest month first.",
        answer=AdminStatementAnswer,
        many=True,
        paginated=True,
        parameters=AdminStatementFilters.described(),
        raises=(*REFUSED, ValidationFailed),
        example=[examples.ADMIN_STATEMENT],
    )
    def list(self, request: Request, locale: str, id: int) -> Response:
        filters = AdminStatementFilters(request.query_params, statements_of(partner=self.partner))
        page = self.page()
        found = page_of(partner=self.partner, narrowed=filters.narrowed, page=page)
        return envelope.ok(AdminStatementAnswer(found.rows, many=True).data, meta=page.meta(found.total))

    @document(
        "Get a partner's statement",
        answer=AdminStatementDetailAnswer,
        raises=(*REFUSED, ResourceNotFound),
        example=examples.ADMIN_STATEMENT_DETAIL,
    )
    def retrieve(self, request: Request, locale: str, id: int, statement_id: int) -> Response:
        return self._answer(get_statement(partner=self.partner, statement_id=statement_id))

    @document(
        "Download a partner's statement",
        description="As PDF, as a web page, or every line as CSV; in the language of the partner.",
        media=MEDIA,
        parameters=[FORMAT],
        raises=(*REFUSED, ResourceNotFound, ValidationFailed),
    )
    def download(
        self, request: Request, locale: str, id: int, statement_id: int
    ) -> HttpResponse | StreamingHttpResponse:
        statement = get_statement(partner=self.partner, statement_id=statement_id)
        return download(statement, request.query_params.get("format"))

    @document(
        "Issue a partner's statement",
        description=(
            "Gives the draft its number; from here on the partner sees it, and its month is not unlocked any more. One "
            "that asks for nothing is settled with it. Issued already: no change."
        ),
        body=serializers.Serializer,
        answer=AdminStatementDetailAnswer,
        raises=(
            *(*REFUSED, ResourceNotFound, CommissionPeriodOpen),
            *(EarlierStatementDraft, CommissionSyncRunning, ValidationFailed),
        ),
        example=examples.ADMIN_STATEMENT_DETAIL,
    )
    def issue(self, request: Request, locale: str, id: int, statement_id: int) -> Response:
        self.validated(serializers.Serializer)
        statement = get_statement(partner=self.partner, statement_id=statement_id)
        return self._answer(issue_statement(actor=self.actor, statement=statement, at=self.now))

    @document(
        "Settle a month of a partner's commission",
        description="What its statement asks for was paid; a draft is issued first. Settled already: no change.",
        body=SettleForm,
        answer=AdminStatementDetailAnswer,
        raises=(
            *(*REFUSED, CommissionPeriodOpen, EarlierStatementDraft),
            *(CommissionSyncRunning, PayoutInProgress, ValidationFailed),
        ),
        example={**examples.ADMIN_STATEMENT_DETAIL, "status": "settled", "settled_at": "2026-07-20T08:00:00Z"},
        body_example={"period": "2026-06", "reason": "Paid by bank transfer"},
    )
    def settle(self, request: Request, locale: str, id: int) -> Response:
        form = self.validated(SettleForm)
        settled = settle_period(
            actor=self.actor,
            partner=self.partner,
            month=form["period"],
            reason=form.get("reason", ""),
            at=self.now,
        )
        return self._answer(settled)

    def _answer(self, statement: Statement) -> Response:
        return envelope.ok(present(AdminStatementDetailAnswer, statement, groups_of(statement=statement)))
