"""Telling partners that a statement is there, in the transaction that issues it."""

from logging import getLogger

from django.conf import settings
from django.utils.translation import override

from commissions.documents.content import amount_text, language_of
from commissions.events import StatementIssued
from commissions.models import Statement
from loyalty.errors import ValidationFailed
from messaging.services.emails import queue_email

logger = getLogger("commissions.notices")


def tell_issued(event: StatementIssued) -> None:
    """The partner's contact gets a mail in its language. Nothing on it: no mail. A bad address stops nobody's work."""
    statement = Statement.objects.select_related("partner").get(pk=event.statement_id)
    if statement.lines == 0 and statement.opening == statement.closing == 0:
        return
    partner = statement.partner
    language = language_of(statement)
    with override(language):
        amount = f"{amount_text(statement.total, statement.currency)} {statement.currency}"
    values = {
        "number": statement.shown_number,
        "period": statement.month,
        "amount": amount,
        "link": f"{settings.BASE_URL}/",
    }
    try:
        queue_email(
            partner=partner,
            to=partner.contact_email,
            template="statement_issued",
            values=values,
            # Texts of one's own may speak a language that statements do not.
            language=statement.holder.get("language") or partner.default_language,
            at=event.at,
        )
    except ValidationFailed:
        logger.warning("address", extra={"partner_id": partner.pk})
