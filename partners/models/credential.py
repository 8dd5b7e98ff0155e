from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from partners.choices import CredentialKind, CredentialScope


def default_scopes() -> list[str]:
    return [CredentialScope.READ, CredentialScope.WRITE]


class ApiCredential(models.Model):
    """A public key that a till or web shop presents with one of its secrets."""

    partner = models.ForeignKey(
        "partners.Partner", models.PROTECT, related_name="credentials", verbose_name=_("partner")
    )
    name = models.CharField(_("name"), max_length=100, help_text=_("Which till or system uses it."))
    key = models.CharField(_("key"), max_length=64, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=20, choices=CredentialKind, default=CredentialKind.PRODUCTION)
    scopes = ArrayField(
        models.CharField(max_length=20, choices=CredentialScope), verbose_name=_("scopes"), default=default_scopes
    )
    shop = models.ForeignKey(
        "partners.Shop",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("only for shop"),
        help_text=_("A till's own key: its sales belong to this shop and other shops are out of its reach."),
    )
    allowed_addresses = ArrayField(
        models.CharField(max_length=50),
        verbose_name=_("allowed addresses"),
        default=list,
        blank=True,
        help_text=_("IP addresses or networks such as 192.0.2.0/24; empty means anywhere."),
    )
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("API credential")
        verbose_name_plural = _("API credentials")

    def __str__(self) -> str:
        return f"{self.name} ({self.key})"


class ApiSecret(models.Model):
    """One secret of a credential: only a keyed hash of it is stored. Two are valid at once while it is rotated."""

    credential = models.ForeignKey("partners.ApiCredential", models.CASCADE, related_name="secrets")
    digest = models.BinaryField(max_length=32)
    pepper_version = models.CharField(_("pepper version"), max_length=20)
    last_four = models.CharField(_("last four"), max_length=4)
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("expires at"), null=True)

    class Meta:
        verbose_name = _("API secret")
        verbose_name_plural = _("API secrets")
        indexes = [models.Index(fields=["credential"], name="secret_credential")]

    def __str__(self) -> str:
        return f"…{self.last_four}"
