"""Messages with one partner, as the platform sees them: `/{locale}/admin/partners/{id}/messages`."""

from typing import Any

from django.http import FileResponse
from rest_framework.request import Request
from rest_framework.response import Response

from loyalty.api import envelope
from loyalty.api.base import PAGE_PARAMETERS
from loyalty.api.json import StrictJSONParser
from loyalty.api.schema import document
from loyalty.errors import ResourceNotFound, ValidationFailed
from messaging.api import examples
from messaging.api.answers import AdminMessageAnswer, present
from messaging.api.files import DOWNLOAD, attachment_answer
from messaging.api.filters import AdminMessageFilters
from messaging.api.forms import AdminWriteForm, EmptyForm, MessageForm, read_draft
from messaging.models import Message
from messaging.selectors.messages import get_message, list_messages, messages_of, open_attachment
from messaging.services.messages import mark_read, send_message
from partners.api.admin.base import AdminPartnerViewSet
from partners.errors import InsufficientPartnerPermissions, PartnerNotFound

REFUSED = (InsufficientPartnerPermissions, PartnerNotFound)


class PartnerMessageViewSet(AdminPartnerViewSet):
    """What the platform and one partner write to each other, and the platform's notes about it."""

    parser_classes = [StrictJSONParser, MessageForm]
    capabilities = dict.fromkeys(("list", "create", "retrieve", "read", "attachment"), "admin")
    rights = {
        "list": "messaging.view_message",
        "retrieve": "messaging.view_message",
        "attachment": "messaging.view_message",
        "create": "messaging.add_message",
        "read": "messaging.change_message",
    }
    parameters = {"list": PAGE_PARAMETERS | AdminMessageFilters.names()}
    repeatable = frozenset({"create"})

    @document(
        "List a partner's messages",
        answer=AdminMessageAnswer,
        many=True,
        paginated=True,
        parameters=AdminMessageFilters.described(),
        raises=(*REFUSED, ValidationFailed),
        example=[examples.ADMIN_MESSAGE],
        description="Newest first. `meta.unread` counts the partner's messages that nobody at the platform has read.",
    )
    def list(self, request: Request, locale: str, id: int) -> Response:
        filters = AdminMessageFilters(request.query_params, messages_of(self.partner, as_platform=True))
        page = self.page()
        found = list_messages(partner=self.partner, narrowed=filters.narrowed, page=page, as_platform=True)
        meta = {**page.meta(found.total), "unread": found.unread}
        return envelope.ok(self._shown(found.rows, locale, many=True), meta=meta)

    @document(
        "Write to a partner",
        answer=AdminMessageAnswer,
        body={"application/json": AdminWriteForm, "multipart/form-data": AdminWriteForm},
        code=201,
        raises=(*REFUSED, ResourceNotFound, ValidationFailed),
        example=examples.ADMIN_MESSAGE,
        body_example=examples.ADMIN_WRITE,
        description="`is_internal`: a note that the partner never sees. `send_email`: the text goes to the partner's "
        "contact address too. `thread_id`: an answer in that conversation. As a form, `attachments[]` holds up to 5 "
        "files: PDF, JPEG, PNG, WebP, text, CSV, DOCX, XLSX, each at most 10 MB and 25 MB together.",
    )
    def create(self, request: Request, locale: str, id: int) -> Response:
        message = send_message(
            actor=self.actor,
            partner=self.partner,
            author=self.user,
            from_platform=True,
            draft=read_draft(self.validated(AdminWriteForm)),
            at=self.now,
        )
        return envelope.created(self._shown(message, locale))

    @document(
        "Get a message with a partner",
        answer=AdminMessageAnswer,
        raises=(*REFUSED, ResourceNotFound),
        example=examples.ADMIN_MESSAGE,
    )
    def retrieve(self, request: Request, locale: str, id: int, message_id: int) -> Response:
        message = get_message(partner=self.partner, message_id=message_id, as_platform=True)
        return envelope.ok(self._shown(message, locale))

    @document(
        "Mark a partner's message as read",
        answer=AdminMessageAnswer,
        body=EmptyForm,
        raises=(*REFUSED, ResourceNotFound, ValidationFailed),
        example={**examples.ADMIN_MESSAGE, "sender": "partner", "is_read": True, "read_at": "2026-11-24T10:02:11Z"},
        body_example={},
        description="The first time counts. The platform's own messages stay as they are: the partner reads them.",
    )
    def read(self, request: Request, locale: str, id: int, message_id: int) -> Response:
        self.validated(EmptyForm)
        message = mark_read(
            actor=self.actor,
            partner=self.partner,
            reader=self.user,
            message_id=message_id,
            as_platform=True,
            at=self.now,
        )
        return envelope.ok(self._shown(message, locale))

    @document(
        "Download an attachment of a message",
        raises=(*REFUSED, ResourceNotFound),
        media=DOWNLOAD,
        description="The file, as it is.",
    )
    def attachment(self, request: Request, locale: str, id: int, message_id: int, attachment_id: int) -> FileResponse:
        found = open_attachment(
            partner=self.partner, message_id=message_id, attachment_id=attachment_id, as_platform=True
        )
        return attachment_answer(found)

    def _shown(self, rows: Message | Any, locale: str, *, many: bool = False) -> Any:
        url = f"/{locale}/admin/partners/{self.partner.pk}/messages"
        return present(rows, AdminMessageAnswer, url, many=many)
