from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from commissions.choices import StatementStatus
from commissions.models.keys import LOOSE, MONEY, MONTH

# What the lines of a month come to, by the kind of line; together they are `total`.
PARTS = ("accruals", "late_accruals", "reversals", "adjustments", "manual", "minimum_topup", "cap_reduction")


class Statement(models.Model):
    """What one month of one partner comes to, and what of it is to be paid.

    opening + total = settled + closing. `settled` is what this statement asks for: above 0 the partner pays the
    platform, below 0 the platform pays the partner. `closing` is carried to the next statement. A lock of the month
    makes a draft, which follows what is closed before it; once issued, it has a number and never changes (a trigger
    refuses). An unlocked month takes its draft back.
    """

    partner = models.ForeignKey(
        "partners.Partner", models.PROTECT, **LOOSE, related_name="+", verbose_name=_("partner")
    )
    period = models.ForeignKey(
        "commissions.CommissionPeriod", models.PROTECT, db_index=False, related_name="+", verbose_name=_("period")
    )
    month = models.CharField(_("month"), max_length=7)
    currency = models.CharField(_("currency"), max_length=3)
    version = models.PositiveIntegerField(_("version"), help_text=_("The version of the month that it speaks of."))
    status = models.CharField(
        _("status"), max_length=9, choices=StatementStatus, default=StatementStatus.DRAFT, db_default="draft"
    )
    number = models.PositiveIntegerField(_("number"), null=True, blank=True, unique=True)
    opening = models.DecimalField(_("opening balance"), **MONEY, default=0)
    accruals = models.DecimalField(_("accruals"), **MONEY, default=0)
    late_accruals = models.DecimalField(_("late accruals"), **MONEY, default=0)
    reversals = models.DecimalField(_("reversals"), **MONEY, default=0)
    adjustments = models.DecimalField(_("adjustments"), **MONEY, default=0)
    manual = models.DecimalField(_("lines by hand"), **MONEY, default=0)
    minimum_topup = models.DecimalField(_("top-up to the minimum"), **MONEY, default=0)
    cap_reduction = models.DecimalField(_("reduction to the cap"), **MONEY, default=0)
    total = models.DecimalField(_("total"), **MONEY, default=0)
    settled = models.DecimalField(_("to be paid"), **MONEY, default=0)
    closing = models.DecimalField(_("carried forward"), **MONEY, default=0)
    lines = models.PositiveIntegerField(_("lines"), default=0)
    # The terms as they were for this month.
    minimum = models.DecimalField(_("minimum"), **MONEY, default=0)
    cap = models.DecimalField(_("cap"), **MONEY, null=True, blank=True)
    threshold = models.DecimalField(_("settlement threshold"), **MONEY, default=0)
    pays_out = models.BooleanField(_("pays a negative balance out"), default=False)
    # Who it was issued to, as they were called then, and in which language.
    holder = models.JSONField(_("issued to"), default=dict, blank=True)
    drafted_at = models.DateTimeField(_("drafted at"), db_default=Now())
    issued_at = models.DateTimeField(_("issued at"), null=True, blank=True)
    issued_by = models.CharField(_("issued by"), max_length=40, blank=True)
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)
    settled_by = models.CharField(_("settled by"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("statement")
        verbose_name_plural = _("statements")
        constraints = [
            models.UniqueConstraint(fields=["period", "version"], name="statement_once_a_version"),
            models.UniqueConstraint(
                fields=["period"],
                condition=~Q(status=StatementStatus.WITHDRAWN),
                name="statement_once_a_period",
            ),
            models.CheckConstraint(condition=Q(month__regex=MONTH), name="statement_month"),
            models.CheckConstraint(
                condition=Q(
                    total=F("accruals")
                    + F("late_accruals")
                    + F("reversals")
                    + F("adjustments")
                    + F("manual")
                    + F("minimum_topup")
                    + F("cap_reduction")
                ),
                name="statement_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(closing=F("opening") + F("total") - F("settled")), name="statement_balances"
            ),
            models.CheckConstraint(
                condition=Q(minimum_topup__gte=0, cap_reduction__lte=0)
                & (Q(settled__gte=0) | Q(pays_out=True))
                & (Q(minimum_topup=0) | Q(cap_reduction=0)),
                name="statement_signs",
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=[StatementStatus.DRAFT, StatementStatus.WITHDRAWN],
                    number=None,
                    issued_at=None,
                    settled_at=None,
                )
                | Q(status=StatementStatus.ISSUED, number__gte=1, issued_at__isnull=False, settled_at=None)
                | Q(
                    status=StatementStatus.SETTLED,
                    number__gte=1,
                    issued_at__isnull=False,
                    settled_at__gte=F("issued_at"),
                ),
                name="statement_status_fields",
            ),
        ]
        indexes = [models.Index(F("partner"), F("month").desc(), F("id").desc(), name="statement_partner")]

    def __str__(self) -> str:
        return self.shown_number or f"{self.month} {self.currency}"

    @property
    def shown_number(self) -> str:
        """The number as people read it; nothing for a draft."""
        return "" if self.number is None else f"ST-{self.number:06d}"

    @property
    def balance(self) -> Decimal:
        """What was owed before anything of it is asked for."""
        return self.opening + self.total

    @property
    def is_draft(self) -> bool:
        return self.status == StatementStatus.DRAFT

    @property
    def is_issued(self) -> bool:
        """Whether it has a number, paid or not."""
        return self.number is not None


class StatementSeries(models.Model):
    """The last number given: one row, locked while a number is taken, so that the series has no gaps."""

    last = models.PositiveIntegerField(_("last number"), default=0)

    class Meta:
        verbose_name = _("series of statements")
        verbose_name_plural = _("series of statements")
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="series_is_one")]

    def __str__(self) -> str:
        return str(self.last)
