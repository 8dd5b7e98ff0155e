from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from commissions.choices import Component
from commissions.models.keys import MONEY


class ManualLine(models.Model):
    """Why a line was made by hand, and by whom; the line itself names it as its source. Never edited.

    What was wrong is taken back by another one, that `reverses` it, once.
    """

    partner = models.ForeignKey("partners.Partner", models.PROTECT, related_name="+", verbose_name=_("partner"))
    component = models.CharField(_("component"), max_length=10, choices=Component)
    amount = models.DecimalField(_("amount"), **MONEY)
    currency = models.CharField(_("currency"), max_length=3)
    reason = models.CharField(_("reason"), max_length=500)
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="reversed_by", verbose_name=_("takes back")
    )
    created_at = models.DateTimeField(_("created at"), db_default=Now())
    actor_kind = models.CharField(_("actor kind"), max_length=20)
    actor_id = models.BigIntegerField(_("actor id"), null=True)

    class Meta:
        verbose_name = _("line by hand")
        verbose_name_plural = _("lines by hand")
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="manual_not_nothing"),
            models.CheckConstraint(condition=~Q(reason=""), name="manual_has_reason"),
            models.CheckConstraint(condition=Q(component__in=Component.values), name="manual_component_known"),
        ]
        indexes = [models.Index(F("partner"), F("id").desc(), name="manual_partner")]

    def __str__(self) -> str:
        return f"{self.amount.normalize():f} {self.currency}"
