"""How transactions are read (contract 3.4). The list itself is written by `ledger/sql/transaction_page.sql`."""

from typing import Any

from django.utils.translation import get_language
from rest_framework import serializers

from ledger.choices import TransactionStatus, TransactionType
from ledger.models import Transaction
from ledger.rules.explanation import explain_points
from loyalty.api.localized import shown_text
from partners.models import Offer

SIGNED = "Signed: a refund takes back what was awarded, so it is negative there."


def sign_of(row: Transaction) -> int:
    """Which way a transaction moves points and money."""
    return 1 if row.type == TransactionType.PURCHASE else -1


class TransactionRowSerializer(serializers.Serializer):
    """One transaction in a list. Money is unsigned and `type` tells its direction; points are signed and add up."""

    id = serializers.IntegerField()
    date = serializers.DateTimeField(source="occurred_at", format=None)
    type = serializers.ChoiceField(choices=TransactionType.choices)
    order_id = serializers.CharField()
    status = serializers.ChoiceField(choices=TransactionStatus.choices)
    customer_id = serializers.IntegerField(allow_null=True, help_text="null: an anonymous sale.")
    customer_name = serializers.CharField(source="customer.name", default=None, allow_null=True)
    amount = serializers.DecimalField(max_digits=14, decimal_places=2, help_text="Paid, or given back, besides points.")
    currency = serializers.CharField()
    points_awarded = serializers.SerializerMethodField(help_text=SIGNED)
    points_redeemed = serializers.SerializerMethodField(help_text=SIGNED)
    category = serializers.SerializerMethodField(help_text="The cart's main category.")
    shop_id = serializers.IntegerField(allow_null=True)
    shop_name = serializers.CharField(source="shop.name", default=None, allow_null=True)
    staff_id = serializers.IntegerField(allow_null=True)
    staff_name = serializers.CharField(source="staff.user.name", default=None, allow_null=True)
    commission = serializers.DecimalField(
        max_digits=18,
        decimal_places=4,
        allow_null=True,
        help_text="What the platform earns on it, negative on a refund; null: nothing is computed yet.",
    )

    def get_points_awarded(self, row: Transaction) -> int:
        return sign_of(row) * row.points_awarded

    def get_points_redeemed(self, row: Transaction) -> int:
        return sign_of(row) * row.points_redeemed

    def get_category(self, row: Transaction) -> str | None:
        return row.category or None


class GroupSerializer(serializers.Serializer):
    """Sums over one shop, day, month or category."""

    key = serializers.JSONField(help_text="Shop id, YYYY-MM-DD, YYYY-MM or category; null where there is none.")
    label = serializers.CharField()  # type: ignore[assignment]
    transactions = serializers.IntegerField(help_text="By category, one sale counts in each category of its cart.")
    revenue = serializers.DecimalField(max_digits=16, decimal_places=2, help_text="Of purchases.")
    refunds = serializers.DecimalField(max_digits=16, decimal_places=2, help_text="Of refunds and cancellations.")
    points_awarded = serializers.IntegerField(help_text="Net of what refunds took back.")
    points_redeemed = serializers.IntegerField(help_text="Net of what refunds returned.")
    commission = serializers.DecimalField(max_digits=18, decimal_places=4, allow_null=True)


class TransactionCustomerSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    email = serializers.CharField(allow_null=True)
    phone = serializers.CharField(allow_null=True)


class TransactionShopSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    address = serializers.CharField()
    phone = serializers.CharField()
    email = serializers.CharField()


class TransactionStaffSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField(source="user.name")
    email = serializers.CharField(source="user.email")


class TransactionItemSerializer(serializers.Serializer):
    name = serializers.CharField(source="product_name")
    quantity = serializers.DecimalField(max_digits=12, decimal_places=3)
    price = serializers.DecimalField(source="unit_price", max_digits=14, decimal_places=4, allow_null=True)
    total = serializers.DecimalField(source="total_price", max_digits=14, decimal_places=2)
    product_id = serializers.CharField()
    sku = serializers.CharField()
    category = serializers.CharField()
    earns_points = serializers.BooleanField()


class ReceiptSerializer(serializers.Serializer):
    """A picture of the paper receipt; none are kept yet."""

    url = serializers.CharField(allow_null=True)
    path = serializers.CharField(allow_null=True)
    available = serializers.BooleanField()


