from django.db import models
from django.utils.translation import gettext_lazy as _


class SentEmail(models.Model):
    """A mail that the database mail backend kept instead of sending: what a demo shows in the back office."""

    to = models.CharField(_("to"), max_length=500)
    sender = models.CharField(_("from"), max_length=254)
    subject = models.CharField(_("subject"), max_length=998)
    body = models.TextField(_("body"))
    sent_at = models.DateTimeField(_("sent at"), auto_now_add=True)

    class Meta:
        verbose_name = _("kept e-mail")
        verbose_name_plural = _("kept e-mails")

    def __str__(self) -> str:
        return self.subject
