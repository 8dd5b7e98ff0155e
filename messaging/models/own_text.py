from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

CODE = RegexValidator(r"^[a-z][a-z0-9_]{2,59}\Z", _("Small letters, digits and underscores, beginning with a letter."))
LANGUAGE = RegexValidator(r"^[a-z]{2}(-[a-z]{2})?\Z", _("A language code such as lt or pt-br."))


class OwnText(models.Model):
    """What every template has, whichever way it is sent: its code, its language, and whose it is.

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
    is_active = models.BooleanField(
        _("in use"), default=True, help_text=_("Off: kept as a draft; the built-in text is sent.")
    )
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.code} ({self.language})"
