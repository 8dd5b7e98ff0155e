"""A partner's application as the platform sees and decides it: `/{locale}/admin/partners/{id}/verification`."""

from typing import Any

from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from loyalty.api import envelope
from loyalty.api.schema import document
from loyalty.errors import ResourceNotFound, ValidationFailed
from loyalty.files.answers import file_answer
from partners.api.admin.base import AdminPartnerViewSet
from partners.api.papers import (
    PARSERS,
    REVIEWED_EXAMPLE,
    REVIEWED_PAPER_EXAMPLE,
    PaperForm,
    ReviewedApplicationAnswer,
    ReviewedPaperAnswer,
)
from partners.errors import InsufficientPartnerPermissions, PartnerNotFound, TooManyPapers
from partners.selectors.verification import get_application, open_paper
from partners.services.verification import VERDICTS, hand_in_paper, review_paper

REFUSED = (InsufficientPartnerPermissions, PartnerNotFound)


class VerdictForm(serializers.Serializer):
    state = serializers.ChoiceField([(str(state), state.label) for state in VERDICTS])
    reason = serializers.CharField(
        max_length=500, allow_blank=True, required=False, help_text="Told to the partner; needed for `failed`."
    )


class ApplicationViewSet(AdminPartnerViewSet):
    """The application as a whole."""

    capabilities = {"retrieve": "admin"}
    rights = {
        "retrieve": "partners.view_verification",
    }

    @document(
        "A partner's application",
        description="Status, checks, and every paper with who handed it in and who looked at it.",
        answer=ReviewedApplicationAnswer,
        raises=REFUSED,
        example=REVIEWED_EXAMPLE,
    )
    def retrieve(self, request: Request, locale: str, id: int) -> Response:
        return envelope.ok(ReviewedApplicationAnswer(get_application(self.partner)).data)


class ReviewedPaperViewSet(AdminPartnerViewSet):
    """Its papers."""

    parser_classes = PARSERS
    capabilities = dict.fromkeys(("create", "update", "download"), "admin")
    rights = {
        "create": "partners.add_verification",
        "update": "partners.change_verification",
        "download": "partners.view_verification",
    }

    @document(
        "Hand in a paper for a partner",
        description="One that came by post or e-mail: the same rules as for the partner's own.",
        body={"multipart/form-data": PaperForm},
        answer=ReviewedPaperAnswer,
        code=201,
        raises=(*REFUSED, TooManyPapers, ValidationFailed),
        example={
            **REVIEWED_PAPER_EXAMPLE,
            "state": "pending",
            "reason": "",
            "reviewed_at": None,
            "reviewed_by": "",
            "uploaded_by": "admin:2",
        },
    )
    def create(self, request: Request, locale: str, id: int) -> Response:
        form = self.validated(PaperForm)
        paper = hand_in_paper(actor=self.actor, partner=self.partner, at=self.now, **form)
        return envelope.created(ReviewedPaperAnswer(paper).data)

    @document(
        "Review a paper",
        description="`verified`, or `failed` with a reason, which the partner is told by e-mail. The partner's "
        "`verification_status` and `compliance_status` follow; the status itself is moved by hand.",
        body=VerdictForm,
        answer=ReviewedPaperAnswer,
        raises=(*REFUSED, ResourceNotFound, ValidationFailed),
        example=REVIEWED_PAPER_EXAMPLE,
        body_example={"state": "failed", "reason": "The second page is missing."},
    )
    def update(self, request: Request, locale: str, id: int, pk: int) -> Response:
        verdict: dict[str, Any] = self.validated(VerdictForm)
        paper = review_paper(actor=self.actor, partner=self.partner, paper_id=pk, at=self.now, **verdict)
        return envelope.ok(ReviewedPaperAnswer(paper).data)

    @document("Download a partner's paper", raises=(*REFUSED, ResourceNotFound), media="*/*")
    def download(self, request: Request, locale: str, id: int, pk: int) -> HttpResponseBase:
        paper, file = open_paper(partner=self.partner, paper_id=pk)
        return file_answer(file, name=paper.file_name, content_type=paper.content_type)
