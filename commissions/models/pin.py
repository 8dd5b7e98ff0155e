from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from commissions.models.keys import LOOSE


class DefaultsPin(models.Model):
    """The platform's defaults as they stood for a partner whose commission was locked when they were changed.

    They count for its sales up to `until` (on its clock; null: still locked), the new ones afterwards. `rates` are
    `[{"id": 1, "from": "2026-01-01T00:00:00", "to": null}]`: versions of rates with their validity as it was.
    """

    partner = models.ForeignKey(
        "partners.Partner", models.PROTECT, **LOOSE, related_name="+", verbose_name=_("partner")
    )
    rates = models.JSONField(_("rates"), default=list)
    until = models.DateTimeField(_("until"), null=True, blank=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("defaults kept")
        verbose_name_plural = _("defaults kept")
        indexes = [models.Index(F("partner"), F("id").desc(), name="pin_partner")]

    def __str__(self) -> str:
        return str(self.partner_id)
