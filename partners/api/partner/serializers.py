"""What a partner's staff and systems send and get about the partner."""

from typing import Any
from zoneinfo import available_timezones

from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from loyalty.api.accounts import LoginForm, TokensAnswer
from partners.choices import EarnBasis, PartnerStatus, ReviewStatus, StaffRole
from partners.models import Partner
from partners.rules.profile import CURRENCIES, LANGUAGES, are_ascending, ordered_levels

web_address = URLValidator(schemes=["http", "https"])


# --- In


class StaffLoginForm(LoginForm):
    partner_id = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, help_text="Needed by those who work for several partners."
    )


class LevelField(serializers.Serializer):
    name = serializers.CharField(max_length=50)
    points = serializers.IntegerField(min_value=0, max_value=1_000_000_000)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A level is complete even where the rest of the form is partial."""
        if missing := set(self.fields) - set(attrs):
            raise serializers.ValidationError({name: _("This field is required.") for name in missing})
        return attrs


class PartnerSettingsForm(serializers.Serializer):
    time_zone = serializers.CharField(max_length=64)
    currency = serializers.CharField(max_length=3)
    default_language = serializers.CharField(max_length=5)
    languages = serializers.ListField(child=serializers.CharField(max_length=5), min_length=1, max_length=20)
    earn_basis = serializers.ChoiceField(EarnBasis.choices)
    enrol_unknown_emails = serializers.BooleanField()
    attach_receipt_days = serializers.IntegerField(min_value=0, max_value=365)
    levels = LevelField(many=True)

    def validate_time_zone(self, value: str) -> str:
        if value not in available_timezones():
            raise serializers.ValidationError(_("Unknown time zone, for example Europe/Vilnius."))
        return value

    def validate_currency(self, value: str) -> str:
        if value not in CURRENCIES:
            raise serializers.ValidationError(_("Unknown currency: three capital letters, for example EUR."))
        return value

    def validate_languages(self, value: list[str]) -> list[str]:
        if unknown := [code for code in value if code not in LANGUAGES]:
            raise serializers.ValidationError(_("Unknown language: {code}.").format(code=unknown[0]))
        if len(set(value)) != len(value):
            raise serializers.ValidationError(_("A language is named twice."))
        return value

    def validate_levels(self, value: list[dict[str, Any]]) -> dict[str, int]:
        pairs = [(level["name"], level["points"]) for level in value]
        if not are_ascending(pairs):
            raise serializers.ValidationError(
                _("Levels start at 0 points, each needs more points than the one before, and no name comes twice.")
            )
        return dict(pairs)


class PartnerForm(serializers.Serializer):
    name = serializers.CharField(max_length=255)
    description = serializers.CharField(max_length=10_000, allow_blank=True)
    contact_email = serializers.EmailField(max_length=254)
    contact_phone = serializers.CharField(max_length=32, allow_blank=True, help_text="Stored in E.164.")
    website = serializers.CharField(max_length=200, allow_blank=True, validators=[web_address])
    logo_url = serializers.CharField(max_length=200, allow_blank=True, validators=[web_address])
    settings = PartnerSettingsForm()


# --- Out


class LoginPartner(serializers.Serializer):
    """The partner of a staff member that `list_jobs` found."""

    id = serializers.IntegerField(source="partner.id")
    name = serializers.CharField(source="partner.name")
    email = serializers.EmailField(source="partner.contact_email")
    tier = serializers.CharField(source="partner.plan.code")
    shops_count = serializers.IntegerField(source="open_shops")


class StaffUser(serializers.Serializer):
    id = serializers.IntegerField(source="user.id")
    staff_id = serializers.IntegerField(source="id")
    name = serializers.CharField(source="user.name")
    email = serializers.EmailField(source="user.email")
    language = serializers.CharField(source="user.language")
    role = serializers.ChoiceField(StaffRole.choices)


class StaffLoginAnswer(TokensAnswer):
    partner = LoginPartner()
    user = StaffUser()


class JobAnswer(serializers.Serializer):
    id = serializers.IntegerField(source="partner.id")
    name = serializers.CharField(source="partner.name")
    role = serializers.ChoiceField(StaffRole.choices)
    is_active = serializers.BooleanField(source="partner.is_active", help_text="Whether the partner may act.")


class MeAnswer(serializers.Serializer):
    user = StaffUser()
    partner = LoginPartner()
    capabilities = serializers.ListField(child=serializers.CharField())
    shop_ids = serializers.ListField(
        child=serializers.IntegerField(), allow_null=True, help_text="null: every shop of the partner."
    )
    partners = JobAnswer(many=True, help_text="Everywhere this user works.")


class ApiLimitsAnswer(serializers.Serializer):
    requests_per_hour = serializers.IntegerField()
    burst_per_minute = serializers.IntegerField()
    remaining_hour = serializers.IntegerField()
    remaining_minute = serializers.IntegerField()
    resets_at = serializers.DateTimeField()


class PartnerSettingsAnswer(serializers.Serializer):
    country = serializers.CharField()
    time_zone = serializers.CharField()
    currency = serializers.CharField()
    default_language = serializers.CharField()
    languages = serializers.ListField(child=serializers.CharField())
    earn_basis = serializers.ChoiceField(EarnBasis.choices)
    enrol_unknown_emails = serializers.BooleanField()
    attach_receipt_days = serializers.IntegerField()
    levels = serializers.SerializerMethodField()

    def get_levels(self, partner: Partner) -> list[dict[str, Any]]:
        return [{"name": name, "points": points} for name, points in ordered_levels(partner.levels)]


class PartnerAnswer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    legal_name = serializers.CharField()
    registration_code = serializers.CharField()
    description = serializers.CharField()
    contact_email = serializers.EmailField()
    contact_phone = serializers.CharField()
    website = serializers.CharField()
    logo_url = serializers.CharField()
    is_active = serializers.BooleanField()
    status = serializers.ChoiceField(PartnerStatus.choices)
    tier = serializers.CharField(source="plan.code")
    shops_count = serializers.IntegerField()
    settings = PartnerSettingsAnswer()
    capabilities = serializers.ListField(child=serializers.CharField(), help_text="What the caller may do.")
    integration_status = serializers.ChoiceField(["not_configured", "ready", "connected"])
    api_limits = ApiLimitsAnswer()
    verification_status = serializers.ChoiceField(ReviewStatus.choices)
    compliance_status = serializers.ChoiceField(ReviewStatus.choices)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
