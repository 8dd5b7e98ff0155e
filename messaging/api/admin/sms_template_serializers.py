"""What platform staff send and get about partners' SMS texts."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from messaging.api.sms_fields import AmountField, VariablesField
from messaging.models import SmsTemplate
from messaging.models.own_text import CODE, LANGUAGE
from messaging.rules.sms import count_parts
from messaging.rules.sms_templates import LONGEST, variables_of
from messaging.services.sms_templates import Preview

TEMPLATE: dict[str, Any] = {
    "id": 7,
    "code": "order_ready",
    "language": "lt",
    "text": "{{ name }}, Jūsų užsakymas paruoštas.",
    "is_active": True,
    "variables": ["name"],
    "parts": 1,
    "updated_at": "2026-11-23T18:30:00Z",
}
PREVIEW: dict[str, Any] = {
    "text": "Ona, Jūsų užsakymas paruoštas.",
    "parts": 1,
    "encoding": "unicode",
    "variables": ["name"],
    "price": {"country": "LT", "amount": 0.0556, "currency": "EUR"},
}


class SmsTemplateForm(serializers.Serializer):
    """A text; its variables are written `{{ name }}`."""

    code = serializers.CharField(max_length=60, validators=[CODE])
    language = serializers.CharField(max_length=5, validators=[LANGUAGE])
    text = serializers.CharField(max_length=LONGEST, trim_whitespace=False, help_text="Variables as `{{ name }}`.")
    is_active = serializers.BooleanField(required=False)

    def validate_text(self, value: str) -> str:
        if not value.strip():
            raise serializers.ValidationError(_("This field may not be blank."))
        return value


class SmsPreviewForm(serializers.Serializer):
    code = serializers.CharField(max_length=60, validators=[CODE])
    text = serializers.CharField(max_length=LONGEST, trim_whitespace=False)
    variables = VariablesField(required=False)
    country = serializers.RegexField(r"^[A-Z]{2}\Z", required=False, help_text="ISO 3166; default the partner's.")


class SmsTemplateAnswer(serializers.ModelSerializer):
    variables = serializers.SerializerMethodField()
    parts = serializers.SerializerMethodField(help_text="Of the text as it is written; values make it longer.")

    class Meta:
        model = SmsTemplate
        fields = ("id", "code", "language", "text", "is_active", "variables", "parts", "updated_at")

    def get_variables(self, row: SmsTemplate) -> list[str]:
        return variables_of(row.text)

    def get_parts(self, row: SmsTemplate) -> int:
        return count_parts(row.text)


class SmsPriceAnswer(serializers.Serializer):
    country = serializers.CharField()
    amount = AmountField(allow_null=True, help_text="Null: the partner has no active account.")
    currency = serializers.CharField(allow_null=True)


class SmsPreviewAnswer(serializers.Serializer):
    text = serializers.CharField()
    parts = serializers.IntegerField()
    encoding = serializers.ChoiceField(["gsm7", "unicode"])
    variables = serializers.ListField(child=serializers.CharField())
    price = SmsPriceAnswer()


def present_preview(shown: Preview) -> dict[str, Any]:
    """A preview as it is answered."""
    price = {"country": shown.country, "amount": shown.amount, "currency": shown.currency}
    words = {"text": shown.text, "parts": shown.parts, "variables": shown.variables, "price": price}
    return dict(SmsPreviewAnswer({**words, "encoding": "gsm7" if shown.is_gsm else "unicode"}).data)
