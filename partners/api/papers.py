"""An application on the wire, the same for the partner and for the platform."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.parsers import BaseParser

from loyalty.api.json import StrictJSONParser
from loyalty.api.multipart import uploads_of
from loyalty.files.uploads import Checked, FileRefusedError, check_upload
from partners.choices import PaperKind, PartnerStatus, ReviewStatus
from partners.rules.papers import ALLOWED, MOST_BYTES

PARSERS: list[type[BaseParser]] = [StrictJSONParser, uploads_of(MOST_BYTES)]


@extend_schema_field({"type": "string", "format": "binary"})
class PaperFileField(serializers.Field):
    """A file that was judged by its content."""

    def to_internal_value(self, data: Any) -> Checked:
        if not hasattr(data, "chunks"):
            raise serializers.ValidationError(_("Send a file."))
        try:
            return check_upload(data, allowed=ALLOWED, at_most=MOST_BYTES)
        except FileRefusedError as refusal:
            raise serializers.ValidationError(refusal.text) from refusal


class PaperForm(serializers.Serializer):
    """A multipart form."""

    kind = serializers.ChoiceField(PaperKind.choices)
    file = PaperFileField(help_text="PDF, JPEG, PNG, WebP or DOCX of at most 10 MB.")


class PaperAnswer(serializers.Serializer):
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(PaperKind.choices)
    state = serializers.ChoiceField([choice for choice in ReviewStatus.choices if choice[0] != "not_started"])
    reason = serializers.CharField(help_text="Why it was refused.")
    file_name = serializers.CharField()
    content_type = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes.")
    sha256 = serializers.CharField()
    uploaded_at = serializers.DateTimeField()
    reviewed_at = serializers.DateTimeField(allow_null=True)


class RequirementAnswer(serializers.Serializer):
    kind = serializers.ChoiceField(PaperKind.choices)
    state = serializers.ChoiceField(ReviewStatus.choices)
    reason = serializers.CharField()


class ApplicationAnswer(serializers.Serializer):
    partner_id = serializers.IntegerField(source="partner.pk")
    status = serializers.ChoiceField(PartnerStatus.choices, source="partner.status")
    rejection_reason = serializers.CharField(source="partner.rejection_reason")
    legal_name = serializers.CharField(source="partner.legal_name")
    registration_code = serializers.CharField(source="partner.registration_code")
    verification_status = serializers.ChoiceField(ReviewStatus.choices, source="partner.verification_status")
    compliance_status = serializers.ChoiceField(ReviewStatus.choices, source="partner.compliance_status")
    required = RequirementAnswer(many=True)  # type: ignore[assignment]  # the name on the wire
    documents = PaperAnswer(many=True, help_text="The newest first.")


class ReviewedPaperAnswer(PaperAnswer):
    """The same for the platform, with who did it."""

    uploaded_by = serializers.CharField()
    reviewed_by = serializers.CharField()


class ReviewedApplicationAnswer(ApplicationAnswer):
    review_notes = serializers.CharField(source="partner.review_notes")
    documents = ReviewedPaperAnswer(many=True, help_text="The newest first.")


PAPER_EXAMPLE = {
    "id": 17,
    "kind": "business_registration",
    "state": "failed",
    "reason": "The second page is missing.",
    "file_name": "registration.pdf",
    "content_type": "application/pdf",
    "size": 183_204,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "uploaded_at": "2026-11-26T09:12:00Z",
    "reviewed_at": "2026-11-27T08:00:00Z",
}
APPLICATION_EXAMPLE = {
    "partner_id": 7,
    "status": "pending_review",
    "rejection_reason": "",
    "legal_name": "UAB „Kavos namai“",
    "registration_code": "304567891",
    "verification_status": "failed",
    "compliance_status": "failed",
    "required": [
        {"kind": "business_registration", "state": "failed", "reason": "The second page is missing."},
        {"kind": "agreement", "state": "not_started", "reason": ""},
    ],
    "documents": [PAPER_EXAMPLE],
}
REVIEWED_PAPER_EXAMPLE = {**PAPER_EXAMPLE, "uploaded_by": "staff:31", "reviewed_by": "admin:2"}
REVIEWED_EXAMPLE = {
    **APPLICATION_EXAMPLE,
    "review_notes": "Called the owner on 26 November.",
    "documents": [REVIEWED_PAPER_EXAMPLE],
}
