"""The shapes of `games/api/shop/coupon_answers.py`, for the OpenAPI document and for what tills send."""

from rest_framework import serializers

from games.api.shop.game_serializers import LOCALIZED_HELP

STATUS_HELP = "active, pending, redeemed, expired or cancelled."


class RewardDetailsSerializer(serializers.Serializer):
    type = serializers.CharField(help_text="free_product, percentage, fixed or points.")
    value = serializers.DecimalField(12, 2, allow_null=True, help_text="A percentage or an amount.")
    points = serializers.IntegerField(allow_null=True)
    product_name = serializers.CharField(allow_null=True)
    minimum_purchase = serializers.DecimalField(12, 2)
    maximum_discount = serializers.DecimalField(12, 2, allow_null=True)


class CouponOfferSerializer(serializers.Serializer):
    id = serializers.IntegerField(allow_null=True)
    title = serializers.DictField(help_text=LOCALIZED_HELP)
    description = serializers.DictField(help_text=LOCALIZED_HELP)
    discount_type = serializers.CharField(help_text="percentage, fixed, points, free_product or game_reward.")
    discount_value = serializers.DecimalField(12, 2, allow_null=True)
    reward_type = serializers.CharField()
    reward_details = RewardDetailsSerializer()
    original_price = serializers.DecimalField(12, 2, allow_null=True, required=False)


class CouponGameSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.DictField(help_text=LOCALIZED_HELP)
    type = serializers.CharField()
    reward_description = serializers.DictField(help_text=LOCALIZED_HELP)


class CouponUserSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    email = serializers.CharField(allow_null=True)


class CouponCategorySerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.DictField(help_text=LOCALIZED_HELP)
    description = serializers.DictField(help_text=LOCALIZED_HELP)


class CouponProductSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    description = serializers.CharField()
    image_url = serializers.CharField(allow_null=True)
    sku = serializers.CharField()
    barcode = serializers.CharField(allow_null=True)
    price = serializers.DecimalField(12, 2, allow_null=True)
    regular_price = serializers.DecimalField(12, 2, allow_null=True)
    currency = serializers.CharField()
    categories = CouponCategorySerializer(many=True)


class CouponSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    code = serializers.CharField()
    qr_code = serializers.CharField(help_text="What its QR code holds; as good as the code.")
    status = serializers.CharField(help_text=STATUS_HELP)
    expires_at = serializers.DateTimeField(allow_null=True)
    expiry_time = serializers.DateTimeField(allow_null=True, help_text="The same as expires_at.")
    is_unlimited = serializers.BooleanField()
    days_until_expiry = serializers.IntegerField(allow_null=True)
    is_used = serializers.BooleanField()
    is_pending = serializers.BooleanField()
    pending_shop_id = serializers.IntegerField(allow_null=True)
    offer = CouponOfferSerializer()
    game = CouponGameSerializer(allow_null=True)
    user = CouponUserSerializer(allow_null=True)
    card_id = serializers.IntegerField(allow_null=True)
    products = CouponProductSerializer(many=True)
    categories = CouponCategorySerializer(many=True)
    requires_product_selection = serializers.BooleanField()
    redeemed_at = serializers.DateTimeField(allow_null=True)
    redeemed_shop_id = serializers.IntegerField(allow_null=True)
    created_at = serializers.DateTimeField()


class CouponPageSerializer(serializers.Serializer):
    current_page = serializers.IntegerField()
    per_page = serializers.IntegerField()
    total = serializers.IntegerField()
    last_page = serializers.IntegerField()


class CouponListSerializer(serializers.Serializer):
    coupons = CouponSerializer(many=True)
    pagination = CouponPageSerializer()


class CardCouponsSerializer(serializers.Serializer):
    coupons = CouponSerializer(many=True)
    total_count = serializers.IntegerField()


class CouponProductsSerializer(serializers.Serializer):
    products = CouponProductSerializer(many=True)
    total_count = serializers.IntegerField()
    selection_required = serializers.BooleanField()


class VerifyCouponSerializer(serializers.Serializer):
    code = serializers.CharField(help_text="As typed, or the value of its QR code. Also as coupon_code.")
    coupon_code = serializers.CharField(required=False)
    shop_id = serializers.IntegerField(required=False, help_text="Default: the only shop of the key.")


class VerifiedCouponSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    code = serializers.CharField()
    qr_code = serializers.CharField()
    status = serializers.CharField(help_text=STATUS_HELP)
    expires_at = serializers.DateTimeField(allow_null=True)
    expiry_time = serializers.DateTimeField(allow_null=True)
    is_used = serializers.BooleanField()
    is_pending = serializers.BooleanField()
    pending_shop_id = serializers.IntegerField(allow_null=True)
    selected_product_id = serializers.IntegerField(allow_null=True)
    requires_product_selection = serializers.BooleanField()
    offer = CouponOfferSerializer()


class VerifiedUserSerializer(CouponUserSerializer):
    phone = serializers.CharField(allow_null=True)
    default_card_id = serializers.IntegerField(allow_null=True)
    points_balance = serializers.IntegerField()


class VerifiedCardSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    card_number = serializers.CharField()
    user_id = serializers.IntegerField()
    points_balance = serializers.IntegerField()


class PointsRulesSerializer(serializers.Serializer):
    points_enabled = serializers.BooleanField()
    points_redemption_enabled = serializers.BooleanField()
    points_per_euro = serializers.FloatField()
    euro_per_point = serializers.FloatField()


class VerifiedSerializer(serializers.Serializer):
    coupon = VerifiedCouponSerializer()
    user = VerifiedUserSerializer(allow_null=True, help_text="Null while nobody owns it.")
    card = VerifiedCardSerializer(allow_null=True)
    points_rules = PointsRulesSerializer(allow_null=True)
    games_count = serializers.IntegerField(help_text="Games that are played at this shop now.")
    coupons_count = serializers.IntegerField(help_text="Coupons that the customer could use now.")
    game = CouponGameSerializer(required=False)


class RedeemCouponSerializer(serializers.Serializer):
    coupon_id = serializers.IntegerField()
    shop_id = serializers.IntegerField(required=False, help_text="Default: the only shop of the key.")
    selected_product_id = serializers.IntegerField(required=False)
    notes = serializers.CharField(required=False, max_length=255)
    order_id = serializers.CharField(required=False, max_length=100, help_text="The purchase it is used for.")
    card_id = serializers.IntegerField(required=False, help_text="Who gets the points of a coupon nobody owns.")


class RedeemedSerializer(serializers.Serializer):
    coupon_id = serializers.IntegerField()
    redeemed_at = serializers.DateTimeField()
    shop_id = serializers.IntegerField(allow_null=True)
    selected_product_id = serializers.IntegerField(allow_null=True)
    points_awarded = serializers.IntegerField()
    status = serializers.CharField()


class PendingCouponSerializer(serializers.Serializer):
    coupon_id = serializers.IntegerField()
    shop_id = serializers.IntegerField(required=False, help_text="Default: the only shop of the key.")
    selected_product_id = serializers.IntegerField(required=False)


class PendingAnswerSerializer(serializers.Serializer):
    coupon_id = serializers.IntegerField()
    pending_at = serializers.DateTimeField()
    shop_id = serializers.IntegerField()
    selected_product_id = serializers.IntegerField(allow_null=True)


class CancelPendingSerializer(serializers.Serializer):
    coupon_id = serializers.IntegerField()
    shop_id = serializers.IntegerField(required=False, help_text="Default: the only shop of the key.")


class ReleasedSerializer(serializers.Serializer):
    coupon_id = serializers.IntegerField()
    cancelled_at = serializers.DateTimeField()


class CalculateDiscountSerializer(serializers.Serializer):
    coupon_code = serializers.CharField(help_text="Code or QR value. Also as code.")
    purchase_amount = serializers.DecimalField(10, 2)
    cart_items = serializers.ListField(child=serializers.DictField(), required=False)
    shop_id = serializers.IntegerField(required=False)


class CalculatedSerializer(serializers.Serializer):
    can_apply = serializers.BooleanField()
    reason = serializers.CharField(required=False, help_text="Why not.")
    reason_code = serializers.CharField(required=False, help_text="The same as an error code.")
    purchase_amount = serializers.DecimalField(12, 2)
    discount_amount = serializers.DecimalField(12, 2)
    final_amount = serializers.DecimalField(12, 2)
    savings = serializers.DecimalField(12, 2)
    points_awarded = serializers.IntegerField()
    reward_details = RewardDetailsSerializer()
