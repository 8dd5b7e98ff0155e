"""Payouts and invoices as the platform sees them: `/{locale}/admin/payouts`."""

from rest_framework.request import Request
from rest_framework.response import Response

from commissions.api import payout_examples as examples
from commissions.api.payouts import (
    AdminPayoutAnswer,
    AdminPayoutFilters,
    IssueForm,
    NewPayoutForm,
    PaidForm,
    RetryForm,
)
from commissions.errors import (
    CommissionSyncRunning,
    PaymentProviderMissing,
    PayoutInProgress,
    PayoutWrongStatus,
    ProviderAccountMissing,
    StatementNotPayable,
)
from commissions.selectors.payouts import (
    get_payout_across_partners,
    get_statement_across_partners,
    list_payouts_across_partners,
    page_of_payouts,
)
from commissions.services.payouts import create_payout, issue_payout, mark_failed, mark_paid, retry_payout
from loyalty.api import envelope
from loyalty.api.base import PAGE_PARAMETERS
from loyalty.api.reasons import ReasonForm
from loyalty.api.schema import document
from loyalty.errors import ResourceNotFound, ValidationFailed
from partners.api.admin.base import AdminPartnerViewSet
from partners.errors import InsufficientPartnerPermissions

REFUSED = (InsufficientPartnerPermissions, ResourceNotFound)
MOVING = (CommissionSyncRunning, PayoutWrongStatus, ValidationFailed)
STARTING = (*MOVING, PaymentProviderMissing, ProviderAccountMissing)


class PayoutViewSet(AdminPartnerViewSet):
    """All partners' payouts and invoices."""

    capabilities = dict.fromkeys(("list", "create", "retrieve", "issue", "mark_paid", "mark_failed", "retry"), "admin")
    rights = {
        "list": "commissions.view_payout",
        "retrieve": "commissions.view_payout",
        "create": "commissions.change_payout",
        "issue": "commissions.change_payout",
        "mark_paid": "commissions.change_payout",
        "mark_failed": "commissions.change_payout",
        "retry": "commissions.change_payout",
    }
    parameters = {"list": PAGE_PARAMETERS | AdminPayoutFilters.names()}
    page_default = 50
    page_cap = 200

    @document(
        "List payouts and invoices",
        description="Newest first, of all partners.",
        answer=AdminPayoutAnswer,
        many=True,
        paginated=True,
        parameters=AdminPayoutFilters.described(),
        raises=(InsufficientPartnerPermissions, ValidationFailed),
        example=[examples.ADMIN_PAYOUT],
    )
    def list(self, request: Request, locale: str) -> Response:
        filters = AdminPayoutFilters(request.query_params, list_payouts_across_partners())
        page = self.page()
        found = page_of_payouts(narrowed=filters.narrowed, page=page)
        return envelope.ok(AdminPayoutAnswer(found.rows, many=True).data, meta=page.meta(found.total))

    @document(
        "See to it that a statement has its payout or invoice",
        description="It is made when the statement is issued; this finds it, or makes it where it is missing.",
        body=NewPayoutForm,
        answer=AdminPayoutAnswer,
        raises=(*REFUSED, StatementNotPayable, CommissionSyncRunning, ValidationFailed),
        example=examples.ADMIN_PAYOUT,
        body_example={"statement_id": 40},
    )
    def create(self, request: Request, locale: str) -> Response:
        statement = get_statement_across_partners(statement_id=self.validated(NewPayoutForm)["statement_id"])
        made = create_payout(actor=self.actor, statement=statement, at=self.now)
        return self._answer(made.pk)

    @document("Get a payout or an invoice", answer=AdminPayoutAnswer, raises=REFUSED, example=examples.ADMIN_PAYOUT)
    def retrieve(self, request: Request, locale: str, payout_id: int) -> Response:
        return self._answer(payout_id)

    @document(
        "Issue a payout or an invoice",
        description=(
            "A draft goes its way: to a payment provider at once, to the next bank file, or by hand. Issued the same "
            "way already: no change."
        ),
        body=IssueForm,
        answer=AdminPayoutAnswer,
        raises=(*REFUSED, *STARTING),
        example=examples.ADMIN_PAYOUT,
        body_example={"method": "provider"},
    )
    def issue(self, request: Request, locale: str, payout_id: int) -> Response:
        method = self.validated(IssueForm)["method"]
        payout = get_payout_across_partners(payout_id=payout_id)
        issue_payout(actor=self.actor, payout=payout, method=method, at=self.now)
        return self._answer(payout_id)

    @document(
        "Mark a payout or an invoice as paid",
        description=(
            "The money has moved: the statement and its month are settled. Not while a payment provider has it, which "
            "says so itself. Paid already: no change."
        ),
        body=PaidForm,
        answer=AdminPayoutAnswer,
        raises=(*REFUSED, *MOVING, PayoutInProgress),
        example=examples.PAID,
        body_example={"reference": "Bank 42"},
    )
    def mark_paid(self, request: Request, locale: str, payout_id: int) -> Response:
        reference = self.validated(PaidForm).get("reference") or ""
        payout = get_payout_across_partners(payout_id=payout_id)
        mark_paid(actor=self.actor, payout=payout, reference=reference, at=self.now)
        return self._answer(payout_id)

    @document(
        "Mark a payout or an invoice as failed",
        description="It did not arrive: it may be issued again. Failed already: no change.",
        body=ReasonForm,
        answer=AdminPayoutAnswer,
        raises=(*REFUSED, *MOVING, PayoutInProgress),
        example=examples.FAILED,
        body_example={"reason": "The bank sent it back: account closed"},
    )
    def mark_failed(self, request: Request, locale: str, payout_id: int) -> Response:
        reason = self.validated(ReasonForm)["reason"]
        payout = get_payout_across_partners(payout_id=payout_id)
        mark_failed(actor=self.actor, payout=payout, reason=reason, at=self.now)
        return self._answer(payout_id)

    @document(
        "Issue a failed payout or invoice again",
        description="The same way, or another one. Issued already: no change.",
        body=RetryForm,
        answer=AdminPayoutAnswer,
        raises=(*REFUSED, *STARTING),
        example=examples.ADMIN_PAYOUT,
        body_example={"method": "bank_file"},
    )
    def retry(self, request: Request, locale: str, payout_id: int) -> Response:
        method = self.validated(RetryForm).get("method")
        payout = get_payout_across_partners(payout_id=payout_id)
        retry_payout(actor=self.actor, payout=payout, method=method, at=self.now)
        return self._answer(payout_id)

    def _answer(self, payout_id: int) -> Response:
        return envelope.ok(AdminPayoutAnswer(get_payout_across_partners(payout_id=payout_id)).data)
