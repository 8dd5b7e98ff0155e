import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class LoginSession(models.Model):
    """One log-in and the family of tokens that came of it; revoking the row ends them all.

    `current` and `previous` are SHA-256 digests of refresh token ids. Only `current` may be exchanged; `previous`
    within ten seconds of `rotated_at` gets the same answer again (a lost reply), anything else revokes the session.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user = models.ForeignKey("loyalty.User", models.CASCADE, null=True, related_name="sessions", verbose_name=_("user"))
    realm = models.CharField(_("realm"), max_length=20)
    # No foreign keys: the kernel knows neither persons nor partners.
    person_id = models.BigIntegerField(_("person"), null=True)
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
        indexes = [
            models.Index(fields=["expires_at"], name="session_expiry"),
            models.Index(fields=["person_id"], name="session_person", condition=models.Q(person_id__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(user__isnull=False, person_id=None) | models.Q(user=None, person_id__isnull=False),
                name="session_of_user_or_person",
            )
        ]

    def __str__(self) -> str:
        return f"{self.realm} {self.id}"
