from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from commissions.choices import ClosePolicy
from commissions.models.keys import MONEY, MONTH


class CommissionTerms(models.Model):
    """What was agreed with a partner about its months as a whole, from one month on. Never edited.

    For a month the last one said counts, of those that begin with it or before. `automatic_since` is when closing by
    itself was switched on: months that had ended before are left to people (decision 28).
    """

    partner = models.ForeignKey("partners.Partner", models.PROTECT, related_name="+", verbose_name=_("partner"))
    valid_from = models.CharField(_("from month"), max_length=7)
    minimum = models.DecimalField(_("minimum"), **MONEY, default=0)
    cap = models.DecimalField(_("cap"), **MONEY, null=True, blank=True)
    threshold = models.DecimalField(_("settlement threshold"), **MONEY, default=0)
    pays_out = models.BooleanField(_("pays a negative balance out"), default=False)
    close_policy = models.CharField(
        _("closing"), max_length=9, choices=ClosePolicy, default=ClosePolicy.BY_HAND, db_default="by_hand"
    )
    close_after_days = models.PositiveSmallIntegerField(_("days after the month's end"), default=5, db_default=5)
    automatic_since = models.DateTimeField(_("closing by itself since"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), db_default=Now())
    actor_kind = models.CharField(_("actor kind"), max_length=20)
    actor_id = models.BigIntegerField(_("actor id"), null=True)

    class Meta:
        verbose_name = _("terms of commission")
        verbose_name_plural = _("terms of commission")
        constraints = [
            models.CheckConstraint(condition=Q(valid_from__regex=MONTH), name="terms_month"),
            models.CheckConstraint(
                condition=Q(minimum__gte=0, threshold__gte=0) & (Q(cap=None) | Q(cap__gte=F("minimum"))),
                name="terms_money_range",
            ),
            models.CheckConstraint(condition=Q(close_after_days__lte=60), name="terms_close_days"),
            models.CheckConstraint(
                condition=Q(close_policy=ClosePolicy.BY_HAND, automatic_since=None)
                | Q(close_policy=ClosePolicy.AUTOMATIC, automatic_since__isnull=False),
                name="terms_close_policy",
            ),
        ]
        indexes = [models.Index(F("partner"), F("id").desc(), name="terms_partner")]

    def __str__(self) -> str:
        return f"{self.partner_id} {self.valid_from}"
