from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from messaging.choices import DeliveryError, DeliveryState

OPEN_DELIVERY = (DeliveryState.PENDING, DeliveryState.SENDING)


class Delivery(models.Model):
    """One event on its way to one endpoint, until it is accepted or given up.

    It is its own queue: a relay claims what is due, and one that dies leaves `sending`, to be claimed again when its
    lease is over. A replay sends the same event, under the same id, once more.
    """

    partner = models.ForeignKey(
        "partners.Partner", models.PROTECT, db_index=False, related_name="+", verbose_name=_("partner")
    )
    endpoint = models.ForeignKey(
        "messaging.WebhookEndpoint", models.PROTECT, db_index=False, related_name="+", verbose_name=_("endpoint")
    )
    event = models.ForeignKey("loyalty.OutboxEvent", models.PROTECT, related_name="+", verbose_name=_("event"))
    kind = models.CharField(_("kind of event"), max_length=60)
    state = models.CharField(_("state"), max_length=10, choices=DeliveryState, default=DeliveryState.PENDING)
    # Of this round: a replay counts anew.
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    replays = models.PositiveSmallIntegerField(_("replays"), default=0)
    # Not before this instant; while it is being sent, the end of the lease.
    due_at = models.DateTimeField(_("next attempt"))
    last_at = models.DateTimeField(_("last attempt"), null=True)
    last_status = models.PositiveSmallIntegerField(_("last status"), null=True)
    last_ms = models.PositiveIntegerField(_("milliseconds"), null=True)
    error = models.CharField(_("error"), max_length=20, choices=DeliveryError, blank=True)
    created_at = models.DateTimeField(_("created at"))
    finished_at = models.DateTimeField(_("finished at"), null=True)

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "event"], name="delivery_once_per_event"),
            models.CheckConstraint(
                condition=Q(state__in=OPEN_DELIVERY, finished_at=None)
                | (~Q(state__in=OPEN_DELIVERY) & Q(finished_at__isnull=False)),
                name="delivery_open_or_finished",
            ),
        ]
        indexes = [
            models.Index(
                fields=["endpoint", "due_at", "id"], condition=Q(state__in=OPEN_DELIVERY), name="delivery_due"
            ),
            models.Index(F("endpoint"), F("id").desc(), name="delivery_endpoint"),
            models.Index(F("partner"), F("id").desc(), name="delivery_partner"),
            models.Index(fields=["finished_at"], condition=Q(finished_at__isnull=False), name="delivery_finished"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
