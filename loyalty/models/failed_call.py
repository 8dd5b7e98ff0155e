from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _


class FailedCall(models.Model):
    """One of the last refused calls of an API key, for whoever integrates with us: never what was sent, only where it
    went and what was wrong. Bounded for each key; the kernel knows no partners, so their ids are plain.
    """

    partner_id = models.BigIntegerField(_("partner id"))
    credential_id = models.BigIntegerField(_("API credential id"))
    at = models.DateTimeField(_("at"))
    method = models.CharField(_("method"), max_length=10)
    path = models.CharField(_("path"), max_length=200)
    parameters = ArrayField(models.CharField(max_length=60), verbose_name=_("query parameters"), default=list)
    status = models.PositiveSmallIntegerField(_("status"))
    code = models.CharField(_("code"), max_length=60)
    fields = ArrayField(models.CharField(max_length=60), verbose_name=_("fields"), default=list)
    request_id = models.CharField(_("request id"), max_length=64)

    class Meta:
        verbose_name = _("failed call")
        verbose_name_plural = _("failed calls")
        indexes = [
            models.Index(F("credential_id"), F("id").desc(), name="failed_call_credential"),
            models.Index(F("partner_id"), F("id").desc(), name="failed_call_partner"),
            models.Index(fields=["at"], name="failed_call_age"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status}"
