from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_lazy as _

from commissions.choices import Component, RateMode
from commissions.models.keys import MONEY, WallClockField


class CommissionRate(models.Model):
    """One version of what a scope pays: the platform's default, or of one partner, shop, category, or both.

    Versions are never edited, only ended: a line names its version, and that is the rate as it was. `category` is the
    text of carts, trimmed and case-folded, '' for all. Validity is half-open, on the partner's own clock. `tiers` are
    `[{"from": "1000.00", "percent": "4"}]`, lowest first, by the sales of a month.
    """

    partner = models.ForeignKey(
        "partners.Partner", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("partner")
    )
    shop = models.ForeignKey(
        "partners.Shop", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("shop")
    )
    category = models.CharField(_("category"), max_length=100, blank=True)
    component = models.CharField(_("component"), max_length=10, choices=Component)
    mode = models.CharField(_("mode"), max_length=8, choices=RateMode, default=RateMode.FLAT)
    percent = models.DecimalField(_("percent"), max_digits=7, decimal_places=4, default=0)
    fixed = models.DecimalField(_("fixed amount"), **MONEY, default=0)
    minimum = models.DecimalField(_("minimum"), **MONEY, null=True, blank=True)
    maximum = models.DecimalField(_("maximum"), **MONEY, null=True, blank=True)
    tiers = models.JSONField(_("tiers"), default=list, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default="EUR", help_text=_("ISO 4217 code"))
    valid_from = WallClockField(_("valid from"))
    valid_to = WallClockField(_("valid until"), null=True, blank=True)
    # Replaced before any closed month counted it: it never applied.
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), db_default=Now())
    actor_kind = models.CharField(_("actor kind"), max_length=20)
    actor_id = models.BigIntegerField(_("actor id"), null=True)

    class Meta:
        verbose_name = _("commission rate")
        verbose_name_plural = _("commission rates")
        constraints = [
            ExclusionConstraint(
                name="rate_versions_never_overlap",
                expressions=[
                    (Coalesce("partner", Value(0)), RangeOperators.EQUAL),
                    (Coalesce("shop", Value(0)), RangeOperators.EQUAL),
                    ("category", RangeOperators.EQUAL),
                    ("component", RangeOperators.EQUAL),
                    ("currency", RangeOperators.EQUAL),
                    (Func(F("valid_from"), F("valid_to"), function="tsrange"), RangeOperators.OVERLAPS),
                ],
                condition=Q(withdrawn_at=None),
            ),
            # An empty range would overlap nothing and never apply.
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")), name="rate_ends_after_it_begins"
            ),
            models.CheckConstraint(condition=Q(percent__gte=0, percent__lte=100), name="rate_percent_range"),
            models.CheckConstraint(
                condition=Q(fixed__gte=0)
                & (Q(minimum=None) | Q(minimum__gte=0))
                & (Q(maximum=None) | Q(maximum__gte=0))
                & (Q(minimum=None) | Q(maximum=None) | Q(maximum__gte=F("minimum"))),
                name="rate_money_range",
            ),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="rate_currency_iso"),
            models.CheckConstraint(condition=Q(shop=None) | Q(partner__isnull=False), name="rate_shop_has_partner"),
            models.CheckConstraint(
                condition=Q(mode=RateMode.FLAT, tiers=[]) | (~Q(mode=RateMode.FLAT) & ~Q(tiers=[])),
                name="rate_tiers_fit_mode",
            ),
            models.CheckConstraint(condition=Q(mode__in=RateMode.values), name="rate_mode_known"),
            models.CheckConstraint(condition=Q(component__in=Component.values), name="rate_component_known"),
        ]
        indexes = [models.Index(fields=["partner", "component"], name="rate_partner")]

    def __str__(self) -> str:
        return f"{self.get_component_display()} {self.percent.normalize():f} %"
