from decimal import Decimal

from rest_framework import serializers

from customers.models import Customer
from ledger.models import Transaction
from partners.models import Shop


class TransactionSerializer(serializers.ModelSerializer):
    """A sale in, the recorded transaction out."""

    order_total = serializers.DecimalField(max_digits=14, decimal_places=2, min_value=Decimal(0))
    user_id = serializers.PrimaryKeyRelatedField(source="customer", queryset=Customer.objects.all())
    shop_id = serializers.PrimaryKeyRelatedField(source="shop", queryset=Shop.objects.all())

    class Meta:
        model = Transaction
        fields = [
            "id",
            "type",
            "order_id",
            "user_id",
            "shop_id",
            "issued_card",
            "order_total",
            "points_discount_amount",
            "amount",
            "currency",
            "points_awarded",
            "points_redeemed",
            "points_balance",
            "points_debt",
            "occurred_at",
        ]
        read_only_fields = [
            "type",
            "issued_card",
            "points_discount_amount",
            "amount",
            "currency",
            "points_awarded",
            "points_redeemed",
            "points_balance",
            "points_debt",
            "occurred_at",
        ]

    def get_fields(self) -> dict[str, serializers.Field]:
        """Customers and shops of the caller's partner only."""
        fields = super().get_fields()
        partner = self.context["request"].auth.partner
        fields["user_id"].queryset = Customer.objects.filter(partner=partner)
        fields["shop_id"].queryset = Shop.objects.filter(partner=partner)
        return fields
