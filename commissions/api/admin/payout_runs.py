"""Bank files: `/{locale}/admin/payout-runs`."""

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from commissions.api import payout_examples as examples
from commissions.api.payouts import RunAnswer, RunDetailAnswer, RunFilters, RunForm, present_run
from commissions.documents.bank_file import bank_file_answer
from commissions.errors import (
    BankDetailsMissing,
    BankFileNotPossible,
    CommissionSyncRunning,
    PayoutInProgress,
    PayoutWrongStatus,
    PlatformAccountMissing,
)
from commissions.models import PayoutRun
from commissions.selectors.payouts import get_run, list_run_items, list_runs, page_of_runs
from commissions.services.payout_runs import NewRun, cancel_run, create_run, download_run, mark_run_paid
from loyalty.api import envelope
from loyalty.api.base import PAGE_PARAMETERS
from loyalty.api.reasons import ReasonForm
from loyalty.api.schema import document
from loyalty.errors import ResourceNotFound, ValidationFailed
from partners.api.admin.base import AdminPartnerViewSet
from partners.errors import InsufficientPartnerPermissions

REFUSED = (InsufficientPartnerPermissions, ResourceNotFound)
MOVING = (CommissionSyncRunning, PayoutWrongStatus, ValidationFailed)


class PayoutRunViewSet(AdminPartnerViewSet):
    """Several payouts in one message to the bank."""

    capabilities = dict.fromkeys(("list", "create", "retrieve", "download", "cancel", "mark_paid"), "admin")
    rights = {
        "list": "commissions.view_payoutrun",
        "retrieve": "commissions.view_payoutrun",
        "download": "commissions.view_payoutrun",
        "create": "commissions.add_payoutrun",
        "cancel": "commissions.change_payoutrun",
        "mark_paid": "commissions.change_payoutrun",
    }
    parameters = {"list": PAGE_PARAMETERS | RunFilters.names()}

    @document(
        "List bank files",
        description="Newest first.",
        answer=RunAnswer,
        many=True,
        paginated=True,
        parameters=RunFilters.described(),
        raises=(InsufficientPartnerPermissions, ValidationFailed),
        example=[examples.RUN],
    )
    def list(self, request: Request, locale: str) -> Response:
        filters = RunFilters(request.query_params, list_runs())
        page = self.page()
        found = page_of_runs(narrowed=filters.narrowed, page=page)
        return envelope.ok(RunAnswer(found.rows, many=True).data, meta=page.meta(found.total))

    @document(
        "Make a bank file",
        description=(
            "A SEPA credit transfer (ISO 20022 pain.001) of these payouts, or of all that are drafts or wait for a "
            "file; drafts are issued with it. EUR only. A payout stands in one file at most, until that is cancelled."
        ),
        body=RunForm,
        answer=RunDetailAnswer,
        code=201,
        raises=(
            *(*REFUSED, *MOVING, PayoutInProgress),
            *(BankDetailsMissing, BankFileNotPossible, PlatformAccountMissing),
        ),
        example=examples.RUN_DETAIL,
        body_example={"payout_ids": [12], "execution_on": "2026-07-03"},
    )
    def create(self, request: Request, locale: str) -> Response:
        form = {name: value for name, value in self.validated(RunForm).items() if value is not None}
        run = create_run(actor=self.actor, data=NewRun(**form), at=self.now)
        return envelope.created(present_run(run, list_run_items(run=run)))

    @document("Get a bank file", answer=RunDetailAnswer, raises=REFUSED, example=examples.RUN_DETAIL)
    def retrieve(self, request: Request, locale: str, run_id: int) -> Response:
        return self._answer(get_run(run_id=run_id))

    @document(
        "Download a bank file",
        description="The same bytes every time; who took it is audited. A cancelled one is not handed out.",
        media="application/xml",
        raises=(*REFUSED, PayoutWrongStatus),
    )
    def download(self, request: Request, locale: str, run_id: int) -> HttpResponse:
        return bank_file_answer(download_run(actor=self.actor, run=get_run(run_id=run_id), at=self.now))

    @document(
        "Cancel a bank file",
        description="Only one that the bank has not executed: its payouts may go into another. Cancelled: no change.",
        body=ReasonForm,
        answer=RunDetailAnswer,
        raises=(*REFUSED, *MOVING),
        example={**examples.RUN_DETAIL, "status": "cancelled", "reason": "Wrong day"},
        body_example={"reason": "Wrong day"},
    )
    def cancel(self, request: Request, locale: str, run_id: int) -> Response:
        reason = self.validated(ReasonForm)["reason"]
        return self._answer(cancel_run(actor=self.actor, run=get_run(run_id=run_id), reason=reason, at=self.now))

    @document(
        "Mark a bank file as paid",
        description="The bank has executed it: what is still live in it is paid, its statements are settled.",
        body=serializers.Serializer,
        answer=RunDetailAnswer,
        raises=(*REFUSED, *MOVING),
        example=examples.RUN_DETAIL,
    )
    def mark_paid(self, request: Request, locale: str, run_id: int) -> Response:
        self.validated(serializers.Serializer)
        return self._answer(mark_run_paid(actor=self.actor, run=get_run(run_id=run_id), at=self.now))

    def _answer(self, run: PayoutRun) -> Response:
        return envelope.ok(present_run(run, list_run_items(run=run)))
