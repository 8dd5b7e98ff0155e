from zoneinfo import available_timezones

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from partners.choices import EarnBasis, PartnerKind, PartnerStatus, ReviewStatus
from partners.rules.lifecycle import may_trade


def validate_time_zone(value: str) -> None:
    if value not in available_timezones():
        raise ValidationError(_("Unknown time zone, for example Europe/Vilnius."))


def default_levels() -> dict[str, int]:
    """Points a customer must have earned over time for each level, lowest first."""
    return {"Bronze": 0, "Silver": 1_000, "Gold": 5_000, "Platinum": 20_000}


def default_languages() -> list[str]:
    return ["lt", "en"]


class Partner(models.Model):
    """The paying business: a chain, a member of a franchise network, or a client of an agency."""

    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("belongs to")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=PartnerKind, default=PartnerKind.PARTNER)
    name = models.CharField(_("name"), max_length=255)
    legal_name = models.CharField(_("legal name"), max_length=255, blank=True)
    registration_code = models.CharField(_("registration code"), max_length=50, blank=True)
    description = models.TextField(_("description"), blank=True)
    contact_email = models.EmailField(_("contact e-mail"))
    contact_phone = models.CharField(_("contact phone"), max_length=32, blank=True)
    website = models.URLField(_("website"), blank=True)
    logo_url = models.URLField(_("logo address"), blank=True)
    country = models.CharField(_("country"), max_length=2, default="LT", help_text=_("ISO 3166 code"))
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="Europe/Vilnius", validators=[validate_time_zone]
    )
    currency = models.CharField(_("currency"), max_length=3, default="EUR", help_text=_("ISO 4217 code"))
    default_language = models.CharField(_("default language"), max_length=5, default="lt")
    languages = ArrayField(models.CharField(max_length=5), verbose_name=_("languages"), default=default_languages)
    status = models.CharField(_("status"), max_length=20, choices=PartnerStatus, default=PartnerStatus.PENDING_REVIEW)
    status_changed_at = models.DateTimeField(_("status since"), null=True, editable=False)
    # What the partner is told, and what only the platform reads.
    rejection_reason = models.CharField(_("reason of the rejection"), max_length=500, blank=True)
    review_notes = models.TextField(_("review notes"), blank=True)
    verification_status = models.CharField(
        _("verification"), max_length=20, choices=ReviewStatus, default=ReviewStatus.NOT_STARTED
    )
    compliance_status = models.CharField(
        _("compliance"), max_length=20, choices=ReviewStatus, default=ReviewStatus.NOT_STARTED
    )
    plan = models.ForeignKey("partners.Plan", models.PROTECT, related_name="+", verbose_name=_("plan"))
    enrol_unknown_emails = models.BooleanField(
        _("enrol unknown e-mails"),
        default=True,
        help_text=_("A sale with an unknown e-mail address enrols a customer."),
    )
    attach_receipt_days = models.PositiveSmallIntegerField(
        _("days to attach a receipt"), default=30, help_text=_("How long an anonymous sale can still get its customer.")
    )
    earn_basis = models.CharField(_("order total is"), max_length=10, choices=EarnBasis, default=EarnBasis.GROSS)
    levels = models.JSONField(_("customer levels"), default=default_levels)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("partner")
        verbose_name_plural = _("partners")
        constraints = [
            models.CheckConstraint(condition=models.Q(currency__regex=r"^[A-Z]{3}$"), name="partner_currency_iso"),
            models.CheckConstraint(
                condition=models.Q(parent=None) | ~models.Q(parent=models.F("id")), name="partner_not_its_own_parent"
            ),
        ]
        indexes = [GinIndex(fields=["name"], opclasses=["gin_trgm_ops"], name="partner_name_trigram")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:
        """Whether its tills, staff and systems may act."""
        return may_trade(self.status)
