"""The documented shapes of the till's sales."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from ledger.choices import TransactionType


class CartItemSerializer(serializers.Serializer):
    product_id = serializers.CharField(required=False, help_text="The till's own number, as text or number.")
    product_name = serializers.CharField(required=False)
    quantity = serializers.DecimalField(12, 3, required=False, default=Decimal(1))
    unit_price = serializers.DecimalField(14, 4, required=False)
    total_price = serializers.DecimalField(14, 2, required=False)
    sku = serializers.CharField(required=False)
    category = serializers.CharField(required=False)


class SaleSerializer(serializers.Serializer):
    """A purchase, refund or cancellation. Unknown fields are ignored."""

    order_id = serializers.CharField(max_length=100, help_text="Unique for the partner; a refund names its purchase.")
    type = serializers.ChoiceField(TransactionType.choices, required=False, default="purchase")
    user_id = serializers.IntegerField(required=False)
    user_email = serializers.EmailField(required=False)
    loyalty_card_id = serializers.IntegerField(required=False)
    card_number = serializers.CharField(required=False, help_text="XXX-XXX-XXX, or the UUID of the card's QR code.")
    order_total = serializers.DecimalField(
        10,
        2,
        required=False,
        help_text="Required for a purchase unless points is given; a refund without it takes the rest.",
    )
    points = serializers.IntegerField(required=False, help_text="Award exactly these instead of computing.")
    currency = serializers.CharField(max_length=3, required=False)
    description = serializers.CharField(max_length=500, required=False)
    shop_id = serializers.IntegerField(required=False)
    partner_card_id = serializers.IntegerField(required=False, help_text="The card programme to use.")
    points_redeemed = serializers.IntegerField(required=False, default=0)
    coupon_code = serializers.CharField(
        max_length=64, required=False, help_text="Used for this sale, in its transaction; code or QR value."
    )
    points_discount_amount = serializers.DecimalField(10, 2, required=False)
    cart_items = CartItemSerializer(many=True, required=False)
    meta_data = serializers.DictField(required=False)
    occurred_at = serializers.DateTimeField(
        required=False, help_text="For tills that were offline; at most 400 days ago."
    )
    refund_id = serializers.CharField(max_length=100, required=False)


class SaleAnswerSerializer(serializers.Serializer):
    """What became of it. `points` repeats `points_awarded`, `id` repeats `transaction_id` (older clients)."""

    transaction_id = serializers.IntegerField()
    id = serializers.IntegerField(source="transaction_id")
    type = serializers.CharField()
    points_awarded = serializers.IntegerField()
    points = serializers.IntegerField(source="points_awarded")
    bonus_points = serializers.IntegerField(help_text="Of the points awarded: by a points multiplier.")
    cashback_points = serializers.IntegerField(help_text="Of the points awarded: by a cashback offer.")
    points_redeemed = serializers.IntegerField()
    points_balance = serializers.IntegerField()
    points_debt = serializers.IntegerField()
    loyalty_card_id = serializers.IntegerField(allow_null=True)
    card_number = serializers.CharField(allow_null=True)
    user_id = serializers.IntegerField(allow_null=True)
    order_id = serializers.CharField()
    refund_id = serializers.CharField(allow_null=True)
    order_total = serializers.DecimalField(14, 2, help_text="What was paid besides points.")
    points_discount_amount = serializers.DecimalField(14, 2)
    currency = serializers.CharField()
    occurred_at = serializers.DateTimeField()


def sale_answer(receipt: Any) -> dict[str, Any]:
    """The same as SaleAnswerSerializer(receipt).data, byte for byte, without its cost."""
    return {
        "transaction_id": receipt.transaction_id,
        "id": receipt.transaction_id,
        "type": receipt.type,
        "points_awarded": receipt.points_awarded,
        "points": receipt.points_awarded,
        "bonus_points": receipt.bonus_points,
        "cashback_points": receipt.cashback_points,
        "points_redeemed": receipt.points_redeemed,
        "points_balance": receipt.points_balance,
        "points_debt": receipt.points_debt,
        "loyalty_card_id": receipt.loyalty_card_id,
        "card_number": receipt.card_number,
        "user_id": receipt.user_id,
        "order_id": receipt.order_id,
        "refund_id": receipt.refund_id,
        "order_total": receipt.order_total,
        "points_discount_amount": receipt.points_discount_amount,
        "currency": receipt.currency,
        "occurred_at": receipt.occurred_at,
    }
