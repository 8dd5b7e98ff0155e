from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from commissions.choices import PeriodState
from commissions.models.keys import MONEY, MONTH


class CommissionPeriod(models.Model):
    """One month of one partner's commission, in its own time zone: the anchor that all money of the month locks first.

    `lines` and `total` are kept with every change of its lines. Locking freezes the lines and notes their checksum;
    unlocking makes another `version`.
    """

    partner = models.ForeignKey("partners.Partner", models.PROTECT, related_name="+", verbose_name=_("partner"))
    month = models.CharField(_("month"), max_length=7)
    currency = models.CharField(_("currency"), max_length=3)
    state = models.CharField(_("state"), max_length=8, choices=PeriodState, default=PeriodState.OPEN)
    version = models.PositiveIntegerField(_("version"), default=1)
    lines = models.PositiveIntegerField(_("lines"), default=0)
    total = models.DecimalField(_("total"), **MONEY, default=0)
    checksum = models.CharField(_("checksum"), max_length=64, blank=True)
    locked_at = models.DateTimeField(_("locked at"), null=True, blank=True)
    locked_by = models.CharField(_("locked by"), max_length=40, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)

    class Meta:
        verbose_name = _("commission period")
        verbose_name_plural = _("commission periods")
        constraints = [
            models.UniqueConstraint(fields=["partner", "month", "currency"], name="period_once_a_month"),
            models.CheckConstraint(condition=Q(month__regex=MONTH), name="period_month"),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="period_currency_iso"),
            models.CheckConstraint(
                condition=Q(state=PeriodState.OPEN, locked_at=None, checksum="", settled_at=None)
                | (Q(state=PeriodState.LOCKED, locked_at__isnull=False, settled_at=None) & ~Q(checksum=""))
                | (
                    Q(state=PeriodState.SETTLED, locked_at__isnull=False, settled_at__gte=F("locked_at"))
                    & ~Q(checksum="")
                ),
                name="period_state_fields",
            ),
        ]
        indexes = [models.Index(F("partner"), F("month").desc(), name="period_partner")]

    def __str__(self) -> str:
        return f"{self.month} {self.currency}"

    @property
    def is_open(self) -> bool:
        return self.state == PeriodState.OPEN


class PartnerLock(models.Model):
    """Whether a partner's commission stands still: no synchronizing, no change of rates, no manual lines.

    Sales go on; their lines follow once it is lifted. A lock whose `locked_until` is over reads as lifted.
    """

    partner = models.OneToOneField(
        "partners.Partner", models.PROTECT, primary_key=True, related_name="+", verbose_name=_("partner")
    )
    is_locked = models.BooleanField(_("locked"), default=False)
    locked_at = models.DateTimeField(_("locked at"), null=True, blank=True)
    locked_by = models.CharField(_("locked by"), max_length=40, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    locked_until = models.DateTimeField(_("locked until"), null=True, blank=True)

    class Meta:
        verbose_name = _("commission lock")
        verbose_name_plural = _("commission locks")
        constraints = [
            models.CheckConstraint(
                condition=Q(is_locked=True, locked_at__isnull=False)
                | Q(is_locked=False, locked_at=None, locked_until=None, reason="", locked_by=""),
                name="lock_fields",
            ),
        ]

    def __str__(self) -> str:
        return str(self.partner_id)
