from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from messaging.choices import SmsAccountKind, SmsBilling
from messaging.rules.sms_prices import DEFAULT_PRICES

SECONDS = [MinValueValidator(1), MaxValueValidator(60)]


def default_prices() -> dict[str, str]:
    return dict(DEFAULT_PRICES)


class SmsAccount(models.Model):
    """A partner's account for SMS: whose name it sends in, through which provider, at what price, on what balance.

    `balance` is what was paid in less what queued messages cost; a message that never left gives its cost back. The
    provider's password is sealed and never shown. A deleted account keeps its row for its messages.
    """

    partner = models.ForeignKey("partners.Partner", models.PROTECT, related_name="+", verbose_name=_("partner"))
    account_name = models.CharField(_("account name"), max_length=100)
    contact_name = models.CharField(_("contact person"), max_length=100)
    contact_email = models.EmailField(_("contact e-mail"))
    contact_phone = models.CharField(_("contact phone"), max_length=32, blank=True)
    company_name = models.CharField(_("company"), max_length=200, blank=True)
    customer_id = models.CharField(_("customer number"), max_length=100, blank=True, help_text=_("At the provider"))
    account_id = models.CharField(_("account number"), max_length=100, blank=True, help_text=_("At the provider"))
    kind = models.CharField(_("connection"), max_length=10, choices=SmsAccountKind, default=SmsAccountKind.PLATFORM)
    base_url = models.CharField(
        _("provider's address"), max_length=500, blank=True, help_text=_("HTTP: what /sms/send is appended to")
    )
    host = models.CharField(_("host"), max_length=253, blank=True)
    port = models.PositiveIntegerField(
        _("port"), default=2775, validators=[MinValueValidator(1), MaxValueValidator(65_535)]
    )
    is_tls = models.BooleanField(_("TLS"), default=False)
    username = models.CharField(_("user name or API key"), max_length=200, blank=True)
    sealed_password = models.BinaryField(null=True, editable=False)
    connection_timeout = models.PositiveSmallIntegerField(
        _("connection time limit"), default=10, validators=SECONDS, help_text=_("Seconds")
    )
    bind_timeout = models.PositiveSmallIntegerField(
        _("bind time limit"), default=10, validators=SECONDS, help_text=_("Seconds")
    )
    senders = ArrayField(models.CharField(max_length=11), verbose_name=_("approved senders"), default=list, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    prices = models.JSONField(_("prices per part"), default=default_prices)
    billing = models.CharField(_("billing"), max_length=10, choices=SmsBilling, default=SmsBilling.PREPAID)
    credit_limit = models.DecimalField(_("credit limit"), max_digits=14, decimal_places=4, default=Decimal(0))
    balance = models.DecimalField(_("balance"), max_digits=14, decimal_places=4, default=Decimal(0))
    is_active = models.BooleanField(_("active"), default=False)
    tested_at = models.DateTimeField(_("tested at"), null=True, editable=False)
    test_result = models.CharField(_("test result"), max_length=40, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)
    deleted_at = models.DateTimeField(_("deleted at"), null=True, editable=False)

    class Meta:
        verbose_name = _("SMS account")
        verbose_name_plural = _("SMS accounts")
        constraints = [
            models.UniqueConstraint(fields=["partner"], condition=Q(is_active=True), name="sms_account_one_active"),
            models.CheckConstraint(condition=Q(balance__gte=-F("credit_limit")), name="sms_account_balance"),
            models.CheckConstraint(
                condition=Q(billing=SmsBilling.POSTPAID, credit_limit__gte=0) | Q(credit_limit=0),
                name="sms_account_credit",
            ),
            models.CheckConstraint(condition=Q(deleted_at=None) | Q(is_active=False), name="sms_account_deleted"),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="sms_account_currency"),
        ]
        indexes = [models.Index(fields=["partner", "-id"], name="sms_account_partner")]

    def __str__(self) -> str:
        return self.account_name

    @property
    def has_password(self) -> bool:
        return self.sealed_password is not None

    @property
    def missing(self) -> list[str]:
        """What its connection still needs."""
        needed = {
            SmsAccountKind.HTTP: ("base_url", "username"),
            SmsAccountKind.SMPP: ("host", "username"),
        }.get(SmsAccountKind(self.kind), ())
        absent = [name for name in needed if not getattr(self, name)]
        return absent + (["password"] if needed and not self.has_password else [])


class SmsTopUp(models.Model):
    """Money that came into an account, or left it again by hand: insert-only, with who did it and why."""

    partner = models.ForeignKey("partners.Partner", models.PROTECT, related_name="+", verbose_name=_("partner"))
    account = models.ForeignKey(SmsAccount, models.PROTECT, related_name="+", verbose_name=_("SMS account"))
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=4)
    currency = models.CharField(_("currency"), max_length=3)
    reference = models.CharField(_("reference"), max_length=100, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    balance_after = models.DecimalField(_("balance after"), max_digits=14, decimal_places=4)
    actor_kind = models.CharField(_("by"), max_length=20)
    actor_id = models.BigIntegerField(_("number"), null=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("SMS top-up")
        verbose_name_plural = _("SMS top-ups")
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="sms_top_up_amount"),
            models.UniqueConstraint(
                fields=["account", "reference"], condition=~Q(reference=""), name="sms_top_up_reference"
            ),
        ]
        indexes = [models.Index(fields=["partner", "-id"], name="sms_top_up_partner")]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"
