import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class TillPicture(models.Model):
    """One QR code on a till's screen for a customer's app to scan.

    `pairing_id` is in the picture, for everybody to see; `session_id` is the till's secret: who knows it hears what
    comes of it (decision 11).
    """

    partner = models.ForeignKey("partners.Partner", models.PROTECT, related_name="+", verbose_name=_("partner"))
    shop = models.ForeignKey("partners.Shop", models.PROTECT, null=True, related_name="+", verbose_name=_("shop"))
    credential = models.ForeignKey(
        "partners.ApiCredential", models.PROTECT, related_name="+", verbose_name=_("API credential")
    )
    device_name = models.CharField(_("device"), max_length=255, blank=True)
    pairing_id = models.UUIDField(_("pairing id"), default=uuid.uuid4, unique=True)
    session_id = models.UUIDField(default=uuid.uuid4, unique=True)
    person = models.ForeignKey(
        "customers.Person", models.PROTECT, null=True, related_name="+", verbose_name=_("person")
    )
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("expires at"))
    scanned_at = models.DateTimeField(_("scanned at"), null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.pairing_id)[:8]
