"""The page of one conversation: who said what, what is read, and the form of an answer."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from loyalty.backoffice.base import actor_of
from loyalty.backoffice.display import change_url, instant, link, list_url
from loyalty.errors import LoyaltyError
from loyalty.models import User
from messaging.admin.message_forms import AnswerForm, add_refusal
from messaging.choices import MessageType
from messaging.models import Message
from messaging.selectors.messages import Conversation, read_conversation
from messaging.services.messages import send_message


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message as it stands on the page."""

    message: Message
    side: str
    author: Any
    kind: str
    state: str
    files: list[tuple[str, str, int]]
    email: Any


def reader_of(request: HttpRequest) -> User:
    """The account at the screen; `admin_view` lets nobody else in."""
    assert isinstance(request.user, User)
    return request.user


def answer_page(model_admin: Any, request: HttpRequest, message: Message) -> HttpResponse:
    """The conversation; a POST writes an answer into it."""
    may_write = model_admin.has_add_permission(request)
    sent = request.POST.copy()
    form = AnswerForm(sent if request.method == "POST" else None, request.FILES or None)
    if request.method == "POST":
        if not may_write:
            raise PermissionDenied
        if form.is_valid() and (done := _answer(request, message, form)):
            return done
    conversation = read_conversation(message=message, before=_before(request))
    # Whoever was told of newer messages sees them now.
    form.initial.update(seen=conversation.last_id, is_internal=conversation.root.is_internal)
    sent["seen"] = str(conversation.last_id)
    return _shown(model_admin, request, conversation, form=form if may_write else None)


def _answer(request: HttpRequest, message: Message, form: AnswerForm) -> HttpResponse | None:
    root = Message.objects.select_related("partner").get(pk=message.thread_root_id)
    try:
        made = send_message(
            actor=actor_of(request),
            partner=root.partner,
            author=reader_of(request),
            from_platform=True,
            draft=form.draft(root),
            at=timezone.now(),
        )
    except LoyaltyError as refusal:
        add_refusal(form, refusal)
        return None
    messages.success(request, _("The note was kept.") if made.is_internal else _("The answer was sent."))
    return redirect(f"{change_url('messaging.message', root.pk)}#message-{made.pk}")


def _before(request: HttpRequest) -> int | None:
    asked = request.GET.get("before", "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else None


def _shown(model_admin: Any, request: HttpRequest, conversation: Conversation, *, form: Any) -> HttpResponse:
    root = conversation.root
    before = _before(request)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": root.subject or root.text[:60],
        "opts": model_admin.opts,
        "root": root,
        "partner": link(root.partner),
        "bubbles": [bubble_of(message, root) for message in conversation.messages],
        "earlier": conversation.earlier,
        "earlier_url": f"?before={conversation.messages[0].pk}" if conversation.earlier else "",
        "is_past": before is not None,
        "page_url": change_url("messaging.message", root.pk),
        "unread": conversation.unread,
        "has_theirs": any(not message.is_from_platform for message in conversation.messages),
        "may_mark": request.user.has_perm("messaging.change_message"),
        "history_url": list_url("loyalty.auditevent", target_type__exact="messaging.message", target_id__exact=root.pk)
        if request.user.has_perm("loyalty.view_auditevent")
        else "",
        "form": form if before is None else None,
    }
    request.current_app = model_admin.admin_site.name
    return TemplateResponse(request, "messaging/backoffice/conversation.html", context)


def bubble_of(message: Message, root: Message) -> Bubble:
    """The message with everything that its reader wants to know."""
    side = "note" if message.is_internal else "platform" if message.is_from_platform else "partner"
    named = settings.PLATFORM_NAME if message.is_from_platform else str(root.partner)
    files = [
        (reverse("admin:messaging_message_attachment", args=[message.pk, file.pk]), file.name, file.size)
        for file in message.attachments.all()
    ]
    return Bubble(
        message=message,
        side=side,
        author=_name(message.author) if message.author else named,
        kind="" if message.message_type == MessageType.MESSAGE else message.get_message_type_display(),
        state="" if message.is_internal else _read_state(message),
        files=files,
        email=link(message.email, message.email.get_status_display()) if message.email else "",
    )


def _name(user: User) -> str:
    return user.name or user.email


def _read_state(message: Message) -> str:
    if message.read_at is None:
        return _("not read yet") if message.is_from_platform else _("unread")
    if message.read_by is None:
        return _("read %(at)s") % {"at": instant(message.read_at)}
    return _("read %(at)s by %(who)s") % {"at": instant(message.read_at), "who": _name(message.read_by)}