class TransactionDetailSerializer(TransactionRowSerializer):
    """One transaction in full."""

    points_earned = serializers.SerializerMethodField(help_text="The same as `points_awarded`.")
    points_discount_amount = serializers.DecimalField(max_digits=14, decimal_places=2)
    order_total = serializers.DecimalField(max_digits=14, decimal_places=2)
    points_calculation = serializers.SerializerMethodField()
    bonus_points = serializers.IntegerField(help_text="Of the points awarded: by a points multiplier.")
    bonus_offer_id = serializers.IntegerField(allow_null=True)
    cashback_points = serializers.IntegerField(help_text="Of the points awarded: by a cashback offer.")
    cashback_offer_id = serializers.IntegerField(allow_null=True)
    points_balance = serializers.IntegerField(help_text="Of the card, right after it.")
    points_debt = serializers.IntegerField()
    customer = TransactionCustomerSerializer(allow_null=True)
    shop = TransactionShopSerializer(allow_null=True)
    staff = TransactionStaffSerializer(allow_null=True)
    items = TransactionItemSerializer(source="lines.all", many=True)
    receipt = serializers.SerializerMethodField()
    uploaded_by_staff_id = serializers.SerializerMethodField(help_text="null: receipts are not uploaded.")
    loyalty_card_id = serializers.IntegerField(source="issued_card_id", allow_null=True)
    card_number = serializers.CharField(source="issued_card.number", default=None, allow_null=True)
    refund_id = serializers.CharField(allow_null=True)
    original_id = serializers.IntegerField(allow_null=True, help_text="The purchase that a refund undoes.")
    source = serializers.CharField()  # type: ignore[assignment]
    description = serializers.CharField()
    metadata = serializers.JSONField(source="meta_data")
    recorded_at = serializers.DateTimeField(format=None)

    def get_points_earned(self, row: Transaction) -> int:
        return sign_of(row) * row.points_awarded

    def get_points_calculation(self, row: Transaction) -> str:
        return explain_points(
            kind=row.type,
            is_anonymous=row.customer_id is None,
            has_card=row.issued_card_id is not None,
            amount=row.amount,
            discount=row.points_discount_amount,
            currency=row.currency,
            awarded=row.points_awarded,
            redeemed=row.points_redeemed,
            offers=[
                (points, _title_of(offer))
                for points, offer in (
                    (row.bonus_points, row.bonus_offer),
                    (row.cashback_points, row.cashback_offer),
                )
            ],
        )

    def get_receipt(self, row: Transaction) -> ReceiptSerializer:
        return {"url": None, "path": None, "available": False}  # type: ignore[return-value]

    def get_uploaded_by_staff_id(self, row: Transaction) -> int | None:
        return None


def _title_of(offer: Offer | None) -> str:
    return "" if offer is None else shown_text(offer.title, get_language() or "en", "en")


ROW_EXAMPLE: dict[str, Any] = {
    "id": 5012,
    "date": "2026-11-23T15:04:05Z",
    "type": "purchase",
    "order_id": "A-1001",
    "status": "completed",
    "customer_id": 1001,
    "customer_name": "Ona Kazlauskaitė",
    "amount": 45.0,
    "currency": "EUR",
    "points_awarded": 45,
    "points_redeemed": 0,
    "category": "coffee",
    "shop_id": 1,
    "shop_name": "Vilnius, Gedimino 9",
    "staff_id": None,
    "staff_name": None,
    "commission": 0.68,
}
DETAIL_EXAMPLE: dict[str, Any] = {
    **ROW_EXAMPLE,
    "points_earned": 45,
    "points_discount_amount": 0.0,
    "order_total": 45.0,
    "points_calculation": "45.00 EUR paid: 45 points awarded.",
    "bonus_points": 0,
    "bonus_offer_id": None,
    "cashback_points": 0,
    "cashback_offer_id": None,
    "points_balance": 145,
    "points_debt": 0,
    "customer": {"id": 1001, "name": "Ona Kazlauskaitė", "email": "ona@example.com", "phone": "+37060000001"},
    "shop": {"id": 1, "name": "Vilnius, Gedimino 9", "address": "Gedimino pr. 9", "phone": "", "email": ""},
    "staff": None,
    "items": [
        {
            "name": "Coffee beans 1 kg",
            "quantity": 3.0,
            "price": 15.0,
            "total": 45.0,
            "product_id": "7",
            "sku": "",
            "category": "coffee",
            "earns_points": True,
        }
    ],
    "receipt": {"url": None, "path": None, "available": False},
    "uploaded_by_staff_id": None,
    "loyalty_card_id": 1002,
    "card_number": "123-456-789",
    "refund_id": None,
    "original_id": None,
    "source": "till",
    "description": "",
    "metadata": {},
    "recorded_at": "2026-11-23T15:04:06Z",
}
