"""Texts of messages in place of the built-in ones."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from loyalty.services import audit
from loyalty.services.audit import Actor
from messaging.models import MessageTemplate
from messaging.rules.letters import Letter, Texts, write_letter
from messaging.rules.samples import SAMPLES
from messaging.rules.templates import known_variables
from messaging.selectors.templates import get_look
from partners.models import Partner


@transaction.atomic
def delete_template(*, actor: Actor, template: MessageTemplate, reason: str, at: datetime) -> None:
    """Take a text of one's own away: from now on the built-in one is sent again, where there is one."""
    said = {name: (getattr(template, name), None) for name in ("code", "language", "subject", "body", "button")}
    audit.record(
        actor=actor,
        action="message_template.deleted",
        target=template,
        partner_id=template.partner_id,
        changes=said,
        personal=(),
        reason=reason,
        at=at,
    )
    template.delete()


def preview_letter(*, template: MessageTemplate) -> Letter:
    """What a reader would get, with a sample in the place of each variable."""
    texts = Texts(template.subject, template.body, template.button, template.language)
    return preview_texts(code=template.code, texts=texts, partner=template.partner)


def preview_texts(*, code: str, texts: Texts, partner: Partner | None = None) -> Letter:
    """These texts with samples, in the look of a partner or of the platform."""
    values: dict[str, object] = {name: SAMPLES.get(name, f"[{name}]") for name in known_variables(code)}
    values["platform_name"] = settings.PLATFORM_NAME
    if partner is not None:
        values["partner_name"] = partner.name
    return write_letter(texts, values, get_look(partner))
