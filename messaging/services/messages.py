"""Writing to each other: partners and the platform."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from loyalty.errors import ResourceNotFound, ValidationFailed
from loyalty.events import publish
from loyalty.files.uploads import Checked
from loyalty.models import User
from loyalty.services import audit
from loyalty.services.audit import Actor
from messaging.choices import MessageTopic, MessageType
from messaging.errors import ConversationMoved
from messaging.events import MessageReceived
from messaging.models import EmailMessage, Message, MessageAttachment
from messaging.selectors.messages import get_message, messages_of, thread_of, unread
from messaging.services.emails import queue_email
from partners.models import Partner


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wants to say."""

    text: str
    subject: str = ""
    # None: that of the conversation.
    topic: str | None = None
    message_type: str = MessageType.MESSAGE
    is_internal: bool = False
    by_email: bool = False
    # Any message of the conversation that this is an answer in.
    answers_id: int | None = None
    # The newest message on the writer's screen; None: nobody looked.
    seen_id: int | None = None
    files: Sequence[Checked] = field(default=())


def send_message(
    *, actor: Actor, partner: Partner, author: User | None, from_platform: bool, draft: Draft, at: datetime
) -> Message:
    """Write a message down, with its files and, if wanted, an e-mail to the partner.

    Whoever answers has read what the other side wrote in that conversation. Raises ResourceNotFound for a conversation
    that is not this partner's, ValidationFailed for a note that should leave the house and for an answer to notes that
    should not, ConversationMoved where something was written after what the writer saw.
    """
    _check(draft, from_platform)
    stored: list[MessageAttachment] = []
    try:
        with transaction.atomic():
            message = _write(partner, author, from_platform, draft, at)
            _attach(message, draft.files, stored)
            if draft.by_email:
                message.email = _by_email(message, partner, draft, at)
                message.save(update_fields=["email"])
            _tell(actor, message, draft)
            return get_message(partner=partner, message_id=message.pk, as_platform=True)
    except BaseException:
        # The rows are undone with the transaction; files know no transactions.
        for attachment in stored:
            attachment.file.delete(save=False)
        raise


def _write(partner: Partner, author: User | None, from_platform: bool, draft: Draft, at: datetime) -> Message:
    answered = _answered(partner, draft.answers_id, from_platform)
    # What a note is called and about is no partner's to read: the platform's answers take it from the first message.
    kin = answered
    if answered is not None:
        root = _hold(partner, answered.thread_root_id, draft.seen_id)
        kin = root if from_platform else answered
        if root.is_internal and from_platform and not draft.is_internal:
            raise ValidationFailed(errors={"is_internal": [_("Partners see nothing of a conversation of notes.")]})
    message = Message.objects.create(
        partner=partner,
        thread_id=None if answered is None else answered.thread_root_id,
        is_from_platform=from_platform,
        author=author,
        message_type=draft.message_type,
        topic=draft.topic or (MessageTopic.GENERAL if kin is None else kin.topic),
        subject=draft.subject or ("" if kin is None else kin.subject),
        text=draft.text,
        is_internal=draft.is_internal,
        sent_at=at,
    )
    if message.thread_id is not None and not draft.is_internal:
        waiting = thread_of(partner_id=partner.pk, root_id=message.thread_id).filter(unread(as_platform=from_platform))
        waiting.update(read_at=at, read_by=author)
    return message


def _hold(partner: Partner, root_id: int, seen_id: int | None) -> Message:
    """The first message, so that nobody else answers in this conversation meanwhile. Raises ConversationMoved."""
    root = Message.objects.select_for_update(no_key=True).get(pk=root_id)
    if seen_id is not None and thread_of(partner_id=partner.pk, root_id=root_id).filter(pk__gt=seen_id).exists():
        raise ConversationMoved
    return root


