from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from partners.choices import PaperKind, ReviewStatus


class Verification(models.Model):
    """One paper that a partner has handed in, and what the platform found. Of several of a kind the newest counts.

    The file lies in the private storage under a name that nobody can guess; `file_name` is what the partner called it.
    """

    partner = models.ForeignKey("partners.Partner", models.PROTECT, related_name="+", verbose_name=_("partner"))
    kind = models.CharField(_("kind"), max_length=24, choices=PaperKind)
    state = models.CharField(
        _("state"),
        max_length=12,
        choices=[choice for choice in ReviewStatus.choices if choice[0] != ReviewStatus.NOT_STARTED],
        default=ReviewStatus.PENDING,
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True, help_text=_("Why it was refused."))
    stored_name = models.CharField(max_length=200, unique=True, editable=False)
    file_name = models.CharField(_("file name"), max_length=150)
    content_type = models.CharField(_("content type"), max_length=100)
    size = models.PositiveIntegerField(_("bytes"))
    sha256 = models.CharField("SHA-256", max_length=64)
    uploaded_at = models.DateTimeField(_("handed in at"))
    uploaded_by = models.CharField(_("handed in by"), max_length=40)
    reviewed_at = models.DateTimeField(_("reviewed at"), null=True, blank=True)
    reviewed_by = models.CharField(_("reviewed by"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("paper of a partner")
        verbose_name_plural = _("papers of partners")
        constraints = [
            models.CheckConstraint(
                condition=Q(state=ReviewStatus.PENDING, reviewed_at=None)
                | Q(state__in=[ReviewStatus.VERIFIED, ReviewStatus.FAILED], reviewed_at__isnull=False),
                name="verification_state_reviewed",
            ),
            models.CheckConstraint(
                condition=(Q(state=ReviewStatus.FAILED) & ~Q(reason=""))
                | (~Q(state=ReviewStatus.FAILED) & Q(reason="")),
                name="verification_refused_with_reason",
            ),
            models.CheckConstraint(condition=Q(kind__in=PaperKind.values), name="verification_kind_known"),
        ]
        indexes = [models.Index(F("partner"), F("kind"), F("id").desc(), name="verification_newest")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.file_name}"
