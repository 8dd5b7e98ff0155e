from django.db import models
from django.utils.translation import gettext_lazy as _

from messaging.choices import Channel, Purpose


class Consent(models.Model):
    """One yes or no to being written to: insert-only, so that every change keeps its proof. The newest row counts."""

    partner = models.ForeignKey("partners.Partner", models.PROTECT, related_name="+", verbose_name=_("partner"))
    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose, default=Purpose.MARKETING)
    address = models.CharField(_("address"), max_length=254, help_text=_("E-mail address or phone number"))
    is_given = models.BooleanField(_("given"))
    source = models.CharField(_("source"), max_length=40)
    # What a web page can show for it, where the words were spoken there.
    proof_ip = models.GenericIPAddressField(_("caller's address"), null=True, blank=True)
    proof_agent = models.CharField(_("caller's browser"), max_length=300, blank=True, default="", db_default="")
    proof_page = models.CharField(_("page"), max_length=500, blank=True, default="", db_default="")
    # The provider's id of the message that said it: the same message again says nothing new.
    reference = models.CharField(_("reference"), max_length=100, blank=True, default="", db_default="")
    given_at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        indexes = [models.Index(fields=["partner", "address", "channel", "purpose", "-id"], name="consent_latest")]

    def __str__(self) -> str:
        return f"{self.channel} {self.purpose} {self.is_given}"
