import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from commissions.choices import PayoutDirection, PayoutMethod, PayoutRunStatus, PayoutStatus
from commissions.models.keys import MONEY


class Payout(models.Model):
    """What an issued statement asks for, on its way: a payout to the partner, or an invoice to it. One a statement.

    `next_at` is set as long as a payment provider has it or is to be asked: nobody else may touch it then. The provider
    is told `idempotency_key` with `round`, which only a definite refusal moves on.
    """

    partner = models.ForeignKey("partners.Partner", models.PROTECT, related_name="+", verbose_name=_("partner"))
    statement = models.OneToOneField(
        "commissions.Statement", models.PROTECT, related_name="+", verbose_name=_("statement")
    )
    direction = models.CharField(_("direction"), max_length=7, choices=PayoutDirection)
    number = models.CharField(_("number"), max_length=16, unique=True)
    amount = models.DecimalField(_("amount"), **MONEY)
    currency = models.CharField(_("currency"), max_length=3)
    status = models.CharField(_("status"), max_length=6, choices=PayoutStatus, default=PayoutStatus.DRAFT)
    method = models.CharField(_("method"), max_length=9, choices=PayoutMethod, blank=True)
    idempotency_key = models.UUIDField(_("idempotency key"), default=uuid.uuid4, unique=True, editable=False)
    round = models.PositiveSmallIntegerField(_("round"), default=1)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_at = models.DateTimeField(_("next attempt"), null=True, blank=True)
    provider = models.CharField(_("payment provider"), max_length=20, blank=True)
    external_id = models.CharField(_("provider's id"), max_length=100, blank=True)
    reference = models.CharField(_("payment reference"), max_length=140, blank=True)
    error = models.CharField(_("error"), max_length=500, blank=True)
    due_on = models.DateField(_("due on"))
    created_at = models.DateTimeField(_("created at"))
    issued_at = models.DateTimeField(_("issued at"), null=True, blank=True)
    issued_by = models.CharField(_("issued by"), max_length=40, blank=True)
    paid_at = models.DateTimeField(_("paid at"), null=True, blank=True)
    paid_by = models.CharField(_("marked as paid by"), max_length=40, blank=True)
    failed_at = models.DateTimeField(_("failed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("payout or invoice")
        verbose_name_plural = _("payouts and invoices")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payout_amount"),
            models.CheckConstraint(condition=Q(direction__in=PayoutDirection.values), name="payout_direction_known"),
            models.CheckConstraint(condition=Q(round__gte=1), name="payout_round"),
            models.CheckConstraint(
                condition=Q(status=PayoutStatus.DRAFT, method="", issued_at=None, paid_at=None, failed_at=None)
                | (Q(status=PayoutStatus.ISSUED, issued_at__isnull=False, paid_at=None, failed_at=None) & ~Q(method=""))
                | (Q(status=PayoutStatus.PAID, issued_at__isnull=False, paid_at__isnull=False) & ~Q(method=""))
                | (
                    Q(status=PayoutStatus.FAILED, issued_at__isnull=False, failed_at__isnull=False, paid_at=None)
                    & ~Q(method="")
                ),
                name="payout_status_fields",
            ),
            models.CheckConstraint(
                condition=Q(next_at=None) | Q(status=PayoutStatus.ISSUED, method=PayoutMethod.PROVIDER),
                name="payout_next_attempt",
            ),
            models.CheckConstraint(
                condition=~Q(method=PayoutMethod.BANK_FILE) | Q(direction=PayoutDirection.PAYOUT),
                name="payout_bank_file_pays",
            ),
        ]
        indexes = [
            models.Index(F("partner"), F("id").desc(), name="payout_partner"),
            models.Index(fields=["next_at"], name="payout_waiting", condition=Q(next_at__isnull=False)),
            models.Index(fields=["status", "-id"], name="payout_status"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def provider_key(self) -> str:
        """What the provider tells this payment from another by."""
        return f"{self.idempotency_key}-{self.round}"

    @property
    def is_with_provider(self) -> bool:
        """Whether only the provider's answer may decide about it."""
        return self.next_at is not None


class PayoutSeries(models.Model):
    """The last number given in one direction: one row each, locked while a number is taken, so there are no gaps."""

    direction = models.CharField(_("direction"), max_length=7, primary_key=True, choices=PayoutDirection)
    last = models.PositiveIntegerField(_("last number"), default=0)

    class Meta:
        verbose_name = _("series of payouts")
        verbose_name_plural = _("series of payouts")

    def __str__(self) -> str:
        return f"{self.direction} {self.last}"


class PayoutRun(models.Model):
    """One bank file: several payouts in one message. `file` is kept, so that it is the same at every download."""

    message_id = models.CharField(_("message id"), max_length=35, unique=True)
    schema = models.CharField(_("format"), max_length=20)
    status = models.CharField(_("status"), max_length=9, choices=PayoutRunStatus, default=PayoutRunStatus.LIVE)
    currency = models.CharField(_("currency"), max_length=3)
    execution_on = models.DateField(_("to be executed on"))
    count = models.PositiveIntegerField(_("payments"))
    total = models.DecimalField(_("total"), **MONEY)
    file = models.TextField(_("file"))
    checksum = models.CharField(_("checksum"), max_length=64)
    created_at = models.DateTimeField(_("created at"))
    created_by = models.CharField(_("created by"), max_length=40)
    downloaded_at = models.DateTimeField(_("first downloaded at"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)
    cancelled_by = models.CharField(_("cancelled by"), max_length=40, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("bank file")
        verbose_name_plural = _("bank files")
        constraints = [
            models.CheckConstraint(condition=Q(count__gte=1, total__gt=0), name="run_has_payments"),
            models.CheckConstraint(
                condition=Q(status=PayoutRunStatus.LIVE, cancelled_at=None)
                | Q(status=PayoutRunStatus.CANCELLED, cancelled_at__isnull=False),
                name="run_status_fields",
            ),
        ]

    def __str__(self) -> str:
        return self.message_id

    @property
    def is_live(self) -> bool:
        return self.status == PayoutRunStatus.LIVE


class PayoutRunItem(models.Model):
    """One payment of a bank file, as it was written there. A payout is live in one file at most."""

    run = models.ForeignKey(PayoutRun, models.PROTECT, related_name="items", verbose_name=_("bank file"))
    payout = models.ForeignKey(Payout, models.PROTECT, related_name="+", verbose_name=_("payout"))
    amount = models.DecimalField(_("amount"), **MONEY)
    holder = models.CharField(_("account holder"), max_length=70)
    iban = models.CharField(_("IBAN"), max_length=34)
    is_live = models.BooleanField(_("live"), default=True)

    class Meta:
        verbose_name = _("payment of a bank file")
        verbose_name_plural = _("payments of bank files")
        constraints = [
            models.UniqueConstraint(fields=["run", "payout"], name="run_item_once"),
            models.UniqueConstraint(fields=["payout"], condition=Q(is_live=True), name="run_item_one_live"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.payout_id}"
