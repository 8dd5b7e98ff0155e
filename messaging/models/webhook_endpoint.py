from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from messaging.choices import EndpointReason, EndpointState


class WebhookEndpoint(models.Model):
    """An address of a partner's own system that hears chosen events.

    Its secrets are sealed, because they must sign: while one is rotated the former signs too. An endpoint that accepts
    nothing for days is paused, as is one that the platform holds; one that answers 410 is disabled. Events of a paused
    one wait for it.
    """

    partner = models.ForeignKey("partners.Partner", models.PROTECT, related_name="+", verbose_name=_("partner"))
    url = models.CharField(_("address"), max_length=1000)
    description = models.CharField(_("description"), max_length=200, blank=True)
    events = ArrayField(models.CharField(max_length=60), verbose_name=_("events"))
    secret = models.BinaryField()
    former_secret = models.BinaryField(null=True)
    former_until = models.DateTimeField(_("former secret signs until"), null=True)
    state = models.CharField(_("state"), max_length=10, choices=EndpointState, default=EndpointState.ACTIVE)
    reason = models.CharField(_("why"), max_length=20, choices=EndpointReason, blank=True)
    state_at = models.DateTimeField(_("in this state since"))
    # The first failure since the last success; null: the last attempt succeeded, or there was none.
    failing_since = models.DateTimeField(_("failing since"), null=True)
    # When the partner was told that it fails; null: not since the last success.
    warned_at = models.DateTimeField(_("partner told of failures"), null=True)
    delivered_at = models.DateTimeField(_("last delivered"), null=True)
    # The last attempt failed or took long: it gets one attempt at a time, so that nobody else waits for it.
    is_slow = models.BooleanField(_("one attempt at a time"), default=False)
    claimed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(_("created at"))
    deleted_at = models.DateTimeField(_("deleted at"), null=True)

    class Meta:
        verbose_name = _("webhook endpoint")
        verbose_name_plural = _("webhook endpoints")
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "url"], condition=Q(deleted_at=None), name="webhook_url_once_per_partner"
            ),
            models.CheckConstraint(
                condition=Q(state=EndpointState.ACTIVE, reason="")
                | Q(state=EndpointState.PAUSED, reason__in=[EndpointReason.FAILING, EndpointReason.HELD])
                | Q(state=EndpointState.DISABLED, reason__in=[EndpointReason.GONE, EndpointReason.SWITCHED_OFF]),
                name="webhook_state_and_reason",
            ),
            models.CheckConstraint(condition=Q(events__len__gt=0), name="webhook_wants_something"),
        ]
        indexes = [
            models.Index(
                fields=["claimed_at"],
                condition=Q(state=EndpointState.ACTIVE, deleted_at=None),
                name="webhook_claimable",
            ),
        ]

    def __str__(self) -> str:
        return self.url

    @property
    def is_held(self) -> bool:
        """Whether the platform paused it, so that only the platform switches it on."""
        return self.state == EndpointState.PAUSED and self.reason == EndpointReason.HELD

    @property
    def is_active(self) -> bool:
        """Whether events are sent there now."""
        return self.state == EndpointState.ACTIVE and self.deleted_at is None
