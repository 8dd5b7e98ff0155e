"""Reading SMS texts of one's own."""

from django.db.models import F, Q

from messaging.models import SmsTemplate
from partners.models import Partner


def find_sms_text(*, partner: Partner | None, code: str, language: str) -> str | None:
    """The partner's text, else the platform's; None: the built-in one."""
    rows = SmsTemplate.objects.filter(
        Q(partner=partner) | Q(partner=None), code=code, language=language, is_active=True
    )
    return rows.order_by(F("partner").asc(nulls_last=True)).values_list("text", flat=True).first()
