"""E-mails to one partner: `/{locale}/admin/partners/{id}/send-email` and `…/emails`."""

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from loyalty.api import envelope
from loyalty.api.base import PAGE_PARAMETERS, enforce_limit
from loyalty.api.schema import document
from loyalty.errors import ResourceNotFound, ValidationFailed
from loyalty.limits.limiter import Limits
from messaging.api import examples
from messaging.api.answers import EmailAnswer
from messaging.api.filters import EmailFilters
from messaging.api.forms import MOST_TEXT, one_line, plain_text
from messaging.selectors.emails import emails_of, get_email, list_emails
from messaging.services.partner_emails import email_partner
from partners.api.admin.base import AdminPartnerViewSet
from partners.errors import InsufficientPartnerPermissions, PartnerNotFound

REFUSED = (InsufficientPartnerPermissions, PartnerNotFound)
# Of mails to one partner, whoever sends them: a script that went wild must not fill somebody's mailbox.
MAIL_LIMITS = Limits(per_hour=60, per_minute=10)


class SendEmailForm(serializers.Serializer):
    """What is sent; `template_type` is the code of a template that takes words of one's own."""

    subject = serializers.CharField(max_length=200, validators=[one_line])
    message = serializers.CharField(max_length=MOST_TEXT, validators=[plain_text])
    template_type = serializers.CharField(max_length=60, required=False)


class PartnerEmailViewSet(AdminPartnerViewSet):
    """Mails to a partner's contact address, and what became of them."""

    capabilities = {"send": "admin", "list": "admin", "retrieve": "admin"}
    rights = {
        "list": "messaging.view_emailmessage",
        "retrieve": "messaging.view_emailmessage",
        "send": "messaging.add_emailmessage",
    }
    parameters = {"list": PAGE_PARAMETERS | EmailFilters.names()}
    repeatable = frozenset({"send"})

    @document(
        "Send an e-mail to a partner",
        answer=EmailAnswer,
        body=SendEmailForm,
        raises=(*REFUSED, ValidationFailed),
        example=examples.EMAIL,
        body_example=examples.SEND_EMAIL,
        description="To the partner's contact address, in the partner's language and look. It is queued: its state is "
        "at `…/emails/{id}`. At most 10 a minute and 60 an hour to one partner.",
    )
    def send(self, request: Request, locale: str, id: int) -> Response:
        form = self.validated(SendEmailForm)
        enforce_limit(f"email-to:{self.partner.pk}", MAIL_LIMITS)
        email = email_partner(
            actor=self.actor,
            partner=self.partner,
            subject=form["subject"],
            message=form["message"],
            template=form.get("template_type", "custom"),
            at=self.now,
        )
        return envelope.ok(EmailAnswer(email).data)

    @document(
        "List e-mails to a partner",
        answer=EmailAnswer,
        many=True,
        paginated=True,
        parameters=EmailFilters.described(),
        raises=(*REFUSED, ValidationFailed),
        example=[examples.EMAIL],
        description="Every mail that the platform sent in connection with the partner, newest first.",
    )
    def list(self, request: Request, locale: str, id: int) -> Response:
        filters = EmailFilters(request.query_params, emails_of(self.partner))
        page = self.page()
        rows, total = list_emails(partner=self.partner, narrowed=filters.narrowed, page=page)
        return envelope.ok(EmailAnswer(rows, many=True).data, meta=page.meta(total))

    @document(
        "Get the state of an e-mail",
        answer=EmailAnswer,
        raises=(*REFUSED, ResourceNotFound),
        example={**examples.EMAIL, "status": "sent", "attempts": 1, "sent_at": "2026-11-24T09:15:02Z"},
    )
    def retrieve(self, request: Request, locale: str, id: int, email_id: int) -> Response:
        return envelope.ok(EmailAnswer(get_email(partner=self.partner, email_id=email_id)).data)
