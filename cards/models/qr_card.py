import uuid
from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from cards.choices import QrCardStatus
from cards.rules.qr_links import link_of


class QrCardSession(models.Model):
    """One QR code on a till's screen, by which a customer shows the own card with the app (contract 5.3).

    `pairing_id` is in the picture, for everybody to see; `session_id` is the till's secret: who knows it hears whose
    card it is (decision 11).
    """

    partner = models.ForeignKey("partners.Partner", models.PROTECT, related_name="+", verbose_name=_("partner"))
    shop = models.ForeignKey("partners.Shop", models.PROTECT, null=True, related_name="+", verbose_name=_("shop"))
    credential = models.ForeignKey(
        "partners.ApiCredential", models.PROTECT, related_name="+", verbose_name=_("API credential")
    )
    device_name = models.CharField(_("device"), max_length=255, blank=True)
    pairing_id = models.UUIDField(_("pairing id"), default=uuid.uuid4, unique=True)
    session_id = models.UUIDField(default=uuid.uuid4, unique=True)
    status = models.CharField(_("status"), max_length=10, choices=QrCardStatus, default=QrCardStatus.PENDING)
    person = models.ForeignKey(
        "customers.Person", models.PROTECT, null=True, related_name="+", verbose_name=_("person")
    )
    issued_card = models.ForeignKey(
        "cards.IssuedCard", models.PROTECT, null=True, related_name="+", verbose_name=_("issued card")
    )
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("expires at"))
    scanned_at = models.DateTimeField(_("scanned at"), null=True)

    class Meta:
        verbose_name = _("card shown by QR code")
        verbose_name_plural = _("cards shown by QR code")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    status=QrCardStatus.COMPLETED,
                    person__isnull=False,
                    issued_card__isnull=False,
                    scanned_at__isnull=False,
                )
                | ~models.Q(status=QrCardStatus.COMPLETED) & models.Q(person=None, issued_card=None, scanned_at=None),
                name="qr_card_completed_has_card",
            )
        ]
        indexes = [models.Index(fields=["expires_at"], name="qr_card_expiry")]

    def __str__(self) -> str:
        return str(self.pairing_id)[:8]

    def status_at(self, at: datetime) -> str:
        """The state by the clock: a pending one is over when its time is, before anything has written that down."""
        is_over = self.status == QrCardStatus.PENDING and self.expires_at <= at
        return QrCardStatus.EXPIRED if is_over else self.status

    @property
    def qr_code(self) -> str:
        """What the picture says."""
        return link_of(self.pairing_id)
