"""The shapes of `games/api/shop/game_answers.py`, for the OpenAPI document and for what tills send."""

from rest_framework import serializers

from games.choices import GameType

LOCALIZED_HELP = "By language: lt, en."


class PartnerInfoSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    description = serializers.CharField()
    logo = serializers.CharField(allow_null=True)


class ShopGameSerializer(serializers.Serializer):
    """A game as tills and apps see it."""

    id = serializers.IntegerField()
    name = serializers.DictField(help_text=LOCALIZED_HELP)
    description = serializers.DictField(help_text=LOCALIZED_HELP)
    reward_description = serializers.DictField(help_text=LOCALIZED_HELP)
    game_type = serializers.ChoiceField(choices=GameType.choices)
    is_active = serializers.BooleanField()
    start_date = serializers.DateTimeField(allow_null=True)
    end_date = serializers.DateTimeField(allow_null=True)
    points_cost = serializers.IntegerField()
    stamps_required = serializers.IntegerField(allow_null=True)
    stamp_settings = serializers.DictField(allow_null=True)
    partner_name = serializers.CharField()
    partner_info = PartnerInfoSerializer()


class ProgressBriefSerializer(serializers.Serializer):
    current_step = serializers.IntegerField()
    completed = serializers.BooleanField()
    completed_at = serializers.DateTimeField(allow_null=True)
    rounds = serializers.IntegerField(help_text="How often the card was filled.")


class StampEventSerializer(serializers.Serializer):
    timestamp = serializers.DateTimeField()
    action = serializers.CharField(help_text="stamp_added, stamp_taken_back, game_completed or restarted.")
    value = serializers.IntegerField()
    shop_id = serializers.IntegerField(allow_null=True)
    performed_by_staff = serializers.BooleanField(help_text="False: by a sale, by itself.")
    transaction_id = serializers.IntegerField(allow_null=True)


class ProgressSerializer(ProgressBriefSerializer):
    history = StampEventSerializer(many=True, help_text="The newest first, at most 100.")


class CardGameSerializer(ShopGameSerializer):
    """A game in the eyes of one card."""

    status = serializers.CharField(help_text="available, active or completed.")
    card_id = serializers.IntegerField(help_text="The issued card.")
    user_progress = ProgressBriefSerializer()


class SeenGameSerializer(ShopGameSerializer):
    """A game for both audiences: with somebody's progress where it is known whose."""

    status = serializers.CharField(required=False, help_text="available, active or completed.")
    card_id = serializers.IntegerField(
        required=False, allow_null=True, help_text="The issued card; null where a customer holds none."
    )
    user_progress = ProgressBriefSerializer(required=False)


class GameNameSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.DictField(help_text=LOCALIZED_HELP)
    game_type = serializers.CharField()


class GameProgressSerializer(serializers.Serializer):
    """How far a card is; a game that is played in turns shows its plays too, a collection its items."""

    game = GameNameSerializer()
    card_id = serializers.IntegerField(help_text="The issued card.")
    progress = ProgressSerializer()
    status = serializers.CharField()
    stamps_required = serializers.IntegerField(allow_null=True)
    stamp_settings = serializers.DictField(allow_null=True)
    plays = serializers.IntegerField(required=False)
    plays_completed = serializers.IntegerField(required=False)
    plays_won = serializers.IntegerField(required=False)
    active_session = serializers.CharField(required=False, allow_null=True)
    completed = serializers.BooleanField(required=False)
    items = serializers.ListField(child=serializers.DictField(), required=False)
    pieces_needed = serializers.IntegerField(required=False)
    pieces_held = serializers.IntegerField(required=False)


class RewardClaimedSerializer(serializers.Serializer):
    type = serializers.CharField()
    code = serializers.CharField()
    status = serializers.CharField()
    claimed_at = serializers.DateTimeField(allow_null=True)


class GameHistorySerializer(CardGameSerializer):
    game_id = serializers.IntegerField()
    progress = ProgressSerializer()
    completed_at = serializers.DateTimeField(allow_null=True)
    reward_claimed = RewardClaimedSerializer(allow_null=True)


class AddStampsSerializer(serializers.Serializer):
    card_id = serializers.IntegerField(help_text="The issued card.")
    shop_id = serializers.IntegerField(required=False, help_text="Default: the only shop of the key.")
    stamps_count = serializers.IntegerField(default=1, min_value=1, max_value=10)
    order_id = serializers.CharField(required=False, max_length=100, help_text="The purchase that they are for.")


class RewardGeneratedSerializer(serializers.Serializer):
    type = serializers.CharField(help_text="coupon, or points that were credited at once.")
    coupon_id = serializers.IntegerField(allow_null=True)
    coupon_code = serializers.CharField(allow_null=True)
    reward_type = serializers.CharField()
    product_name = serializers.CharField(allow_null=True)
    points = serializers.IntegerField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)


class StampedSerializer(serializers.Serializer):
    current_step = serializers.IntegerField()
    stamps_required = serializers.IntegerField()
    is_completed = serializers.BooleanField()
    was_already_completed = serializers.BooleanField()
    remaining = serializers.IntegerField(required=False, help_text="While the card is open.")
    reward_generated = RewardGeneratedSerializer(
        required=False, allow_null=True, help_text="When the last stamp landed."
    )
    rewards_generated = RewardGeneratedSerializer(
        required=False, many=True, help_text="Of every card that these stamps filled."
    )
    carried_over = serializers.IntegerField(required=False, help_text="Stamps on the next card.")


class CompleteGameSerializer(serializers.Serializer):
    card_id = serializers.IntegerField(help_text="The issued card.")
    shop_id = serializers.IntegerField(required=False)


class RewardSerializer(serializers.Serializer):
    type = serializers.CharField()
    product_name = serializers.CharField(allow_null=True)
    points = serializers.IntegerField(allow_null=True)
    description = serializers.CharField()


class RewardCouponSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    code = serializers.CharField()
    status = serializers.CharField()
    expires_at = serializers.DateTimeField(allow_null=True)


class CompletedSerializer(serializers.Serializer):
    completed = serializers.BooleanField()
    was_already_completed = serializers.BooleanField()
    reward = RewardSerializer()
    coupon = RewardCouponSerializer(allow_null=True)


class RestartGameSerializer(serializers.Serializer):
    card_id = serializers.IntegerField(help_text="The issued card.")
    shop_id = serializers.IntegerField(required=False, help_text="Default: the only shop of the key.")


class RestartedSerializer(serializers.Serializer):
    message = serializers.CharField()
    progress = ProgressBriefSerializer()
    restarted_at = serializers.DateTimeField()
