"""A partner's own SMS texts: `/{locale}/admin/partners/{id}/sms/templates`."""

from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from loyalty.api import envelope
from loyalty.api.base import PAGE_PARAMETERS
from loyalty.api.schema import document
from loyalty.errors import ResourceAlreadyExists, ResourceNotFound, ValidationFailed
from messaging.api.admin.sms_template_serializers import (
    PREVIEW,
    TEMPLATE,
    SmsPreviewAnswer,
    SmsPreviewForm,
    SmsTemplateAnswer,
    SmsTemplateForm,
    present_preview,
)
from messaging.selectors.sms_templates import get_sms_template, list_sms_templates
from messaging.services.sms_templates import (
    change_sms_template,
    create_sms_template,
    delete_sms_template,
    preview_sms,
)
from partners.api.admin.base import AdminPartnerViewSet
from partners.errors import InsufficientPartnerPermissions, PartnerNotFound

REFUSED = (InsufficientPartnerPermissions, PartnerNotFound)
WRITTEN = {name: TEMPLATE[name] for name in ("code", "language", "text")}


class SmsTemplateViewSet(AdminPartnerViewSet):
    """Texts by code and language, in place of the built-in ones or for `/sms/send`."""

    capabilities = dict.fromkeys(("list", "create", "retrieve", "update", "destroy", "preview"), "admin")
    rights = {
        "list": "messaging.view_smstemplate",
        "retrieve": "messaging.view_smstemplate",
        "preview": "messaging.view_smstemplate",
        "create": "messaging.add_smstemplate",
        "update": "messaging.change_smstemplate",
        "destroy": "messaging.delete_smstemplate",
    }
    parameters = {"list": PAGE_PARAMETERS}
    repeatable = frozenset({"create"})

    @document(
        "List a partner's SMS texts",
        description="By code and language.",
        answer=SmsTemplateAnswer,
        many=True,
        paginated=True,
        raises=(*REFUSED, ValidationFailed),
        example=[TEMPLATE],
    )
    def list(self, request: Request, locale: str, id: int) -> Response:
        rows, page = list_sms_templates(self.partner), self.page()
        found = rows[page.offset : page.offset + page.size]
        return envelope.ok(SmsTemplateAnswer(found, many=True).data, meta=page.meta(rows.count()))

    @document(
        "Write an SMS text for a partner",
        description=(
            "Under a built-in code (`otp_login`, `otp_register`, `otp_verify`, `app_link`) it stands in for the "
            "built-in text and may name that text's variables only; under any other it is sent by `/sms/send`."
        ),
        body=SmsTemplateForm,
        answer=SmsTemplateAnswer,
        code=201,
        raises=(*REFUSED, ResourceAlreadyExists, ValidationFailed),
        example=TEMPLATE,
        body_example=WRITTEN,
    )
    def create(self, request: Request, locale: str, id: int) -> Response:
        form = self.validated(SmsTemplateForm)
        template = create_sms_template(actor=self.actor, partner=self.partner, data=form, at=self.now)
        return envelope.created(SmsTemplateAnswer(template).data)

    @document("A partner's SMS text", answer=SmsTemplateAnswer, raises=(*REFUSED, ResourceNotFound), example=TEMPLATE)
    def retrieve(self, request: Request, locale: str, id: int, pk: int) -> Response:
        return envelope.ok(SmsTemplateAnswer(get_sms_template(partner=self.partner, template_id=pk)).data)

    @document(
        "Change a partner's SMS text",
        description="What is not named stays.",
        body=SmsTemplateForm,
        answer=SmsTemplateAnswer,
        raises=(*REFUSED, ResourceNotFound, ResourceAlreadyExists, ValidationFailed),
        example=TEMPLATE,
        body_example={"text": TEMPLATE["text"]},
    )
    def update(self, request: Request, locale: str, id: int, pk: int) -> Response:
        form = self.validated(SmsTemplateForm, partial=True)
        template = change_sms_template(actor=self.actor, partner=self.partner, template_id=pk, data=form, at=self.now)
        return envelope.ok(SmsTemplateAnswer(template).data)

    @document(
        "Delete a partner's SMS text",
        description="Messages that were sent with it stay as they are.",
        raises=(*REFUSED, ResourceNotFound),
    )
    def destroy(self, request: Request, locale: str, id: int, pk: int) -> Response:
        delete_sms_template(actor=self.actor, partner=self.partner, template_id=pk, at=self.now)
        return envelope.acknowledged(_("The SMS text is deleted."))

    @document(
        "Try an SMS text",
        description=(
            "What it says, in how many parts, and at what price of the partner's active account. Nothing is kept or "
            "sent; variables without a value stand as their names in brackets."
        ),
        body=SmsPreviewForm,
        answer=SmsPreviewAnswer,
        raises=(*REFUSED, ValidationFailed),
        example=PREVIEW,
        body_example={"code": TEMPLATE["code"], "text": TEMPLATE["text"], "variables": {"name": "Ona"}},
    )
    def preview(self, request: Request, locale: str, id: int) -> Response:
        form = self.validated(SmsPreviewForm)
        shown = preview_sms(
            partner=self.partner,
            code=form["code"],
            text=form["text"],
            values=form.get("variables", {}),
            country=form.get("country") or self.partner.country,
        )
        return envelope.ok(present_preview(shown))
