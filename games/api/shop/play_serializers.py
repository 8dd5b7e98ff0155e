"""Plays on the wire: one shape for every type of game, with what only one type shows under `progress_data`."""

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from games.choices import GameType, PlayStatus, RewardType
from games.rules.draws import CLIENT_SEED

MOST_ID = 2**63 - 1


class StartGameSerializer(serializers.Serializer):
    card_id = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=-1,
        max_value=MOST_ID,
        help_text="Issued card; a customer with one card at the partner may leave it out.",
    )
    shop_id = serializers.IntegerField(
        required=False, allow_null=True, min_value=-1, max_value=MOST_ID, help_text="Where the customer is."
    )


class SessionKeySerializer(serializers.Serializer):
    session_key = serializers.UUIDField(help_text="As `start` answered it.")


class DrawPrizeSerializer(SessionKeySerializer):
    client_seed = serializers.RegexField(
        rf"\A{CLIENT_SEED.pattern}\Z",
        required=False,
        allow_null=True,
        max_length=64,
        error_messages={"invalid": _("Must be 1 to 64 letters, digits, dashes and underscores.")},
        help_text="The player's own share of the draw, chosen after `seed_hash` is known; else the session key.",
    )


class AnswerQuestionSerializer(SessionKeySerializer):
    question = serializers.CharField(max_length=50, help_text="Its key.")
    answers = serializers.ListField(
        child=serializers.CharField(max_length=50), max_length=8, required=False, help_text="Keys of answers."
    )
    answer = serializers.CharField(max_length=50, required=False, help_text="The same, where it is one.")


class MatchPairSerializer(SessionKeySerializer):
    first = serializers.IntegerField(min_value=0, max_value=10_000, help_text="Position of a card, from 0.")
    second = serializers.IntegerField(
        min_value=0, max_value=10_000, required=False, allow_null=True, help_text="Absent: only look at the first."
    )


class PlayRewardSerializer(serializers.Serializer):
    type = serializers.ChoiceField(["coupon", "points"])
    reward_type = serializers.ChoiceField(RewardType.choices)
    coupon_id = serializers.IntegerField(allow_null=True)
    coupon_code = serializers.CharField(allow_null=True)
    product_name = serializers.CharField(allow_null=True)
    points = serializers.IntegerField(allow_null=True)
    title = serializers.DictField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    is_existing = serializers.BooleanField(help_text="The unused coupon that the customer holds already.")


class PlayPrizeSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.DictField()
    position = serializers.IntegerField()
    color = serializers.CharField(allow_null=True)
    image_url = serializers.CharField(allow_null=True)
    reward_type = serializers.ChoiceField(RewardType.choices)


class ChanceSerializer(serializers.Serializer):
    key = serializers.CharField(help_text="Prize id, or the key of an item, question or pair.")
    name = serializers.DictField(required=False)
    weight = serializers.IntegerField(required=False)
    probability = serializers.FloatField(required=False)


class PlaySerializer(serializers.Serializer):
    """A session of a game. Until it is over, `server_seed` is null and only its hash is known."""

    id = serializers.IntegerField()
    session_key = serializers.UUIDField()
    game_id = serializers.IntegerField()
    game_type = serializers.ChoiceField(GameType.choices)
    user_id = serializers.IntegerField()
    card_id = serializers.IntegerField()
    shop_id = serializers.IntegerField(allow_null=True)
    status = serializers.ChoiceField(PlayStatus.choices)
    score = serializers.IntegerField()
    level = serializers.IntegerField(help_text="The step the player stands at, from 1.")
    progress_data = serializers.DictField()
    result = serializers.DictField(help_text="What the seeds decided; empty before.")
    prize = PlayPrizeSerializer(allow_null=True)
    reward = PlayRewardSerializer(allow_null=True)
    reward_claimed = serializers.BooleanField()
    claimed_at = serializers.DateTimeField(allow_null=True)
    points_spent = serializers.IntegerField()
    points_won = serializers.IntegerField()
    odds = ChanceSerializer(many=True)
    seed_hash = serializers.CharField()
    server_seed = serializers.CharField(allow_null=True)
    client_seed = serializers.CharField(allow_null=True)
    started_at = serializers.DateTimeField()
    completed_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField()


class QuestionsSerializer(serializers.Serializer):
    session_key = serializers.UUIDField()
    questions = serializers.ListField(
        child=serializers.DictField(),
        help_text="Open questions without their right answers: one at a time where there is a time limit.",
    )
    progress = serializers.DictField()


class TurnSerializer(serializers.Serializer):
    """What a turn showed, and the session after it."""

    shown = serializers.DictField()
    session = PlaySerializer()


class CollectionProgressSerializer(serializers.Serializer):
    items = serializers.ListField(child=serializers.DictField())
    pieces_needed = serializers.IntegerField()
    pieces_held = serializers.IntegerField()
    completed = serializers.BooleanField()
