"""A partner's state: `/{locale}/admin/partners/{id}/status`."""

from rest_framework.request import Request
from rest_framework.response import Response

from loyalty.api import envelope
from loyalty.api.schema import document
from loyalty.errors import ValidationFailed
from partners.api.admin.base import AdminPartnerViewSet
from partners.api.admin.serializers import StatusAnswer, StatusForm
from partners.errors import (
    InsufficientPartnerPermissions,
    PapersMissing,
    PartnerNotFound,
    StatusChanged,
    StatusTransitionRefused,
)
from partners.services.lifecycle import change_status

REFUSED = (InsufficientPartnerPermissions, PartnerNotFound)
STATUS_EXAMPLE = {
    "id": 7,
    "name": "Kavos Namai",
    "status": "rejected",
    "is_active": False,
    "status_changed_at": "2026-11-27T08:00:00Z",
    "rejection_reason": "The registration has expired.",
    "review_notes": "Called the owner on 26 November.",
    "next_statuses": ["pending_review", "closed"],
}


class StatusViewSet(AdminPartnerViewSet):
    """Only an active partner's staff, tills and systems are served; owners of others look after their application."""

    capabilities = {"update": "admin"}
    rights = {
        "update": "partners.change_partner",
    }

    @document(
        "Change a partner's status",
        description="The application goes `pending_review`, `approved` (needs the verified registration), "
        "`documents_signed` (needs the verified agreement too), `active`; it can be `rejected` on the way, and an "
        "active partner `suspended`. The status that it has already changes nothing but the notes. A step that is not "
        "allowed is 409 with the allowed ones in `details.allowed`.",
        body=StatusForm,
        answer=StatusAnswer,
        raises=(*REFUSED, StatusTransitionRefused, StatusChanged, PapersMissing, ValidationFailed),
        example=STATUS_EXAMPLE,
        body_example={
            "status": "rejected",
            "rejection_reason": "The registration has expired.",
            "review_notes": "Called the owner on 26 November.",
            "expected_status": "pending_review",
        },
    )
    def update(self, request: Request, locale: str, id: int) -> Response:
        review = StatusForm.read(self.validated(StatusForm))
        partner = change_status(actor=self.actor, partner=self.partner, review=review, at=self.now)
        return envelope.ok(StatusAnswer(partner).data)
