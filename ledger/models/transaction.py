from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from ledger.choices import TransactionSource, TransactionStatus, TransactionType
from ledger.models.keys import LOOSE


class XidField(models.Field):
    """PostgreSQL's 64-bit transaction id, set by the database; feeds read what is committed for good by it."""

    def db_type(self, connection: object) -> str:
        return "xid8"


class CurrentXid(models.Func):
    template = "pg_current_xact_id()"
    output_field = XidField()


class Transaction(models.Model):
    """One till event: a purchase, or a refund or cancellation of one. Rows are never deleted.

    Money is in `currency`, unsigned: `order_total` as the till sent it, `points_discount_amount` the part paid with
    points, `amount` what was paid otherwise. Points are unsigned too; `type` gives the direction: a purchase awards and
    redeems, a refund takes `points_awarded` back and gives `points_redeemed` back.
    The row is its own idempotency record: order, fingerprint and every answered figure are its columns.
    """

    partner = models.ForeignKey(
        "partners.Partner", models.PROTECT, **LOOSE, related_name="+", verbose_name=_("partner")
    )
    type = models.CharField(_("type"), max_length=12, choices=TransactionType)
    status = models.CharField(
        _("status"), max_length=12, choices=TransactionStatus, default=TransactionStatus.COMPLETED
    )
    source = models.CharField(_("source"), max_length=10, choices=TransactionSource, default=TransactionSource.TILL)
    order_id = models.CharField(_("order"), max_length=100)
    refund_id = models.CharField(_("refund"), max_length=100, null=True)
    original = models.ForeignKey(
        "self",
        models.PROTECT,
        db_index=False,
        null=True,
        related_name="reversals",
        verbose_name=_("original"),
    )
    shop = models.ForeignKey(
        "partners.Shop", models.PROTECT, **LOOSE, null=True, related_name="+", verbose_name=_("shop")
    )
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, db_index=False, null=True, related_name="+", verbose_name=_("customer")
    )
    issued_card = models.ForeignKey(
        "cards.IssuedCard", models.PROTECT, db_index=False, null=True, related_name="+", verbose_name=_("issued card")
    )
    staff = models.ForeignKey(
        "partners.StaffMember", models.PROTECT, **LOOSE, null=True, related_name="+", verbose_name=_("staff member")
    )
    credential = models.ForeignKey(
        "partners.ApiCredential", models.PROTECT, **LOOSE, null=True, related_name="+", verbose_name=_("API credential")
    )
    order_total = models.DecimalField(_("order total"), max_digits=14, decimal_places=2)
    points_discount_amount = models.DecimalField(_("paid with points"), max_digits=14, decimal_places=2, default=0)
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3)
    points_awarded = models.IntegerField(_("points awarded"), default=0)
    points_redeemed = models.IntegerField(_("points redeemed"), default=0)
    points_balance = models.IntegerField(_("balance afterwards"), default=0)
    points_debt = models.IntegerField(_("debt afterwards"), default=0)
    # How the points came about: those that an offer added are among `points_awarded`.
    bonus_offer = models.ForeignKey(
        "partners.Offer", models.PROTECT, **LOOSE, null=True, related_name="+", verbose_name=_("multiplied by offer")
    )
    bonus_points = models.IntegerField(_("points by the multiplier"), default=0, db_default=0)
    cashback_offer = models.ForeignKey(
        "partners.Offer", models.PROTECT, **LOOSE, null=True, related_name="+", verbose_name=_("cashback by offer")
    )
    cashback_points = models.IntegerField(_("points of the cashback"), default=0, db_default=0)
    category = models.CharField(_("main category"), max_length=100, blank=True)
    items_count = models.PositiveIntegerField(_("cart lines"), default=0)
    description = models.CharField(_("description"), max_length=500, blank=True)
    meta_data = models.JSONField(_("meta data"), default=dict)
    occurred_at = models.DateTimeField(_("occurred at"))
    # The partner's local day of the sale: days, months and periods are decided by it.
    local_on = models.DateField(_("local day"))
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())
    fingerprint = models.BinaryField(max_length=32)
    idempotency_key = models.CharField(_("idempotency key"), max_length=300, null=True)
    xid = XidField(db_default=CurrentXid(), editable=False)

    class Meta:
        verbose_name = _("transaction")
        verbose_name_plural = _("transactions")
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "order_id"], condition=Q(type="purchase"), name="purchase_once_per_order"
            ),
            models.UniqueConstraint(
                fields=["partner", "order_id", "refund_id"],
                condition=Q(refund_id__isnull=False),
                name="refund_once_per_refund_id",
            ),
            models.UniqueConstraint(
                fields=["partner", "idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
                name="transaction_once_per_key",
            ),
            models.CheckConstraint(
                condition=Q(order_total__gte=0, points_discount_amount__gte=0, amount__gte=0),
                name="transaction_money_unsigned",
            ),
            models.CheckConstraint(
                condition=Q(points_awarded__gte=0, points_redeemed__gte=0, points_balance__gte=0, points_debt__gte=0),
                name="transaction_points_unsigned",
            ),
            models.CheckConstraint(
                # Parts of a refund are rounded each for itself: only their sums are parts of one another.
                condition=Q(bonus_points__gte=0, cashback_points__gte=0)
                & (~Q(type="purchase") | Q(points_awarded__gte=F("bonus_points") + F("cashback_points")))
                & (Q(bonus_points=0) | Q(bonus_offer__isnull=False))
                & (Q(cashback_points=0) | Q(cashback_offer__isnull=False)),
                name="transaction_offer_points",
            ),
            models.CheckConstraint(
                condition=Q(type="purchase", original=None)
                | (~Q(type="purchase") & (Q(original__isnull=False) | Q(source="import"))),
                name="transaction_reversal_names_original",
            ),
        ]
        indexes = [
            models.Index(F("partner"), F("occurred_at").desc(), F("id").desc(), name="transaction_partner_time"),
            models.Index(
                F("partner"), F("shop"), F("occurred_at").desc(), F("id").desc(), name="transaction_shop_time"
            ),
            models.Index(F("customer"), F("occurred_at").desc(), F("id").desc(), name="transaction_customer_time"),
            models.Index(fields=["original"], condition=Q(original__isnull=False), name="transaction_original"),
            # What has come since a moment: feeds, and totals that are not counted anew on every page. By id too:
            # an import commits a whole history under one transaction id.
            models.Index(fields=["partner", "xid", "id"], name="transaction_partner_feed"),
            # Purchases are found by their unique order; this finds their reversals, and returns without a known sale.
            models.Index(
                fields=["partner", "order_id"], condition=~Q(type="purchase"), name="transaction_reversal_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_type_display()} {self.order_id}"


class TransactionLine(models.Model):
    """One line of a cart, as the till sent it; `product_id` is the till's own number. Equal lines are kept."""

    transaction = models.ForeignKey(
        "ledger.Transaction", models.PROTECT, db_index=False, related_name="lines", verbose_name=_("transaction")
    )
    partner = models.ForeignKey(
        "partners.Partner", models.PROTECT, **LOOSE, related_name="+", verbose_name=_("partner")
    )
    number = models.PositiveIntegerField(_("line"))
    product_id = models.CharField(_("product"), max_length=100, blank=True)
    product_name = models.CharField(_("product name"), max_length=255, blank=True)
    sku = models.CharField(_("SKU"), max_length=100, blank=True)
    category = models.CharField(_("category"), max_length=100, blank=True)
    quantity = models.DecimalField(_("quantity"), max_digits=12, decimal_places=3)
    unit_price = models.DecimalField(_("unit price"), max_digits=14, decimal_places=4, null=True)
    total_price = models.DecimalField(_("total"), max_digits=14, decimal_places=2)
    earns_points = models.BooleanField(_("earns points"), default=True)

    class Meta:
        verbose_name = _("cart line")
        verbose_name_plural = _("cart lines")
        constraints = [models.UniqueConstraint(fields=["transaction", "number"], name="line_number_once")]

    def __str__(self) -> str:
        return self.product_name or self.product_id
