from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from commissions.choices import Component, EntryKind, SourceType
from commissions.models.keys import LOOSE, MONEY


class CommissionEntry(models.Model):
    """One line of commission: one component of one category group of one sale or refund, or a correction of it.

    `period` is where it is posted, `origin_month` the month of the sale it speaks of. While its period is open it
    follows its source; from the lock on it never changes (a trigger refuses), and what comes later is another line.
    """

    partner = models.ForeignKey(
        "partners.Partner", models.PROTECT, **LOOSE, related_name="+", verbose_name=_("partner")
    )
    period = models.ForeignKey(
        "commissions.CommissionPeriod", models.PROTECT, db_index=False, related_name="+", verbose_name=_("period")
    )
    origin_month = models.CharField(_("month of the sale"), max_length=7)
    kind = models.CharField(_("kind"), max_length=14, choices=EntryKind)
    component = models.CharField(_("component"), max_length=10, choices=Component)
    source_type = models.CharField(
        _("source"), max_length=11, choices=SourceType, default=SourceType.TRANSACTION, db_default="transaction"
    )
    source_id = models.BigIntegerField(_("source number"))
    category = models.CharField(_("category"), max_length=100, blank=True)
    revision = models.PositiveIntegerField(_("revision"), default=0)
    shop = models.ForeignKey(
        "partners.Shop", models.PROTECT, **LOOSE, null=True, related_name="+", verbose_name=_("shop")
    )
    local_on = models.DateField(_("local day"))
    base = models.DecimalField(_("base"), **MONEY)
    rate = models.ForeignKey(
        "commissions.CommissionRate",
        models.PROTECT,
        db_constraint=False,
        db_index=False,
        null=True,
        related_name="+",
        verbose_name=_("rate"),
    )
    amount = models.DecimalField(_("amount"), **MONEY)
    currency = models.CharField(_("currency"), max_length=3)
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())

    class Meta:
        verbose_name = _("commission line")
        verbose_name_plural = _("commission lines")
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "source_id", "source_type", "component", "category", "kind", "revision"],
                name="commission_once_per_cause",
            ),
            models.CheckConstraint(condition=Q(kind__in=EntryKind.values), name="commission_kind_known"),
            models.CheckConstraint(
                condition=(~Q(kind=EntryKind.NO_RATE) | Q(amount=0, rate=None))
                & (~Q(kind=EntryKind.REVERSAL) | Q(amount__lte=0))
                & (~Q(kind__in=[EntryKind.ACCRUAL, EntryKind.LATE_ACCRUAL]) | Q(amount__gte=0)),
                name="commission_sign",
            ),
        ]
        indexes = [models.Index(F("period"), F("local_on").desc(), F("id").desc(), name="commission_period")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.amount.normalize():f} {self.currency}"
