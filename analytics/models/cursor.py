from django.db import models
from django.utils.translation import gettext_lazy as _

from analytics.models.keys import COMMISSION, LOOSE


class RollupCursor(models.Model):
    """How far a partner's roll-up has followed the ledger: the last sale and the last points entry that it counts.

    Every row of the partner's roll-up is the sum of exactly what lies before these marks. `time_zone` and `currency`
    are those it was made with; a partner who changes one is rolled up anew.
    """

    partner = models.OneToOneField(
        "partners.Partner",
        models.PROTECT,
        db_constraint=False,
        primary_key=True,
        related_name="+",
        verbose_name=_("partner"),
    )
    sales_xid = models.BigIntegerField(_("transaction mark of sales"), default=0)
    sales_id = models.BigIntegerField(_("last sale"), default=0)
    points_xid = models.BigIntegerField(_("transaction mark of points"), default=0)
    points_id = models.BigIntegerField(_("last points entry"), default=0)
    time_zone = models.CharField(_("time zone"), max_length=64)
    currency = models.CharField(_("currency"), max_length=3)
    rolled_at = models.DateTimeField(_("rolled up at"))

    class Meta:
        verbose_name = _("roll-up cursor")
        verbose_name_plural = _("roll-up cursors")

    def __str__(self) -> str:
        return str(self.partner_id)


class AttachedReceipt(models.Model):
    """A sale that was anonymous and has its customer now; the next step gives the customer that day."""

    transaction = models.OneToOneField(
        "ledger.Transaction",
        models.PROTECT,
        db_constraint=False,
        primary_key=True,
        related_name="+",
        verbose_name=_("transaction"),
    )
    partner = models.ForeignKey(
        "partners.Partner", models.PROTECT, **LOOSE, related_name="+", verbose_name=_("partner")
    )

    class Meta:
        verbose_name = _("attached receipt")
        verbose_name_plural = _("attached receipts")
        indexes = [models.Index(fields=["partner"], name="attached_partner")]

    def __str__(self) -> str:
        return str(self.transaction_id)


class CommissionNews(models.Model):
    """What lines of commission that came, changed or went have moved on a day, until the next step adds it there.

    Written by a trigger on the lines, in the transaction that changes them, so that nobody who writes lines can forget.
    """

    partner = models.ForeignKey(
        "partners.Partner", models.PROTECT, **LOOSE, related_name="+", verbose_name=_("partner")
    )
    local_on = models.DateField(_("local day"))
    shop = models.ForeignKey(
        "partners.Shop", models.PROTECT, **LOOSE, null=True, related_name="+", verbose_name=_("shop")
    )
    currency = models.CharField(_("currency"), max_length=3)
    amount = models.DecimalField(_("amount"), **COMMISSION)

    class Meta:
        verbose_name = _("commission not yet rolled up")
        verbose_name_plural = _("commission not yet rolled up")
        indexes = [models.Index(fields=["partner"], name="news_partner")]

    def __str__(self) -> str:
        return f"{self.local_on} {self.amount.normalize():f} {self.currency}"
