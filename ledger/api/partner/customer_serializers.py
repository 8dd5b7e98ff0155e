"""How customers are written and read (contract 3.3)."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cards.choices import IssuedCardStatus
from customers.rules.segments import SEGMENTS
from ledger.api.partner.serializers import sign_of
from ledger.choices import TransactionType
from ledger.models import Transaction
from ledger.selectors.customers import CustomerDetail
from messaging.choices import Channel, Purpose

# Push notices need a device, which no partner can name.
CHANNELS = (Channel.EMAIL.value, Channel.SMS.value)
PURPOSES = tuple(Purpose.values)
_ANSWERS = {"type": "object", "properties": {purpose: {"type": "boolean"} for purpose in PURPOSES}}


@extend_schema_field({"type": "object", "properties": dict.fromkeys(CHANNELS, _ANSWERS)})
class ConsentsField(serializers.Field):
    """`{"email": {"marketing": true}, "sms": {"marketing": false}}`; what is not named stays."""

    def to_internal_value(self, data: Any) -> dict[str, dict[str, bool]]:
        if not isinstance(data, Mapping):
            raise serializers.ValidationError(_("Must be an object."))
        faults = {}
        for channel, answers in data.items():
            fault = self._fault(channel, answers)
            if fault is not None:
                faults[str(channel)[:20]] = fault
        if faults:
            raise serializers.ValidationError(faults)
        return {channel: dict(answers) for channel, answers in data.items()}

    @staticmethod
    def _fault(channel: Any, answers: Any) -> Any:
        if channel not in CHANNELS:
            return [_("Unknown field.")]
        if not isinstance(answers, Mapping):
            return [_("Must be an object.")]
        found: dict[str, list[Any]] = {}
        for purpose, answer in answers.items():
            if purpose not in PURPOSES:
                found[str(purpose)[:20]] = [_("Unknown field.")]
            elif not isinstance(answer, bool):
                found[purpose] = [_("Must be true or false.")]
        return found or None

    def to_representation(self, value: Any) -> Any:
        return value


class CustomerWriteSerializer(serializers.Serializer):
    """What a partner tells of a customer; at least one of name, e-mail, phone and external id."""

    name = serializers.CharField(max_length=255, required=False, allow_blank=True)
    email = serializers.EmailField(max_length=254, required=False, allow_null=True)
    phone = serializers.CharField(
        max_length=32, required=False, allow_null=True, help_text="E.164, or as dialed in the partner's country."
    )
    external_id = serializers.CharField(
        max_length=100, required=False, allow_null=True, help_text="The customer's number in your own system."
    )
    language = serializers.CharField(max_length=5, required=False, help_text="One of the partner's languages.")
    consents = ConsentsField(required=False)


class CustomerCreateSerializer(CustomerWriteSerializer):
    shop_id = serializers.IntegerField(
        min_value=1, max_value=2**63 - 1, required=False, allow_null=True, help_text="Where the customer joins."
    )


class CustomerRowSerializer(serializers.Serializer):
    """One customer in a list."""

    id = serializers.IntegerField(source="customer.pk")
    name = serializers.CharField(source="customer.name")
    email = serializers.CharField(source="customer.email", allow_null=True)
    phone = serializers.CharField(source="customer.phone", allow_null=True)
    external_id = serializers.CharField(source="customer.external_id", allow_null=True)
    member_since = serializers.DateField(help_text="In the partner's time zone.")
    total_purchases = serializers.IntegerField(help_text="Purchases, without cancelled ones.")
    total_points = serializers.IntegerField(help_text="Points to spend, on all cards together.")
    points_debt = serializers.IntegerField(help_text="Taken back after they were spent; paid by what is earned next.")
    points_earned = serializers.IntegerField(help_text="Earned ever: decides the level.")
    loyalty_level = serializers.CharField(allow_null=True)
    segment = serializers.ChoiceField(choices=[(name, name) for name in SEGMENTS])
    last_purchase_at = serializers.DateTimeField(format=None, allow_null=True)
    cards_count = serializers.IntegerField(source="cards")
    is_active = serializers.BooleanField(source="customer.is_active")


class VisitSerializer(serializers.Serializer):
    id = serializers.IntegerField(source="shop.pk")
    name = serializers.CharField(source="shop.name")
    visits = serializers.IntegerField()
    last_visit_at = serializers.DateTimeField(source="last_at", format=None)


class HeldCardSerializer(serializers.Serializer):
    id = serializers.IntegerField(source="issued.pk")
    card_number = serializers.CharField(source="issued.number")
    qr_code = serializers.CharField(source="issued.qr_value")
    status = serializers.ChoiceField(source="issued.status", choices=IssuedCardStatus.choices)
    card_id = serializers.IntegerField(source="issued.card_id", help_text="The card programme.")
    title = serializers.JSONField(source="issued.card.title")
    points_balance = serializers.IntegerField(source="balance.balance", default=0)
    points_debt = serializers.IntegerField(source="balance.debt", default=0)
    issued_at = serializers.DateTimeField(source="issued.issued_at", format=None)


class HistorySerializer(serializers.Serializer):
    id = serializers.IntegerField()
    date = serializers.DateTimeField(source="occurred_at", format=None)
    type = serializers.ChoiceField(choices=TransactionType.choices)
    order_id = serializers.CharField()
    amount = serializers.DecimalField(max_digits=14, decimal_places=2)
    points_earned = serializers.SerializerMethodField(help_text="Negative for a refund.")
    status = serializers.CharField()
    shop_id = serializers.IntegerField(allow_null=True)

    def get_points_earned(self, row: Transaction) -> int:
        return sign_of(row) * row.points_awarded


class CustomerDetailSerializer(CustomerRowSerializer):
    """One customer in full; shops and history as far as the caller's shops reach."""

    language = serializers.CharField(source="customer.language")
    shop_id = serializers.IntegerField(source="customer.shop_id", allow_null=True, help_text="Where they joined.")
    consents = ConsentsField(help_text="null: never asked.")
    shops = VisitSerializer(many=True)
    cards = HeldCardSerializer(many=True)
    transaction_history = HistorySerializer(many=True, help_text="The newest twenty.")
    updated_at = serializers.DateTimeField(source="customer.updated_at", format=None)


