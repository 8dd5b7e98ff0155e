"""What platform staff send and get about partners."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from partners.api.partner.serializers import PartnerAnswer, PartnerForm, PartnerSettingsForm, web_address
from partners.choices import PartnerKind, PartnerStatus, ReviewStatus
from partners.rules.lifecycle import INITIAL
from partners.rules.profile import COUNTRIES

SETTINGS = ("time_zone", "currency", "default_language", "languages")


# --- In


class PlatformPartnerForm(PartnerForm):
    """The partner's own form, and what only the platform says. Region and languages may stand outside `settings`."""

    legal_name = serializers.CharField(max_length=255, allow_blank=True, help_text="With an admin token.")
    registration_code = serializers.CharField(max_length=50, allow_blank=True, help_text="With an admin token.")
    country = serializers.CharField(max_length=2, help_text="ISO 3166, with an admin token.")
    time_zone = serializers.CharField(max_length=64, help_text="The same as in `settings`, with an admin token.")
    currency = serializers.CharField(max_length=3, help_text="The same as in `settings`, with an admin token.")
    default_language = serializers.CharField(max_length=5, help_text="The same as in `settings`, with an admin token.")
    languages = serializers.ListField(
        child=serializers.CharField(max_length=5),
        min_length=1,
        max_length=20,
        help_text="The same as in `settings`, with an admin token.",
    )
    plan = serializers.CharField(max_length=50, help_text="A plan's code (`tier`), with an admin token.")
    kind = serializers.ChoiceField(PartnerKind.choices, help_text="With an admin token.")
    parent_id = serializers.IntegerField(
        min_value=1,
        max_value=2**63 - 1,
        allow_null=True,
        help_text="The network or agency that it belongs to, with an admin token.",
    )

    validate_time_zone = PartnerSettingsForm.validate_time_zone
    validate_currency = PartnerSettingsForm.validate_currency
    validate_languages = PartnerSettingsForm.validate_languages

    def validate_country(self, value: str) -> str:
        if value.upper() not in COUNTRIES:
            raise serializers.ValidationError(_("Unknown country: two letters, for example LT."))
        return value.upper()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        twice = {name: _("Given twice.") for name in SETTINGS if name in attrs and name in attrs.get("settings", {})}
        if twice:
            raise serializers.ValidationError(twice)
        return attrs


class FirstShopForm(serializers.Serializer):
    name = serializers.CharField(max_length=255)
    description = serializers.CharField(max_length=10_000, allow_blank=True, required=False)
    address = serializers.CharField(max_length=255, allow_blank=True, required=False)
    city = serializers.CharField(max_length=100, allow_blank=True, required=False)
    phone = serializers.CharField(max_length=32, allow_blank=True, required=False)
    email = serializers.EmailField(max_length=254, allow_blank=True, required=False)
    website = serializers.CharField(max_length=200, allow_blank=True, required=False, validators=[web_address])
    latitude = serializers.DecimalField(9, 6, min_value=-90, max_value=90, required=False, allow_null=True)
    longitude = serializers.DecimalField(9, 6, min_value=-180, max_value=180, required=False, allow_null=True)
    is_virtual = serializers.BooleanField(required=False, help_text="A web shop.")


class OwnerForm(serializers.Serializer):
    email = serializers.EmailField(max_length=254, help_text="Gets a mail with a link to choose a password.")
    name = serializers.CharField(max_length=150, allow_blank=True, required=False)
    language = serializers.ChoiceField([("en", "en"), ("lt", "lt")], required=False)


class NewPartnerForm(PlatformPartnerForm):
    """Only the name and the contact address have to be said."""

    status = serializers.ChoiceField(
        [(str(status), status.label) for status in INITIAL],
        help_text="`active` unless given; `pending_review` begins an application.",
    )
    shop = FirstShopForm(help_text="The first shop.")
    owner = OwnerForm(help_text="The owner, who is invited by e-mail.")
    with_credentials = serializers.BooleanField(help_text="Answer a first API key with its secret, once.")

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        for name, field in fields.items():
            field.required = name in {"name", "contact_email"}
        for field in fields["settings"].fields.values():  # type: ignore[attr-defined]
            field.required = False
        return fields


# --- Out

PLATFORM: dict[str, Any] = {"required": False, "help_text": "With an admin token."}


class SeenPartnerAnswer(PartnerAnswer):
    """A partner as its own staff see it, and with an admin token what the platform knows besides."""

    kind = serializers.ChoiceField(PartnerKind.choices, **PLATFORM)
    parent_id = serializers.IntegerField(allow_null=True, **PLATFORM)
    status_changed_at = serializers.DateTimeField(allow_null=True, **PLATFORM)
    rejection_reason = serializers.CharField(**PLATFORM)
    review_notes = serializers.CharField(**PLATFORM)
    next_statuses = serializers.ListField(child=serializers.ChoiceField(PartnerStatus.choices), **PLATFORM)


class ShopOfNewPartner(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()


class OwnerOfNewPartner(serializers.Serializer):
    staff_id = serializers.IntegerField(source="id")
    user_id = serializers.IntegerField()
    email = serializers.EmailField(source="user.email")
    name = serializers.CharField(source="user.name")


class ApiCredentialsAnswer(serializers.Serializer):
    api_key = serializers.CharField()
    api_secret = serializers.CharField(help_text="Shown this once.")


class NewPartnerAnswer(SeenPartnerAnswer):
    shop = ShopOfNewPartner(allow_null=True)
    owner = OwnerOfNewPartner(allow_null=True)
    api_credentials = ApiCredentialsAnswer(allow_null=True)


class PartnerRow(serializers.Serializer):
    """One partner in the list."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    legal_name = serializers.CharField()
    registration_code = serializers.CharField()
    contact_email = serializers.EmailField()
    contact_phone = serializers.CharField()
    website = serializers.CharField()
    logo_url = serializers.CharField()
    country = serializers.CharField()
    currency = serializers.CharField()
    kind = serializers.ChoiceField(PartnerKind.choices)
    parent_id = serializers.IntegerField(allow_null=True)
    parent_name = serializers.CharField(source="parent.name", allow_null=True, default=None)
    is_active = serializers.BooleanField()
    status = serializers.ChoiceField(PartnerStatus.choices)
    status_changed_at = serializers.DateTimeField(allow_null=True)
    tier = serializers.CharField(source="plan.code")
    shops_count = serializers.IntegerField(source="open_shops")
    verification_status = serializers.ChoiceField(ReviewStatus.choices)
    compliance_status = serializers.ChoiceField(ReviewStatus.choices)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
