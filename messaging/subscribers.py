"""Mails that follow from what happens to partners. Each is written in its cause's transaction."""

from datetime import datetime
from logging import getLogger
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from loyalty import events
from loyalty.errors import ValidationFailed
from messaging.choices import EndpointState
from messaging.events import WebhookFailed
from messaging.rules.secret_links import shown_address
from messaging.services.emails import queue_email
from partners.choices import PaperKind, PartnerStatus, ReviewStatus, StaffRole
from partners.events import PaperReviewed, PartnerStatusChanged, StaffInvited
from partners.models import Partner, StaffMember
from partners.selectors.staff import list_owner_addresses

WEBHOOK_MAILS: dict[str, str] = {
    EndpointState.ACTIVE: "webhook_failing",
    EndpointState.PAUSED: "webhook_paused",
    EndpointState.DISABLED: "webhook_disabled",
}
logger = getLogger("loyalty.mail")


def register() -> None:
    """Called once, when the app is ready."""
    events.subscribe(PartnerStatusChanged, tell_status)
    events.subscribe(StaffInvited, tell_invited)
    events.subscribe(PaperReviewed, tell_refused_paper)
    events.subscribe(WebhookFailed, tell_failing_webhook)


def tell_status(event: PartnerStatusChanged) -> None:
    """The partner's contact hears of its new state, with the reason where there is one."""
    if event.notify:
        words = {"status": PartnerStatus(event.after).label, "reason": event.reason, "link": f"{settings.BASE_URL}/"}
        _to_contact(event.partner_id, "partner_status_changed", words, event.at)


def tell_refused_paper(event: PaperReviewed) -> None:
    """The partner's contact hears which paper to send again; a good one needs no mail."""
    if event.state == ReviewStatus.FAILED:
        words = {"paper": PaperKind(event.kind).label, "reason": event.reason, "link": f"{settings.BASE_URL}/"}
        _to_contact(event.partner_id, "paper_refused", words, event.at)


def tell_invited(event: StaffInvited) -> None:
    """Who was put on a staff hears of it. The mail holds no secret: its reader asks for a link to choose a password."""
    staff = StaffMember.objects.select_related("user", "partner").get(pk=event.staff_id)
    words = {
        "name": staff.user.get_short_name(),
        "role": StaffRole(staff.role).label,
        "link": f"{settings.BASE_URL}/account/forgot/" if event.is_new else f"{settings.BASE_URL}/",
    }
    template = "staff_invited" if event.is_new else "staff_added"
    _queue(staff.partner, staff.user.email, staff.user.language, template=template, words=words, at=event.at)


def tell_failing_webhook(event: WebhookFailed) -> None:
    """The owners hear that their own system hears nothing, in the partner's language."""
    partner = Partner.objects.get(pk=event.partner_id)
    since = event.failing_since.astimezone(ZoneInfo(partner.time_zone))
    words = {"url": shown_address(event.url), "since": f"{since:%Y-%m-%d %H:%M}"}
    template = WEBHOOK_MAILS[event.state]
    for address in list_owner_addresses(partner=partner):
        _queue(partner, address, partner.default_language, template=template, words=words, at=event.at)


def _to_contact(partner_id: int, template: str, words: dict[str, Any], at: datetime) -> None:
    partner = Partner.objects.get(pk=partner_id)
    _queue(partner, partner.contact_email, partner.default_language, template=template, words=words, at=at)


def _queue(partner: Partner, to: str, language: str, *, template: str, words: dict[str, Any], at: datetime) -> None:
    """Write the mail, its words in the language of its texts. An address that is none stops nobody's work."""
    try:
        queue_email(partner=partner, to=to, template=template, values=words, language=language, at=at)
    except ValidationFailed:
        logger.warning("address", extra={"partner_id": partner.pk, "template": template})
