from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from ledger.choices import EntryKind
from ledger.models.keys import LOOSE
from ledger.models.transaction import CurrentXid, XidField


class PointsBalance(models.Model):
    """What an issued card holds now, and the anchor that everything touching it locks first.

    The sum of its entries is balance less debt, and what remains of its lots is the balance. A debt is points that were
    taken back after they were spent; what is earned next pays it first.
    """

    issued_card = models.OneToOneField(
        "cards.IssuedCard", models.PROTECT, primary_key=True, related_name="+", verbose_name=_("issued card")
    )
    partner = models.ForeignKey(
        "partners.Partner", models.PROTECT, **LOOSE, related_name="+", verbose_name=_("partner")
    )
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, db_index=False, related_name="+", verbose_name=_("customer")
    )
    balance = models.IntegerField(_("balance"), default=0)
    debt = models.IntegerField(_("debt"), default=0)
    earned = models.BigIntegerField(_("earned ever"), default=0)
    redeemed = models.BigIntegerField(_("redeemed ever"), default=0)
    expired = models.BigIntegerField(_("expired ever"), default=0)
    # No lot expires before this instant; null: none ever does. It may be early, never late.
    next_expiry_at = models.DateTimeField(_("next expiry"), null=True)
    updated_at = models.DateTimeField(_("updated at"), db_default=Now())

    class Meta:
        verbose_name = _("points balance")
        verbose_name_plural = _("points balances")
        constraints = [
            models.CheckConstraint(condition=Q(balance__gte=0), name="balance_not_negative"),
            models.CheckConstraint(condition=Q(debt__gte=0), name="debt_not_negative"),
            models.CheckConstraint(condition=Q(balance=0) | Q(debt=0), name="debt_only_without_balance"),
        ]
        indexes = [
            models.Index(fields=["next_expiry_at"], condition=Q(next_expiry_at__isnull=False), name="balance_expiry"),
            models.Index(fields=["customer"], name="balance_customer"),
        ]

    def __str__(self) -> str:
        return str(self.balance)


class PointsEntry(models.Model):
    """One movement of points on one issued card. Insert-only: a correction is another entry.

    `business_key` names the cause (`sale:17:earn`), so that posting the same cause twice is impossible.
    """

    partner = models.ForeignKey(
        "partners.Partner", models.PROTECT, **LOOSE, related_name="+", verbose_name=_("partner")
    )
    issued_card = models.ForeignKey(
        "cards.IssuedCard", models.PROTECT, db_index=False, related_name="+", verbose_name=_("issued card")
    )
    transaction = models.ForeignKey(
        "ledger.Transaction", models.PROTECT, db_index=False, null=True, related_name="+", verbose_name=_("transaction")
    )
    shop = models.ForeignKey(
        "partners.Shop", models.PROTECT, **LOOSE, null=True, related_name="+", verbose_name=_("shop")
    )
    kind = models.CharField(_("kind"), max_length=14, choices=EntryKind)
    points = models.IntegerField(_("points"))
    business_key = models.CharField(_("business key"), max_length=120)
    actor_kind = models.CharField(_("actor kind"), max_length=20)
    actor_id = models.BigIntegerField(_("actor id"), null=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    occurred_at = models.DateTimeField(_("occurred at"))
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())
    xid = XidField(db_default=CurrentXid(), editable=False)

    class Meta:
        verbose_name = _("points entry")
        verbose_name_plural = _("points ledger")
        constraints = [
            models.UniqueConstraint(fields=["issued_card", "business_key"], name="entry_once_per_cause"),
            models.CheckConstraint(condition=~Q(points=0), name="entry_moves_points"),
        ]
        indexes = [
            models.Index(F("partner"), F("id").desc(), name="entry_partner"),
            models.Index(F("issued_card"), F("id").desc(), name="entry_card"),
            models.Index(fields=["transaction"], condition=Q(transaction__isnull=False), name="entry_transaction"),
            # What has come since a moment: entries are followed like transactions.
            models.Index(fields=["partner", "xid", "id"], name="entry_partner_feed"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.points:+d}"


class PointsLot(models.Model):
    """Points that came together and expire together; the oldest are spent first."""

    partner = models.ForeignKey(
        "partners.Partner", models.PROTECT, **LOOSE, related_name="+", verbose_name=_("partner")
    )
    issued_card = models.ForeignKey(
        "cards.IssuedCard", models.PROTECT, db_index=False, related_name="+", verbose_name=_("issued card")
    )
    entry = models.ForeignKey(
        "ledger.PointsEntry", models.PROTECT, db_index=False, related_name="+", verbose_name=_("entry")
    )
    issuing_shop = models.ForeignKey(
        "partners.Shop", models.PROTECT, **LOOSE, null=True, related_name="+", verbose_name=_("issued by shop")
    )
    points = models.IntegerField(_("points"))
    remaining = models.IntegerField(_("remaining"))
    earned_at = models.DateTimeField(_("earned at"))
    available_at = models.DateTimeField(_("available at"), null=True)
    expires_at = models.DateTimeField(_("expires at"), null=True)

    class Meta:
        verbose_name = _("points lot")
        verbose_name_plural = _("points lots")
        constraints = [
            models.CheckConstraint(
                condition=Q(remaining__gte=0, points__gt=0) & Q(remaining__lte=F("points")), name="lot_remaining_range"
            ),
        ]
        indexes = [
            models.Index(
                fields=["issued_card", "earned_at", "id"], condition=Q(remaining__gt=0), name="lot_open_first_in"
            ),
            models.Index(
                fields=["expires_at"], condition=Q(remaining__gt=0, expires_at__isnull=False), name="lot_expiry"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.remaining}/{self.points}"
