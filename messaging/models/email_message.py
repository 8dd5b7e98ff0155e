from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from messaging.choices import EmailStatus, Purpose


class EmailMessage(models.Model):
    """One e-mail from being asked for to being handed to a mail server, as its reader will see it.

    The row is written in the transaction that needs the mail sent; a task and a periodic sweep bring it out, so that no
    broker and no crash loses it. `message_id` is the same in every attempt: a reader's mail program shows a mail that
    arrives twice once.
    """

    partner = models.ForeignKey(
        "partners.Partner", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("partner")
    )
    template = models.CharField(_("template"), max_length=60)
    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose, default=Purpose.SERVICE)
    language = models.CharField(_("language"), max_length=5)
    to = models.EmailField(_("to"), max_length=254, blank=True)
    sender = models.CharField(_("from"), max_length=320)
    reply_to = models.EmailField(_("answers go to"), max_length=254, blank=True)
    subject = models.CharField(_("subject"), max_length=255, blank=True)
    text = models.TextField(_("text"), blank=True)
    html = models.TextField(_("text with layout"), blank=True)
    # Marketing only: where one click ends it (RFC 8058).
    unsubscribe_url = models.CharField(_("unsubscribe address"), max_length=1000, blank=True)
    message_id = models.CharField(_("message id"), max_length=320, unique=True)
    status = models.CharField(_("status"), max_length=10, choices=EmailStatus, default=EmailStatus.QUEUED)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    error = models.CharField(_("error"), max_length=200, blank=True)
    queued_at = models.DateTimeField(_("queued at"))
    # Not before this instant: moves on after every failed attempt, and while one is running.
    due_at = models.DateTimeField(_("next attempt"))
    expires_at = models.DateTimeField(_("useless after"))
    sent_at = models.DateTimeField(_("sent at"), null=True)

    class Meta:
        verbose_name = _("e-mail message")
        verbose_name_plural = _("e-mail messages")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status=EmailStatus.SENT, sent_at__isnull=False)
                | models.Q(sent_at=None) & ~models.Q(status=EmailStatus.SENT),
                name="email_sent_when_sent",
            ),
            models.CheckConstraint(
                condition=~models.Q(purpose=Purpose.MARKETING) | models.Q(partner__isnull=False),
                name="email_marketing_is_a_partners",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="email_due",
                condition=models.Q(status__in=[EmailStatus.QUEUED, EmailStatus.SENDING]),
            ),
            models.Index(fields=["partner", "-id"], name="email_partner"),
            models.Index(fields=["queued_at"], name="email_queued"),
            GinIndex(fields=["to"], opclasses=["gin_trgm_ops"], name="email_to_trigram"),
        ]

    def __str__(self) -> str:
        return self.subject or f"#{self.pk}"
