"""What platform staff send and get about a partner's way to being active."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from partners.choices import PartnerStatus
from partners.models import Partner
from partners.rules.lifecycle import next_states
from partners.services.lifecycle import MOST_REASON, Review

STATES = [choice for choice in PartnerStatus.choices if choice[0] != PartnerStatus.CLOSED]


class StatusForm(serializers.Serializer):
    status = serializers.ChoiceField(STATES)
    review_notes = serializers.CharField(
        max_length=5_000, allow_blank=True, required=False, allow_null=True, help_text="For the platform only."
    )
    rejection_reason = serializers.CharField(
        max_length=MOST_REASON,
        allow_blank=True,
        required=False,
        allow_null=True,
        help_text="Told to the partner; needed when it is rejected.",
    )
    send_notification = serializers.BooleanField(default=True, help_text="Tell the partner by e-mail.")
    expected_status = serializers.ChoiceField(
        PartnerStatus.choices,
        required=False,
        allow_null=True,
        help_text="Refuse (STATUS_CHANGED) unless the partner still is in this state.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("rejection_reason") and attrs["status"] != PartnerStatus.REJECTED:
            raise serializers.ValidationError({"rejection_reason": _("Only a rejection has a reason.")})
        return attrs

    @staticmethod
    def read(form: dict[str, Any]) -> Review:
        """The body in the service's words."""
        return Review(
            status=form["status"],
            review_notes=form.get("review_notes"),
            rejection_reason=form.get("rejection_reason") or "",
            send_notification=form["send_notification"],
            expected=form.get("expected_status"),
        )


class StatusAnswer(serializers.Serializer):
    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()
    status = serializers.ChoiceField(PartnerStatus.choices)
    is_active = serializers.BooleanField()
    status_changed_at = serializers.DateTimeField(allow_null=True)
    rejection_reason = serializers.CharField()
    review_notes = serializers.CharField()
    next_statuses = serializers.SerializerMethodField()

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(PartnerStatus.choices)))
    def get_next_statuses(self, partner: Partner) -> list[str]:
        return [str(state) for state in next_states(partner.status)]
