"""The application of one's own partner: `/{locale}/partners/verification`, open to owners before it is active too."""

from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from loyalty import errors
from loyalty.api import envelope
from loyalty.api.base import PAGE_PARAMETERS
from loyalty.api.schema import document
from loyalty.files.answers import file_answer
from partners.api.base import PartnerViewSet
from partners.api.papers import (
    APPLICATION_EXAMPLE,
    PAPER_EXAMPLE,
    PARSERS,
    ApplicationAnswer,
    PaperAnswer,
    PaperForm,
)
from partners.errors import ApplicationDecided, InsufficientPartnerPermissions, PartnerNotActive, TooManyPapers
from partners.selectors.verification import get_application, list_papers, open_paper
from partners.services.verification import hand_in_paper, submit_application

REFUSED = (InsufficientPartnerPermissions, PartnerNotActive)


class ApplicationForm(serializers.Serializer):
    legal_name = serializers.CharField(max_length=255)
    registration_code = serializers.CharField(max_length=50)


class VerificationViewSet(PartnerViewSet):
    """How far the application is, and what the business says of itself."""

    capabilities = {"retrieve": "verification.view", "create": "verification.edit"}

    @document(
        "The partner's application",
        description="Its status, the two checks and every paper. Owners reach it from the day they are invited, long "
        "before their partner is active; one that was rejected still reads why.",
        answer=ApplicationAnswer,
        raises=REFUSED,
        example=APPLICATION_EXAMPLE,
    )
    def retrieve(self, request: Request, locale: str) -> Response:
        return envelope.ok(ApplicationAnswer(get_application(self.partner)).data)

    @document(
        "Say who the business is",
        description="Until its registration is verified; afterwards the platform changes it.",
        body=ApplicationForm,
        answer=ApplicationAnswer,
        raises=(*REFUSED, ApplicationDecided, errors.ValidationFailed),
        example=APPLICATION_EXAMPLE,
        body_example={"legal_name": "UAB „Kavos namai“", "registration_code": "304567891"},
    )
    def create(self, request: Request, locale: str) -> Response:
        data = self.validated(ApplicationForm)
        submit_application(actor=self.actor, partner=self.partner, data=data, at=self.now)
        return envelope.ok(ApplicationAnswer(get_application(self.partner)).data)


class PaperViewSet(PartnerViewSet):
    """Papers of the application."""

    parser_classes = PARSERS
    capabilities = {"list": "verification.view", "create": "verification.edit", "download": "verification.view"}
    parameters = {"list": PAGE_PARAMETERS}
    page_default = 20
    page_cap = 100

    @document(
        "List papers",
        description="The newest first.",
        answer=PaperAnswer,
        many=True,
        paginated=True,
        raises=(*REFUSED, errors.ValidationFailed),
        example=[PAPER_EXAMPLE],
        operation_id="partners_papers_list",
    )
    def list(self, request: Request, locale: str) -> Response:
        page = self.page()
        rows, total = list_papers(partner=self.partner, page=page)
        return envelope.ok(PaperAnswer(rows, many=True).data, meta=page.meta(total))

    @document(
        "Hand in a paper",
        description="A PDF, a picture (made anew, without its metadata) or a DOCX of at most 10 MB. Of several of a "
        "kind the newest counts; the same file again is answered with the paper that lies there already.",
        body={"multipart/form-data": PaperForm},
        answer=PaperAnswer,
        code=201,
        raises=(*REFUSED, TooManyPapers, errors.ValidationFailed),
        example={**PAPER_EXAMPLE, "state": "pending", "reason": "", "reviewed_at": None},
        operation_id="partners_papers_create",
    )
    def create(self, request: Request, locale: str) -> Response:
        form = self.validated(PaperForm)
        paper = hand_in_paper(actor=self.actor, partner=self.partner, at=self.now, **form)
        return envelope.created(PaperAnswer(paper).data)

    @document(
        "Download a paper",
        raises=(*REFUSED, errors.ResourceNotFound),
        media="*/*",
    )
    def download(self, request: Request, locale: str, pk: int) -> HttpResponseBase:
        paper, file = open_paper(partner=self.partner, paper_id=pk)
        return file_answer(file, name=paper.file_name, content_type=paper.content_type)
