from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from analytics.models.keys import COMMISSION, LOOSE, MONEY


class Figures(models.Model):
    """What happened, as sums that add up over days and shops.

    Money as the ledger has it: `revenue` is what purchases brought, `refunds` what refunds and cancellations gave back,
    on the day when they did, both unsigned. `discounts` is the part of sales paid with points, less what came back.
    Points are net of what refunds took or gave back: issued = earned + bonuses, and
    outstanding = issued - redeemed - expired + adjusted, over all days.
    """

    partner = models.ForeignKey(
        "partners.Partner", models.PROTECT, **LOOSE, related_name="+", verbose_name=_("partner")
    )
    currency = models.CharField(_("currency"), max_length=3)
    purchases = models.IntegerField(_("purchases"), default=0, db_default=0)
    reversals = models.IntegerField(_("refunds and cancellations"), default=0, db_default=0)
    revenue = models.DecimalField(_("revenue"), **MONEY, default=0, db_default=0)
    refunds = models.DecimalField(_("refunded"), **MONEY, default=0, db_default=0)
    discounts = models.DecimalField(_("paid with points"), **MONEY, default=0, db_default=0)
    points_issued = models.BigIntegerField(_("points issued"), default=0, db_default=0)
    points_redeemed = models.BigIntegerField(_("points redeemed"), default=0, db_default=0)
    points_expired = models.BigIntegerField(_("points expired"), default=0, db_default=0)
    points_adjusted = models.BigIntegerField(_("points adjusted"), default=0, db_default=0)
    commission = models.DecimalField(_("commission"), **COMMISSION, default=0, db_default=0)

    class Meta:
        abstract = True


class PartnerDay(Figures):
    """One local day of a whole partner."""

    local_on = models.DateField(_("local day"))

    class Meta:
        verbose_name = _("partner's day")
        verbose_name_plural = _("partners' days")
        constraints = [models.UniqueConstraint(fields=["partner", "local_on", "currency"], name="day_once")]
        indexes = [models.Index(F("local_on").desc(), F("id").desc(), name="day_newest")]

    def __str__(self) -> str:
        return f"{self.local_on}"


class ShopDay(Figures):
    """One local day of one shop (no shop: what no shop did, such as points that expired)."""

    local_on = models.DateField(_("local day"))
    shop = models.ForeignKey(
        "partners.Shop", models.PROTECT, **LOOSE, null=True, related_name="+", verbose_name=_("shop")
    )

    class Meta:
        verbose_name = _("shop's day")
        verbose_name_plural = _("shops' days")
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "local_on", "shop", "currency"], name="shop_day_once", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return f"{self.local_on}"


class PartnerMonth(Figures):
    """The same, of a whole partner's month: long periods are read from these, and only their ends from days."""

    month_on = models.DateField(_("first day of the month"))

    class Meta:
        verbose_name = _("partner's month")
        verbose_name_plural = _("partners' months")
        constraints = [models.UniqueConstraint(fields=["partner", "month_on", "currency"], name="month_once")]

    def __str__(self) -> str:
        return f"{self.month_on:%Y-%m}"


class CategoryDay(models.Model):
    """What goods of one category brought on one local day of one shop.

    A sale of several categories is split over them as in the groups of `GET /partners/transactions`: money adds up to
    that of the days, and `purchases` counts a sale in each of its categories. No category: ''.
    """

    partner = models.ForeignKey(
        "partners.Partner", models.PROTECT, **LOOSE, related_name="+", verbose_name=_("partner")
    )
    local_on = models.DateField(_("local day"))
    shop = models.ForeignKey(
        "partners.Shop", models.PROTECT, **LOOSE, null=True, related_name="+", verbose_name=_("shop")
    )
    category = models.CharField(_("category"), max_length=100, blank=True)
    currency = models.CharField(_("currency"), max_length=3)
    purchases = models.IntegerField(_("purchases"), default=0, db_default=0)
    reversals = models.IntegerField(_("refunds and cancellations"), default=0, db_default=0)
    revenue = models.DecimalField(_("revenue"), **MONEY, default=0, db_default=0)
    refunds = models.DecimalField(_("refunded"), **MONEY, default=0, db_default=0)

    class Meta:
        verbose_name = _("category's day")
        verbose_name_plural = _("categories' days")
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "local_on", "shop", "category", "currency"],
                name="category_day_once",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.local_on} {self.category}"


class CustomerDay(models.Model):
    """One customer's local day: distinct customers do not add up, so they are kept.

    A customer is active on a day with a purchase, or with points earned or redeemed; a refund alone, points that expire
    and corrections by staff are no activity.
    """

    pk = models.CompositePrimaryKey("partner", "customer", "local_on")
    partner = models.ForeignKey(
        "partners.Partner", models.PROTECT, **LOOSE, related_name="+", verbose_name=_("partner")
    )
    local_on = models.DateField(_("local day"))
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, **LOOSE, related_name="+", verbose_name=_("customer")
    )
    purchases = models.IntegerField(_("purchases"), default=0, db_default=0)
    reversals = models.IntegerField(_("refunds and cancellations"), default=0, db_default=0)
    revenue = models.DecimalField(_("revenue"), **MONEY, default=0, db_default=0)
    refunds = models.DecimalField(_("refunded"), **MONEY, default=0, db_default=0)
    # Gross, unlike those of a partner's day: what was earned or redeemed, whatever a refund did to it later.
    points_earned = models.BigIntegerField(_("points earned"), default=0, db_default=0)
    points_redeemed = models.BigIntegerField(_("points redeemed"), default=0, db_default=0)
    is_active = models.BooleanField(_("active"), default=False, db_default=False)
    # The customer's next active day: whoever was active in a period has one day in it whose next lies beyond its end.
    next_on = models.DateField(_("next active day"), default=date.max, db_default=date.max)

    class Meta:
        verbose_name = _("customer's day")
        verbose_name_plural = _("customers' days")
        # Distinct customers are counted from the index alone; figures do not touch it.
        indexes = [
            models.Index(
                fields=["partner", "local_on", "next_on"], condition=Q(is_active=True), name="customer_day_followed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.local_on} {self.customer_id}"
