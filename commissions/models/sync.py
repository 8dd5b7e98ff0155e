from django.db import models
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from commissions.choices import SyncKind
from commissions.models.keys import MONEY


class CommissionCursor(models.Model):
    """How far a partner's commission has followed its sales: the last one read of the feed.

    `restate_from` is the first month whose open lines a changed rate may have touched; null: none.
    """

    partner = models.OneToOneField(
        "partners.Partner", models.PROTECT, primary_key=True, related_name="+", verbose_name=_("partner")
    )
    feed_xid = models.BigIntegerField(_("transaction mark"), default=0)
    feed_id = models.BigIntegerField(_("last sale"), default=0)
    restate_from = models.CharField(_("compute again from"), max_length=7, blank=True)
    rates_seen_at = models.DateTimeField(_("rates known at"), null=True)

    class Meta:
        verbose_name = _("commission cursor")
        verbose_name_plural = _("commission cursors")

    def __str__(self) -> str:
        return str(self.partner_id)


class SyncRun(models.Model):
    """One synchronization that changed something or was asked for, with what it changed. Never edited.

    `diff` holds some of the changed lines, before and after.
    """

    partner = models.ForeignKey("partners.Partner", models.PROTECT, related_name="+", verbose_name=_("partner"))
    kind = models.CharField(_("kind"), max_length=8, choices=SyncKind)
    month = models.CharField(_("month"), max_length=7, blank=True)
    actor_kind = models.CharField(_("actor kind"), max_length=20)
    actor_id = models.BigIntegerField(_("actor id"), null=True)
    sales = models.PositiveIntegerField(_("sales and refunds"), default=0)
    rates_changed = models.PositiveIntegerField(_("rates changed"), default=0)
    created = models.PositiveIntegerField(_("created"), default=0)
    updated = models.PositiveIntegerField(_("updated"), default=0)
    removed = models.PositiveIntegerField(_("removed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    adjustments = models.PositiveIntegerField(_("adjustments"), default=0)
    skipped_locked_periods = models.JSONField(_("locked months left alone"), default=list)
    total_before = models.DecimalField(_("total before"), **MONEY, default=0)
    total_after = models.DecimalField(_("total after"), **MONEY, default=0)
    diff = models.JSONField(_("changes"), default=list)
    at = models.DateTimeField(_("at"))
    finished_at = models.DateTimeField(_("finished at"), db_default=Now())

    class Meta:
        verbose_name = _("commission synchronization")
        verbose_name_plural = _("commission synchronizations")
        indexes = [models.Index(F("partner"), F("id").desc(), name="sync_partner")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"
