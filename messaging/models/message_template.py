from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

CODE = RegexValidator(r"^[a-z][a-z0-9_]{2,59}\Z", _("Small letters, digits and underscores, beginning with a letter."))
LANGUAGE = RegexValidator(r"^[a-z]{2}(-[a-z]{2})?\Z", _("A language code such as lt or pt-br."))


class MessageTemplate(models.Model):
    """What a message says in one language: in place of the built-in text, or a message of one's own.

    Without a partner it holds for all; one with a partner stands above it.
    """

    code = models.CharField(_("template"), max_length=60, validators=[CODE])
    language = models.CharField(_("language"), max_length=5, validators=[LANGUAGE])
    partner = models.ForeignKey(
        "partners.Partner",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("partner"),
        help_text=_("Empty: for every partner."),
    )
    subject = models.CharField(_("subject"), max_length=200)
    body = models.TextField(_("text"), max_length=20_000)
    button = models.CharField(_("button"), max_length=80, blank=True)
    is_active = models.BooleanField(
        _("in use"), default=True, help_text=_("Off: kept as a draft; the built-in text is sent.")
    )
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("message template")
        verbose_name_plural = _("message templates")
        constraints = [
            models.UniqueConstraint(
                fields=["code", "language", "partner"], nulls_distinct=False, name="message_template_once"
            ),
            models.CheckConstraint(condition=~Q(subject="") & ~Q(body=""), name="message_template_says_something"),
        ]

    def __str__(self) -> str:
        return f"{self.code} ({self.language})"
