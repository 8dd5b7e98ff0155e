"""Reading SMS texts of one's own."""

from django.db.models import QuerySet

from loyalty.errors import ResourceNotFound
from messaging.models import SmsTemplate
from messaging.rules.sms_templates import VARIABLES
from messaging.selectors.own_texts import OURS, choose
from partners.models import Partner


def find_sms_text(*, partner: Partner | None, code: str, language: str) -> str | None:
    """The partner's text, else the platform's; None: the built-in one, or none at all."""
    is_built_in = code in VARIABLES
    chosen = choose(
        SmsTemplate.objects.all(),
        partner=partner,
        code=code,
        language=language,
        built_in=lambda wanted: True if is_built_in and wanted in OURS else None,
    )
    return chosen.text if isinstance(chosen, SmsTemplate) else None


def list_sms_templates(partner: Partner) -> "QuerySet[SmsTemplate]":
    """The partner's own texts, by code and language."""
    return SmsTemplate.objects.filter(partner=partner).order_by("code", "language", "pk")


def get_sms_template(*, partner: Partner, template_id: int) -> SmsTemplate:
    """Raises ResourceNotFound."""
    found = SmsTemplate.objects.filter(partner=partner, pk=template_id).first()
    if found is None:
        raise ResourceNotFound
    return found