def _tell(actor: Actor, message: Message, draft: Draft) -> None:
    kind = "message.noted" if draft.is_internal else "message.sent"
    kinds = {"message_type": str(message.message_type), "topic": str(message.topic)}
    changes: dict[str, tuple[Any, Any]] = {name: (None, value) for name, value in kinds.items()}
    changes["files"] = (None, len(draft.files))
    at, partner_id = message.sent_at, message.partner_id
    audit.record(actor=actor, action=kind, target=message, partner_id=partner_id, changes=changes, at=at)
    if not draft.is_internal:
        publish(MessageReceived(partner_id, message.pk, message.is_from_platform, **kinds, at=at))


@transaction.atomic
def mark_read(
    *, actor: Actor, partner: Partner, reader: User | None, message_id: int, as_platform: bool, at: datetime
) -> Message:
    """Note that this side has read a message of the other one; the first time counts. Raises ResourceNotFound."""
    message = get_message(partner=partner, message_id=message_id, as_platform=as_platform)
    waiting = Message.objects.filter(unread(as_platform=as_platform), partner=partner, pk=message_id)
    if waiting.update(read_at=at, read_by=reader):
        changes = {"read_at": (None, at)}
        audit.record(actor=actor, action="message.read", target=message, partner_id=partner.pk, changes=changes, at=at)
    return get_message(partner=partner, message_id=message_id, as_platform=as_platform)


@transaction.atomic
def mark_conversation(
    *, actor: Actor, partner: Partner, reader: User, message_id: int, is_read: bool, at: datetime
) -> int:
    """The platform has read all of a conversation, or wants to come back to the partner's newest message in it.

    How many messages that changed. Raises ResourceNotFound.
    """
    message = get_message(partner=partner, message_id=message_id, as_platform=True)
    _hold(partner, message.thread_root_id, None)
    thread = thread_of(partner_id=partner.pk, root_id=message.thread_root_id)
    if is_read:
        changed = thread.filter(unread(as_platform=True)).update(read_at=at, read_by=reader)
    else:
        theirs = thread.filter(is_from_platform=False).order_by("-pk").values("pk")[:1]
        changed = thread.filter(pk__in=theirs, read_at__isnull=False).update(read_at=None, read_by=None)
    if changed:
        action = "message.thread_read" if is_read else "message.thread_unread"
        root = Message(pk=message.thread_root_id)
        changes = {"messages": (None, changed)}
        audit.record(actor=actor, action=action, target=root, partner_id=partner.pk, changes=changes, at=at)
    return changed


def _check(draft: Draft, from_platform: bool) -> None:
    if draft.is_internal and not from_platform:
        raise ValidationFailed(errors={"is_internal": [_("Only platform staff write internal notes.")]})
    if draft.is_internal and draft.by_email:
        raise ValidationFailed(errors={"send_email": [_("An internal note is not sent to anybody.")]})


def _answered(partner: Partner, answers_id: int | None, from_platform: bool) -> Message | None:
    if answers_id is None:
        return None
    found = messages_of(partner, as_platform=from_platform).filter(pk=answers_id).first()
    if found is None:
        raise ResourceNotFound(errors={"thread_id": [_("There is no such message.")]})
    return found


def _attach(message: Message, files: Sequence[Checked], stored: list[MessageAttachment]) -> None:
    """Store the files; `stored` names those that lie there already if one of them fails."""
    for file in files:
        attachment = MessageAttachment(
            partner_id=message.partner_id,
            message=message,
            name=file.name,
            content_type=file.content_type,
            size=file.size,
            sha256=file.sha256,
        )
        attachment.file.save(file.name, ContentFile(file.content), save=False)
        stored.append(attachment)
        attachment.save(force_insert=True)


def _by_email(message: Message, partner: Partner, draft: Draft, at: datetime) -> EmailMessage:
    is_request = draft.message_type == MessageType.DOCUMENT_REQUEST
    return queue_email(
        partner=partner,
        to=partner.contact_email,
        template="documents_requested" if is_request else "message_received",
        values={
            "subject": message.subject or settings.PLATFORM_NAME,
            "message": message.text,
            "sender": settings.PLATFORM_NAME,
            "attachments": "\n".join(file.name for file in draft.files),
        },
        language=partner.default_language,
        at=at,
    )
