from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from messaging.choices import SmsPurpose, SmsStatus


class SmsMessage(models.Model):
    """One SMS from being asked for to being handed to a provider.

    The row is written in the transaction that needs the message sent; a task and a periodic sweep bring it out, so that
    no broker and no crash loses it. `sealed` holds the text of a code, encrypted, for as long as it is still to be
    sent; `text` then shows it with the code blacked out (in full only on a demo machine).
    """

    partner = models.ForeignKey(
        "partners.Partner", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("partner")
    )
    purpose = models.CharField(_("purpose"), max_length=20, choices=SmsPurpose)
    sender = models.CharField(_("from"), max_length=11)
    phone = models.CharField(_("to"), max_length=20, blank=True)
    text = models.TextField(_("text"), blank=True)
    sealed = models.BinaryField(null=True)
    parts = models.PositiveSmallIntegerField(_("parts"))
    status = models.CharField(_("status"), max_length=10, choices=SmsStatus, default=SmsStatus.QUEUED)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    external_id = models.CharField(_("provider's id"), max_length=100, blank=True)
    error = models.CharField(_("error"), max_length=200, blank=True)
    queued_at = models.DateTimeField(_("queued at"))
    # Not before this instant: moves on after every failed attempt, and while one is running.
    due_at = models.DateTimeField(_("next attempt"))
    expires_at = models.DateTimeField(_("useless after"))
    sent_at = models.DateTimeField(_("sent at"), null=True)

    class Meta:
        verbose_name = _("SMS")
        verbose_name_plural = _("SMS messages")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status=SmsStatus.SENT, sent_at__isnull=False, sealed=None)
                | models.Q(status=SmsStatus.FAILED, sent_at=None, sealed=None)
                | models.Q(status__in=[SmsStatus.QUEUED, SmsStatus.SENDING], sent_at=None),
                name="sms_status_and_secret",
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="sms_due",
                condition=models.Q(status__in=[SmsStatus.QUEUED, SmsStatus.SENDING]),
            ),
            models.Index(fields=["partner", "-id"], name="sms_partner"),
            models.Index(fields=["queued_at"], name="sms_queued"),
            GinIndex(fields=["phone"], opclasses=["gin_trgm_ops"], name="sms_phone_trigram"),
        ]

    def __str__(self) -> str:
        return f"SMS {self.pk}"
