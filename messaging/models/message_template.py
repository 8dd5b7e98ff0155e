from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from messaging.models.own_text import OwnText


class MessageTemplate(OwnText):
    """What an e-mail says in one language: in place of the built-in text, or a message of one's own."""

    subject = models.CharField(_("subject"), max_length=200)
    body = models.TextField(_("text"), max_length=20_000)
    button = models.CharField(_("button"), max_length=80, blank=True)

    class Meta:
        verbose_name = _("message template")
        verbose_name_plural = _("message templates")
        constraints = [
            models.UniqueConstraint(
                fields=["code", "language", "partner"], nulls_distinct=False, name="message_template_once"
            ),
            models.CheckConstraint(condition=~Q(subject="") & ~Q(body=""), name="message_template_says_something"),
        ]
