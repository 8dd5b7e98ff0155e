"""Reading messages. What a partner may see never contains an internal note."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.files import File
from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from loyalty.api.pagination import Page
from loyalty.errors import ResourceNotFound
from messaging.models import Message, MessageAttachment
from partners.models import Partner


def messages_of(partner: Partner, *, as_platform: bool) -> QuerySet[Message]:
    """The messages of a partner that this side may see."""
    messages = Message.objects.filter(partner=partner)
    return messages if as_platform else messages.filter(is_internal=False)


@dataclass(frozen=True, slots=True)
class MessagePage:
    """One page, how many there are, and how many of all of them this side has not read."""

    rows: list[Message]
    total: int
    unread: int


def list_messages(*, partner: Partner, narrowed: QuerySet[Message], page: Page, as_platform: bool) -> MessagePage:
    """One page of messages, newest first, with everything that an answer shows."""
    rows = narrowed.filter(partner=partner)
    shown = with_everything(rows).order_by("-pk")[page.offset : page.offset + page.size]
    return MessagePage(list(shown), rows.count(), count_unread(partner=partner, as_platform=as_platform))


def with_everything(messages: QuerySet[Message]) -> QuerySet[Message]:
    """With author and attachments, in a number of queries that does not grow with the rows."""
    return messages.select_related("author", "email").prefetch_related("attachments")


def get_message(*, partner: Partner, message_id: int, as_platform: bool) -> Message:
    """One message. Raises ResourceNotFound, for another partner's and for a note that is not for this side too."""
    found = with_everything(messages_of(partner, as_platform=as_platform)).filter(pk=message_id).first()
    if found is None:
        raise ResourceNotFound(errors={"message_id": [_("There is no such message.")]})
    return found


def get_attachment(*, partner: Partner, message_id: int, attachment_id: int, as_platform: bool) -> MessageAttachment:
    """A file of a message that this side may see. Raises ResourceNotFound."""
    message = get_message(partner=partner, message_id=message_id, as_platform=as_platform)
    found = MessageAttachment.objects.filter(partner=partner, message=message, pk=attachment_id).first()
    if found is None:
        raise ResourceNotFound(errors={"attachment_id": [_("There is no such attachment.")]})
    return found


def open_attachment(
    *, partner: Partner, message_id: int, attachment_id: int, as_platform: bool
) -> tuple[MessageAttachment, File]:
    """A file that this side may see, open for reading. Raises ResourceNotFound, also where only the row is left."""
    found = get_attachment(partner=partner, message_id=message_id, attachment_id=attachment_id, as_platform=as_platform)
    try:
        return found, found.file.open("rb")
    except FileNotFoundError as error:
        raise ResourceNotFound(errors={"attachment_id": [_("There is no such attachment.")]}) from error


def unread(*, as_platform: bool) -> Q:
    """Messages of the other side that nobody here has read."""
    return Q(is_from_platform=not as_platform, is_internal=False, read_at=None)


def count_unread(*, partner: Partner, as_platform: bool) -> int:
    """How many messages of the other side wait to be read."""
    return Message.objects.filter(unread(as_platform=as_platform), partner=partner).count()


def thread_of(*, partner_id: int, root_id: int) -> QuerySet[Message]:
    """The messages of one conversation, notes included."""
    return Message.objects.filter(Q(pk=root_id) | Q(thread_id=root_id), partner_id=partner_id)


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation or a stretch of it, oldest first. `unread` and `last_id` are those of the whole."""

    root: Message
    messages: list[Message]
    earlier: int
    unread: int
    last_id: int


def read_conversation(*, message: Message, before: int | None = None, most: int = 100) -> Conversation:
    """The newest `most` messages of the conversation that a message is part of, or those before one of them."""
    root = Message.objects.select_related("partner").get(pk=message.thread_root_id)
    thread = thread_of(partner_id=message.partner_id, root_id=root.pk)
    whole = thread.aggregate(unread=Count("pk", filter=unread(as_platform=True)), last=Max("pk"))
    reached = thread if before is None else thread.filter(pk__lt=before)
    shown = list(with_everything(reached).select_related("read_by").order_by("-pk")[:most])[::-1]
    earlier = reached.filter(pk__lt=shown[0].pk).count() if shown else 0
    return Conversation(root, shown, earlier, whole["unread"], whole["last"])


def conversations_across_partners() -> QuerySet[Message]:
    """The first message of every conversation, with `last_id`, `last_at` and `is_waiting` of the whole of it."""
    answers = Message.objects.filter(thread=OuterRef("pk"))
    newest = answers.order_by("-pk")
    waits = unread(as_platform=True)
    return Message.objects.filter(thread=None).annotate(
        last_id=Coalesce(Subquery(newest.values("pk")[:1]), "pk"),
        last_at=Coalesce(Subquery(newest.values("sent_at")[:1]), "sent_at"),
        is_waiting=ExpressionWrapper(waits | Exists(answers.filter(waits)), output_field=BooleanField()),
    )


def narrow_to_waiting(conversations: QuerySet[Message], *, is_waiting: bool) -> QuerySet[Message]:
    """Those in which something of the partner's waits to be read, or those in which nothing does."""
    roots = Message.objects.filter(unread(as_platform=True)).values(root=Coalesce("thread_id", "pk"))
    return conversations.filter(pk__in=roots) if is_waiting else conversations.exclude(pk__in=roots)


def list_stored_across_partners(names: Sequence[str]) -> set[str]:
    """Those of some stored files' names that an attachment has."""
    return set(MessageAttachment.objects.filter(file__in=names).values_list("file", flat=True))


def count_unread_across_partners() -> int:
    """How many messages of partners wait for the platform."""
    return Message.objects.filter(unread(as_platform=True)).aggregate(found=Count("pk"))["found"]
