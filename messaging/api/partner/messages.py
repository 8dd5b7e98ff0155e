"""A partner's inbox: `/{locale}/partners/messages`."""

from dataclasses import replace
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
from messaging.api.answers import MessageAnswer, UnreadAnswer, present
from messaging.api.files import DOWNLOAD, attachment_answer
from messaging.api.filters import MessageFilters
from messaging.api.forms import EmptyForm, MessageForm, ReplyForm, WriteForm, read_draft
from messaging.models import Message
from messaging.selectors.messages import count_unread, get_message, list_messages, messages_of, open_attachment
from messaging.services.messages import Draft, mark_read, send_message
from partners.api.base import PartnerViewSet
from partners.errors import InsufficientPartnerPermissions, ScopeInsufficient, StoreAccessDenied

REFUSED = (InsufficientPartnerPermissions, ScopeInsufficient, StoreAccessDenied)
FILES = (
    "As a form, `attachments[]` holds up to 5 files: PDF, JPEG, PNG, WebP, text, CSV, DOCX, XLSX, each at most 10 MB "
    "and 25 MB together. Pictures are made anew."
)


class MessageViewSet(PartnerViewSet):
    """What partner and platform write to each other; the platform's internal notes do not exist here."""

    parser_classes = [StrictJSONParser, MessageForm]
    capabilities = {
        "list": "messages.view",
        "unread": "messages.view",
        "retrieve": "messages.view",
        "attachment": "messages.view",
        "read": "messages.view",
        "create": "messages.send",
        "reply": "messages.send",
    }
    parameters = {"list": PAGE_PARAMETERS | MessageFilters.names()}
    repeatable = frozenset({"create", "reply"})

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.shop_ids is not None:
            # They speak of the partner as a whole: agreements, statements.
            raise StoreAccessDenied

    @document(
        "List messages",
        answer=MessageAnswer,
        many=True,
        paginated=True,
        parameters=MessageFilters.described(),
        raises=(*REFUSED, ValidationFailed),
        example=[examples.MESSAGE],
        description="Newest first. `meta.unread` counts the platform's messages that nobody here has read.",
        operation_id="partners_messages_list",
    )
    def list(self, request: Request, locale: str) -> Response:
        filters = MessageFilters(request.query_params, messages_of(self.partner, as_platform=False))
        page = self.page()
        found = list_messages(partner=self.partner, narrowed=filters.narrowed, page=page, as_platform=False)
        meta = {**page.meta(found.total), "unread": found.unread}
        return envelope.ok(self._shown(found.rows, locale, many=True), meta=meta)

    @document("Count unread messages", answer=UnreadAnswer, raises=REFUSED, example={"unread": 2})
    def unread(self, request: Request, locale: str) -> Response:
        return envelope.ok({"unread": count_unread(partner=self.partner, as_platform=False)})

    @document(
        "Write to the platform",
        answer=MessageAnswer,
        body={"application/json": WriteForm, "multipart/form-data": WriteForm},
        code=201,
        raises=(*REFUSED, ValidationFailed),
        example={**examples.MESSAGE, "sender": "partner"},
        body_example=examples.WRITE,
        description=f"Begins a conversation. {FILES}",
    )
    def create(self, request: Request, locale: str) -> Response:
        return self._send(read_draft(self.validated(WriteForm)), locale)

    @document("Get a message", answer=MessageAnswer, raises=(*REFUSED, ResourceNotFound), example=examples.MESSAGE)
    def retrieve(self, request: Request, locale: str, pk: int) -> Response:
        return envelope.ok(self._shown(get_message(partner=self.partner, message_id=pk, as_platform=False), locale))

    @document(
        "Answer a message",
        answer=MessageAnswer,
        body={"application/json": ReplyForm, "multipart/form-data": ReplyForm},
        code=201,
        raises=(*REFUSED, ResourceNotFound, ValidationFailed),
        example={**examples.MESSAGE, "sender": "partner"},
        body_example=examples.REPLY,
        description=f"In the same conversation, whose messages of the platform count as read from then on. {FILES}",
    )
    def reply(self, request: Request, locale: str, pk: int) -> Response:
        return self._send(replace(read_draft(self.validated(ReplyForm)), answers_id=pk), locale)

    @document(
        "Mark a message as read",
        answer=MessageAnswer,
        body=EmptyForm,
        raises=(*REFUSED, ResourceNotFound, ValidationFailed),
        example={**examples.MESSAGE, "is_read": True, "read_at": "2026-11-24T10:02:11Z"},
        body_example={},
        description="The first time counts. One's own messages stay as they are: the platform reads them.",
    )
    def read(self, request: Request, locale: str, pk: int) -> Response:
        self.validated(EmptyForm)
        message = mark_read(
            actor=self.actor,
            partner=self.partner,
            reader=None if self.staff is None else self.staff.user,
            message_id=pk,
            as_platform=False,
            at=self.now,
        )
        return envelope.ok(self._shown(message, locale))

    @document(
        "Download an attachment", raises=(*REFUSED, ResourceNotFound), media=DOWNLOAD, description="The file, as it is."
    )
    def attachment(self, request: Request, locale: str, pk: int, attachment_id: int) -> FileResponse:
        return attachment_answer(
            open_attachment(partner=self.partner, message_id=pk, attachment_id=attachment_id, as_platform=False)
        )

    def _send(self, draft: Draft, locale: str) -> Response:
        message = send_message(
            actor=self.actor,
            partner=self.partner,
            author=None if self.staff is None else self.staff.user,
            from_platform=False,
            draft=draft,
            at=self.now,
        )
        return envelope.created(self._shown(message, locale))

    @staticmethod
    def _shown(rows: Message | Any, locale: str, *, many: bool = False) -> Any:
        return present(rows, MessageAnswer, f"/{locale}/partners/messages", many=many)
