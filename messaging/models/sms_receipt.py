from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from messaging.choices import SmsReceiptState


class SmsReceipt(models.Model):
    """A report on one SMS on its way to the address that the partner named (contract 11).

    Its own outbox, as the message is: written with the change it speaks of, brought out by a task and a sweep. It holds
    no number and no text; they are read when it goes out.
    """

    partner = models.ForeignKey("partners.Partner", models.PROTECT, related_name="+", verbose_name=_("partner"))
    message = models.ForeignKey("messaging.SmsMessage", models.CASCADE, related_name="+", verbose_name=_("SMS"))
    status = models.CharField(_("status"), max_length=15)
    happened_at = models.DateTimeField(_("happened at"))
    state = models.CharField(_("state"), max_length=10, choices=SmsReceiptState, default=SmsReceiptState.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(_("next attempt"))
    finished_at = models.DateTimeField(_("finished at"), null=True)
    error = models.CharField(_("error"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("delivery receipt")
        verbose_name_plural = _("delivery receipts")
        constraints = [
            models.UniqueConstraint(fields=["message", "status"], name="sms_receipt_once"),
            models.CheckConstraint(
                condition=Q(state=SmsReceiptState.WAITING, finished_at=None)
                | (~Q(state=SmsReceiptState.WAITING) & Q(finished_at__isnull=False)),
                name="sms_receipt_finished",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="sms_receipt_due", condition=Q(state=SmsReceiptState.WAITING)),
            models.Index(fields=["partner", "-id"], name="sms_receipt_partner"),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.message_id}"
