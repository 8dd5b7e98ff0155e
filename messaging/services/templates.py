"""Texts of messages in place of the built-in ones."""

from datetime import datetime

from django.db import transaction

from loyalty.services import audit
from loyalty.services.audit import Actor
from messaging.models import MessageTemplate
from messaging.rules.letters import Letter, Texts, write_letter
from messaging.rules.templates import known_variables
from messaging.selectors.templates import get_look


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
    """What a reader would get, with the meaning of each variable in its place."""
    values = {name: f"[{meaning}]" for name, meaning in known_variables(template.code).items()}
    partner = template.partner
    if partner is not None:
        values["partner_name"] = partner.name
    if "link" in values:
        values["link"] = "https://example.com/"
    texts = Texts(template.subject, template.body, template.button, template.language)
    return write_letter(texts, values, get_look(partner))
