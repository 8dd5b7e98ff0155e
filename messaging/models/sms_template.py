from django.db import models
from django.utils.translation import gettext_lazy as _

from messaging.models.own_text import OwnText
from messaging.rules.sms_templates import LONGEST


class SmsTemplate(OwnText):
    """What an SMS says in one language: in place of the built-in text, or a text of one's own for `/sms/send`."""

    text = models.TextField(_("text"), max_length=LONGEST)

    class Meta:
        verbose_name = _("SMS text")
        verbose_name_plural = _("SMS texts")
        constraints = [
            models.UniqueConstraint(
                fields=["code", "language", "partner"], nulls_distinct=False, name="sms_template_once"
            )
        ]
