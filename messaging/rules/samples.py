"""What a preview fills into a template: values as a real message would have them."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SAMPLES: dict[str, str | Promise] = {
    "partner_name": "Kavos namai",
    "platform_name": "Loyalty",
    "subject": _("Agreement for next year"),
    "message": _("The agreement is ready.\n\nPlease read it and send it back signed."),
    "sender": "Loyalty",
    "attachments": "agreement-2027.pdf",
    "link": "https://loyalty.example/",
    "status": _("Active"),
    "reason": _("All papers are in order."),
    "name": "Ona",
    "role": _("Manager"),
    "paper": _("Business registration"),
    "number": "LOY-2026-000123",
    "period": "2026-10",
    "amount": "1 234.50 EUR",
    "url": "https://till.kavosnamai.example/webhooks",
    "since": "2026-11-26 14:05",
}
