"""Reading messages. What a partner may see never contains an internal note."""

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet
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


def unread(*, as_platform: bool) -> Q:
    """Messages of the other side that nobody here has read."""
    return Q(is_from_platform=not as_platform, is_internal=False, read_at=None)


def count_unread(*, partner: Partner, as_platform: bool) -> int:
    """How many messages of the other side wait to be read."""
    return Message.objects.filter(unread(as_platform=as_platform), partner=partner).count()


def list_thread(*, message: Message) -> list[Message]:
    """The whole conversation that a message is part of, oldest first."""
    root = message.thread_root_id
    thread = Message.objects.filter(Q(pk=root) | Q(thread_id=root), partner_id=message.partner_id)
    return list(with_everything(thread).order_by("pk"))


def count_unread_across_partners() -> int:
    """How many messages of partners wait for the platform."""
    return Message.objects.filter(unread(as_platform=True)).aggregate(found=Count("pk"))["found"]
