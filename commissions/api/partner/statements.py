"""What a partner was billed: `/{locale}/partners/statements`."""

from django.http import HttpResponse, StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from commissions.api import examples
from commissions.api.filters import StatementFilters
from commissions.api.statements import FORMAT, MEDIA, StatementAnswer, StatementDetailAnswer, download, present
from commissions.models import Statement
from commissions.selectors.statements import get_issued_statement, groups_of, issued_statements_of, page_of
from loyalty.api import envelope
from loyalty.api.base import PAGE_PARAMETERS
from loyalty.api.schema import document
from loyalty.errors import ResourceNotFound, ValidationFailed
from partners.api.base import PartnerViewSet
from partners.errors import InsufficientPartnerPermissions, ScopeInsufficient, StoreAccessDenied

REFUSED = (InsufficientPartnerPermissions, ScopeInsufficient, StoreAccessDenied)


class StatementViewSet(PartnerViewSet):
    """The partner's statements; a draft is none yet."""

    capabilities = dict.fromkeys(("list", "retrieve", "download"), "statements.view")
    parameters = {"list": PAGE_PARAMETERS | StatementFilters.names(), "download": frozenset({"format"})}

    @document(
        "List statements",
        description="Newest month first. A statement is of the whole business: who is limited to shops sees none.",
        answer=StatementAnswer,
        many=True,
        paginated=True,
        parameters=StatementFilters.described(),
        raises=(*REFUSED, ValidationFailed),
        example=[examples.STATEMENT],
    )
    def list(self, request: Request, locale: str) -> Response:
        self._refuse_limited()
        filters = StatementFilters(request.query_params, issued_statements_of(partner=self.partner))
        page = self.page()
        found = page_of(partner=self.partner, narrowed=filters.narrowed, page=page)
        return envelope.ok(StatementAnswer(found.rows, many=True).data, meta=page.meta(found.total))

    @document(
        "Get a statement",
        answer=StatementDetailAnswer,
        raises=(*REFUSED, ResourceNotFound),
        example=examples.STATEMENT_DETAIL,
    )
    def retrieve(self, request: Request, locale: str, pk: int) -> Response:
        statement = self._statement(pk)
        return envelope.ok(present(StatementDetailAnswer, statement, groups_of(statement=statement)))

    @document(
        "Download a statement",
        description="As PDF, as a web page, or every line as CSV; in the language of the partner.",
        media=MEDIA,
        parameters=[FORMAT],
        raises=(*REFUSED, ResourceNotFound, ValidationFailed),
    )
    def download(self, request: Request, locale: str, pk: int) -> HttpResponse | StreamingHttpResponse:
        return download(self._statement(pk), request.query_params.get("format"))

    def _statement(self, pk: int) -> Statement:
        self._refuse_limited()
        return get_issued_statement(partner=self.partner, statement_id=pk)

    def _refuse_limited(self) -> None:
        if self.shop_ids is not None:
            raise StoreAccessDenied
