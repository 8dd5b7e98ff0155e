from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.choices import QrLoginStatus
from customers.models.till_picture import TillPicture

OPEN = (QrLoginStatus.PENDING, QrLoginStatus.SCANNED)


class QrLoginSession(TillPicture):
    """One QR code on a till's screen, by which a customer logs in there with the app.

    The token that the person grants is not kept: it is made anew from `login_id` where it is delivered.
    """

    status = models.CharField(_("status"), max_length=15, choices=QrLoginStatus, default=QrLoginStatus.PENDING)
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, null=True, related_name="+", verbose_name=_("customer")
    )
    # The log-in session that came of it; no foreign key, for it is forgotten earlier or later than this row.
    login_id = models.UUIDField(null=True)
    ended_at = models.DateTimeField(_("ended at"), null=True)
    delivered_at = models.DateTimeField(_("delivered at"), null=True)

    class Meta:
        verbose_name = _("log-in by QR code")
        verbose_name_plural = _("log-ins by QR code")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    status=QrLoginStatus.AUTHENTICATED,
                    person__isnull=False,
                    customer__isnull=False,
                    login_id__isnull=False,
                )
                | ~models.Q(status=QrLoginStatus.AUTHENTICATED) & models.Q(login_id=None),
                name="qr_login_authenticated_has_login",
            ),
            models.CheckConstraint(
                condition=models.Q(status=QrLoginStatus.PENDING, person=None) | ~models.Q(status=QrLoginStatus.PENDING),
                name="qr_login_pending_has_nobody",
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], name="qr_login_expiry")]

    def status_at(self, at: datetime) -> str:
        """The state by the clock: an open one is over when its time is, before anything has written that down."""
        return QrLoginStatus.EXPIRED if self.status in OPEN and self.expires_at <= at else self.status

    @property
    def qr_code(self) -> str:
        """What the picture says. It does not say the secret session id (decision 11)."""
        return f"loyaltylt://qr-login?code={self.pairing_id.hex}&session={self.pairing_id}"
