import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class OutboxEvent(models.Model):
    """A fact for systems outside, written in the transaction of its cause, where somebody at that partner listens.

    `data` is thin: ids and figures, nothing personal. `uid` names the event outside, and is the same however often it
    is sent. It outlives what it speaks of, so it has no foreign keys.
    """

    uid = models.UUIDField(_("event id"), default=uuid.uuid4, unique=True, editable=False)
    partner_id = models.BigIntegerField(_("partner id"))
    kind = models.CharField(_("event"), max_length=60)
    data = models.JSONField(_("data"))
    occurred_at = models.DateTimeField(_("occurred at"))
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())
    # When it was handed to those who listen; null: the relay has not come by yet.
    relayed_at = models.DateTimeField(_("relayed at"), null=True)

    class Meta:
        verbose_name = _("outgoing event")
        verbose_name_plural = _("outgoing events")
        indexes = [
            models.Index(fields=["id"], condition=Q(relayed_at=None), name="outbox_waiting"),
            models.Index(F("partner_id"), F("id").desc(), name="outbox_partner"),
            models.Index(fields=["recorded_at"], name="outbox_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}"

    @property
    def public_id(self) -> str:
        """The event's id as the wire spells it."""
        return f"evt_{self.uid.hex}"
