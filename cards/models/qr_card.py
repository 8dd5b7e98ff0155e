from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from cards.choices import QrCardStatus
from cards.rules.qr_links import link_of
from customers.models.till_picture import TillPicture


class QrCardSession(TillPicture):
    """One QR code on a till's screen, by which a customer shows the own card with the app (contract 5.3)."""

    status = models.CharField(_("status"), max_length=10, choices=QrCardStatus, default=QrCardStatus.PENDING)
    issued_card = models.ForeignKey(
        "cards.IssuedCard", models.PROTECT, null=True, related_name="+", verbose_name=_("issued card")
    )

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

    def status_at(self, at: datetime) -> str:
        """The state by the clock: a pending one is over when its time is, before anything has written that down."""
        is_over = self.status == QrCardStatus.PENDING and self.expires_at <= at
        return QrCardStatus.EXPIRED if is_over else self.status

    @property
    def qr_code(self) -> str:
        """What the picture says."""
        return link_of(self.pairing_id)