def customer_answer(detail: CustomerDetail) -> dict[str, Any]:
    """The wire's form of a customer in full."""
    customer = detail.row.customer
    addresses = {"email": customer.email, "sms": customer.phone}
    row = CustomerRowSerializer(detail.row).data
    return {
        **row,
        "language": customer.language,
        "shop_id": customer.shop_id,
        "consents": {
            channel: {
                purpose: detail.consents.get((channel, purpose, addresses[channel] or "")) for purpose in PURPOSES
            }
            for channel in CHANNELS
        },
        "shops": VisitSerializer(detail.shops, many=True).data,
        "cards": HeldCardSerializer(detail.cards, many=True).data,
        "transaction_history": HistorySerializer(detail.history, many=True).data,
        "updated_at": customer.updated_at,
    }


ROW_EXAMPLE: dict[str, Any] = {
    "id": 1001,
    "name": "Ona Kazlauskaitė",
    "email": "ona@example.com",
    "phone": "+37060000001",
    "external_id": "CRM-17",
    "member_since": "2026-02-11",
    "total_purchases": 12,
    "total_points": 145,
    "points_debt": 0,
    "points_earned": 1245,
    "loyalty_level": "Silver",
    "segment": "active",
    "last_purchase_at": "2026-11-23T15:04:05Z",
    "cards_count": 1,
    "is_active": True,
}
DETAIL_EXAMPLE: dict[str, Any] = {
    **ROW_EXAMPLE,
    "language": "lt",
    "shop_id": 1,
    "consents": {"email": {"marketing": True, "service": None}, "sms": {"marketing": None, "service": None}},
    "shops": [{"id": 1, "name": "Vilnius, Gedimino 9", "visits": 12, "last_visit_at": "2026-11-23T15:04:05Z"}],
    "cards": [
        {
            "id": 1002,
            "card_number": "123-456-789",
            "qr_code": "0b6f0f4e-8f0e-4c46-8a53-6d1f1c0c2f11",
            "status": "active",
            "card_id": 1000,
            "title": {"en": "Coffee card", "lt": "Kavos kortelė"},
            "points_balance": 145,
            "points_debt": 0,
            "issued_at": "2026-02-11T08:00:00Z",
        }
    ],
    "transaction_history": [
        {
            "id": 5012,
            "date": "2026-11-23T15:04:05Z",
            "type": "purchase",
            "order_id": "A-1001",
            "amount": 45.0,
            "points_earned": 45,
            "status": "completed",
            "shop_id": 1,
        }
    ],
    "updated_at": "2026-11-23T15:04:05Z",
}
BODY_EXAMPLE: dict[str, Any] = {
    "name": "Ona Kazlauskaitė",
    "email": "ona@example.com",
    "phone": "8 600 00001",
    "external_id": "CRM-17",
    "language": "lt",
    "shop_id": 1,
    "consents": {"email": {"marketing": True}},
}
