from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.choices import OtpPurpose


class OneTimeCode(models.Model):
    """One code that was sent to a phone: kept as a keyed digest, good for one purpose, three tries and one use.

    A code that a partner's server asked for (`partner`) opens nothing but that partner. Of several that a phone got for
    a purpose only the newest counts. Rows are kept for a day, because limits look back
    that far.
    """

    phone = models.CharField(_("phone"), max_length=20)
    purpose = models.CharField(_("purpose"), max_length=10, choices=OtpPurpose)
    partner = models.ForeignKey(
        "partners.Partner", models.PROTECT, null=True, related_name="+", verbose_name=_("asked for by")
    )
    digest = models.BinaryField(max_length=32)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("expires at"))
    used_at = models.DateTimeField(_("used at"), null=True)

    class Meta:
        verbose_name = _("one-time code")
        verbose_name_plural = _("one-time codes")
        constraints = [models.CheckConstraint(condition=models.Q(tries__lte=3), name="one_time_code_tries")]
        indexes = [
            models.Index(fields=["phone", "-created_at"], name="one_time_code_phone"),
            models.Index(fields=["created_at"], name="one_time_code_age"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk}"
