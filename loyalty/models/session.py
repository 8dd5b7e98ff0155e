import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class LoginSession(models.Model):
    """One log-in and the family of tokens that came of it; revoking the row ends them all.

    `current` and `previous` are SHA-256 digests of refresh token ids. Only `current` may be exchanged; `previous`
    within ten seconds of `rotated_at` gets the same answer again (a lost reply), anything else revokes the session.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user = models.ForeignKey("loyalty.User", models.CASCADE, related_name="sessions", verbose_name=_("user"))
    realm = models.CharField(_("realm"), max_length=20)
    # No foreign key: the kernel knows no partners.
    partner_id = models.BigIntegerField(_("partner"), null=True)
    token_version = models.PositiveIntegerField(_("token version"))
    current = models.BinaryField(max_length=32)
    previous = models.BinaryField(max_length=32, null=True)
    rotated_at = models.DateTimeField(_("rotated at"))
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("expires at"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True)

    class Meta:
        verbose_name = _("log-in session")
        verbose_name_plural = _("log-in sessions")
        indexes = [models.Index(fields=["expires_at"], name="session_expiry")]

    def __str__(self) -> str:
        return f"{self.realm} {self.id}"
