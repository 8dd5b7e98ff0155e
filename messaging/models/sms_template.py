from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from messaging.choices import SmsTemplateCode


class SmsTemplate(models.Model):
    """What an SMS says in one language in place of the built-in text; one with a partner stands above it."""

    partner = models.ForeignKey(
        "partners.Partner",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("partner"),
        help_text=_("Empty: for every partner."),
    )
    code = models.CharField(_("template"), max_length=20, choices=SmsTemplateCode)
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES)
    text = models.TextField(_("text"), max_length=459)
    is_active = models.BooleanField(_("active"), default=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("SMS text")
        verbose_name_plural = _("SMS texts")
        constraints = [
            models.UniqueConstraint(
                fields=["code", "language", "partner"], nulls_distinct=False, name="sms_template_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.language}"
