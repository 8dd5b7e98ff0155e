import uuid
from decimal import Decimal

from django.contrib.postgres.functions import RandomUUID
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from messaging.choices import SMS_FINAL, SMS_OPEN, SmsPurpose, SmsStatus


class SmsMessage(models.Model):
    """One SMS from being asked for to what its provider says of it.

    The row is written in the transaction that needs the message sent; a task and a periodic sweep bring it out, so that
    no broker and no crash loses it. `sealed` holds the text of a code, encrypted, for as long as it is still to be
    sent; `text` then shows it with the code blacked out (in full only on a demo machine). `is_handed` says that a
    provider may have it: what certainly never left gives its cost back to the account.
    """

    partner = models.ForeignKey(
        "partners.Partner", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("partner")
    )
    account = models.ForeignKey(
        "messaging.SmsAccount", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("SMS account")
    )
    public_id = models.UUIDField(_("message id"), default=uuid.uuid4, db_default=RandomUUID(), unique=True)
    purpose = models.CharField(_("purpose"), max_length=20, choices=SmsPurpose)
    template = models.CharField(_("template"), max_length=60, blank=True)
    sender = models.CharField(_("from"), max_length=11)
    phone = models.CharField(_("to"), max_length=20, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    text = models.TextField(_("text"), blank=True)
    sealed = models.BinaryField(null=True)
    parts = models.PositiveSmallIntegerField(_("parts"))
    cost = models.DecimalField(_("cost"), max_digits=12, decimal_places=4, default=Decimal(0))
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    status = models.CharField(_("status"), max_length=15, choices=SmsStatus, default=SmsStatus.QUEUED)
    is_handed = models.BooleanField(_("handed to a provider"), default=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    external_id = models.CharField(_("provider's id"), max_length=100, blank=True)
    error = models.CharField(_("error"), max_length=200, blank=True)
    receipt_url = models.CharField(_("receipt address"), max_length=2000, blank=True)
    queued_at = models.DateTimeField(_("queued at"))
    scheduled_at = models.DateTimeField(_("scheduled for"), null=True)
    # Not before this instant: moves on after every failed attempt, and while one is running.
    due_at = models.DateTimeField(_("next attempt"))
    expires_at = models.DateTimeField(_("useless after"))
    sent_at = models.DateTimeField(_("sent at"), null=True)
    delivered_at = models.DateTimeField(_("delivered at"), null=True)
    failed_at = models.DateTimeField(_("failed at"), null=True)
    refunded_at = models.DateTimeField(_("refunded at"), null=True)

    class Meta:
        verbose_name = _("SMS")
        verbose_name_plural = _("SMS messages")
        constraints = [
            models.CheckConstraint(
                condition=Q(status=SmsStatus.SENT, sent_at__isnull=False, delivered_at=None, failed_at=None)
                | Q(status=SmsStatus.DELIVERED, sent_at__isnull=False, delivered_at__isnull=False, failed_at=None)
                | Q(status__in=SMS_FINAL[1:], delivered_at=None, failed_at__isnull=False)
                | Q(status__in=SMS_OPEN, sent_at=None, delivered_at=None, failed_at=None),
                name="sms_status_instants",
            ),
            # The text of a code is kept only while it is still to be sent.
            models.CheckConstraint(condition=Q(sealed=None) | Q(status__in=SMS_OPEN), name="sms_sealed"),
            models.CheckConstraint(
                condition=Q(account=None) | Q(partner__isnull=False), name="sms_account_is_a_partners"
            ),
            models.CheckConstraint(
                condition=Q(refunded_at=None) | Q(failed_at__isnull=False, sent_at=None), name="sms_refund"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="sms_due", condition=Q(status__in=SMS_OPEN)),
            models.Index(fields=["partner", "-id"], name="sms_partner"),
            models.Index(fields=["partner", "queued_at"], name="sms_partner_queued"),
            models.Index(fields=["queued_at"], name="sms_queued"),
            # Receipts of a provider name its own id.
            models.Index(fields=["account", "external_id"], name="sms_external", condition=~Q(external_id="")),
            GinIndex(fields=["phone"], opclasses=["gin_trgm_ops"], name="sms_phone_trigram"),
        ]

    def __str__(self) -> str:
        return f"SMS {self.pk}"
