"""How a game is answered."""

from collections.abc import Mapping, Sequence
from typing import Any

from rest_framework import serializers

from games.api.partner.fields import BrandingField, MoneyField, TextField
from games.api.partner.parts import REWARD, ItemForm, PairForm, PrizeForm, QuestionForm, StampSettingsForm
from games.choices import CouponValidity, GameType, RewardType
from games.models import Prize
from games.rules.config import DEFAULT_SCRATCH_FIELDS, LISTS, VALUES, WITH_PRIZES
from games.rules.looks import THEME
from games.selectors.games import FoundItem, GameDetail, GameRow
from games.selectors.looks import shown_branding
from games.selectors.stamp_settings import shown_stamp_settings
from loyalty.api.schema import Meta


class RewardAnswer(serializers.Serializer):
    type = serializers.ChoiceField(RewardType.choices)
    value = MoneyField(allow_null=True)
    points = serializers.IntegerField(allow_null=True)
    product_name = serializers.CharField()
    minimum_purchase = MoneyField()
    maximum_discount = MoneyField(allow_null=True)


class PrizeAnswer(PrizeForm):
    id = serializers.IntegerField()
    reward = RewardAnswer()  # type: ignore[assignment]  # complete here
    awarded = serializers.IntegerField(help_text="Given away so far.")
    remaining = serializers.IntegerField(allow_null=True, help_text="Left of the stock; null: any number.")
    chance = serializers.FloatField(help_text="Its share of the weights of all prizes.")


class GameAnswer(serializers.Serializer):
    """A game; what another type of game would have is not there."""

    id = serializers.IntegerField()
    partner_id = serializers.IntegerField()
    name = TextField(max_length=255)
    description = TextField(max_length=10_000)
    game_type = serializers.ChoiceField(GameType.choices)
    reward_description = TextField(max_length=1_000)
    is_active = serializers.BooleanField()
    is_ready = serializers.BooleanField(help_text="It has the prizes, questions, pairs or items that its type needs.")
    allow_multiple_active_coupons = serializers.BooleanField()
    coupon_validity_days = serializers.IntegerField(allow_null=True)
    coupon_validity = serializers.ChoiceField(CouponValidity.choices)
    product_ids = serializers.ListField(child=serializers.IntegerField())
    shop_ids = serializers.ListField(child=serializers.IntegerField())
    start_date = serializers.DateTimeField(allow_null=True)
    end_date = serializers.DateTimeField(allow_null=True)
    branding = BrandingField()
    theme = serializers.CharField(allow_null=True)
    reward = RewardAnswer()
    points_cost = serializers.IntegerField()
    plays_per_day = serializers.IntegerField(allow_null=True)
    plays_per_customer = serializers.IntegerField(allow_null=True)
    session_minutes = serializers.IntegerField()
    total_players = serializers.IntegerField()
    active_sessions = serializers.IntegerField()
    completed_sessions = serializers.IntegerField()
    stamp_settings = StampSettingsForm(required=False)
    prizes = PrizeAnswer(many=True, required=False)
    scratch_fields = serializers.IntegerField(required=False)
    questions = QuestionForm(many=True, required=False)
    pass_score = serializers.IntegerField(required=False, allow_null=True)
    seconds_per_question = serializers.IntegerField(required=False, allow_null=True)
    pairs = PairForm(many=True, required=False)
    max_moves = serializers.IntegerField(required=False, allow_null=True)
    max_seconds = serializers.IntegerField(required=False, allow_null=True)
    items = ItemForm(many=True, required=False)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class GameRowAnswer(serializers.Serializer):
    """A game in the list."""

    id = serializers.IntegerField()
    name = TextField(max_length=255)
    game_type = serializers.ChoiceField(GameType.choices)
    is_active = serializers.BooleanField()
    allow_multiple_active_coupons = serializers.BooleanField()
    coupon_validity_days = serializers.IntegerField(allow_null=True)
    coupon_validity = serializers.ChoiceField(CouponValidity.choices)
    start_date = serializers.DateTimeField(allow_null=True)
    end_date = serializers.DateTimeField(allow_null=True)
    total_players = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class GameListAnswer(serializers.Serializer):
    games = GameRowAnswer(many=True)
    pagination = Meta


class CollectionItemAnswer(ItemForm):
    """An item of a collection and how it fares."""

    chance = serializers.FloatField(help_text="Its share of the weights of all items.")
    found = serializers.IntegerField(help_text="How many were found in all.")
    holders = serializers.IntegerField(help_text="Cards that have it.")


class UploadAnswer(serializers.Serializer):
    image_url = serializers.CharField()
    stamp_settings = StampSettingsForm()


def shown_row(row: GameRow) -> dict[str, Any]:
    """A game as the list has it."""
    game = row.game
    return {
        "id": game.pk,
        "name": game.name,
        "game_type": game.game_type,
        "is_active": game.is_active,
        "allow_multiple_active_coupons": game.allow_multiple_active_coupons,
        "coupon_validity_days": game.coupon_validity_days,
        "coupon_validity": game.coupon_validity,
        "start_date": game.starts_at,
        "end_date": game.ends_at,
        "total_players": row.total_players,
        "created_at": game.created_at,
    }


def shown_game(detail: GameDetail) -> dict[str, Any]:
    """A game with everything."""
    game = detail.game
    return {
        **shown_row(GameRow(game, detail.sessions.total_players)),
        "partner_id": game.partner_id,
        "description": game.description,
        "reward_description": game.reward_description,
        "is_ready": detail.is_ready,
        "product_ids": detail.product_ids,
        "shop_ids": detail.shop_ids,
        "branding": shown_branding(game.branding),
        "theme": game.branding.get(THEME),
        "reward": _reward(game),
        "points_cost": game.points_cost,
        "plays_per_day": game.plays_per_day,
        "plays_per_customer": game.plays_per_customer,
        "session_minutes": game.session_minutes,
        "active_sessions": detail.sessions.active,
        "completed_sessions": detail.sessions.completed,
        **_configuration(detail),
        "updated_at": game.updated_at,
    }


def shown_item(found: FoundItem) -> dict[str, Any]:
    """An item of a collection with its figures."""
    return {**found.item, "chance": found.chance, "found": found.found, "holders": found.holders}


def _configuration(detail: GameDetail) -> dict[str, Any]:
    game = detail.game
    kind = GameType(game.game_type)
    shown: dict[str, Any] = {}
    if kind == GameType.STAMPS:
        shown["stamp_settings"] = shown_stamp_settings(game)
    if kind in WITH_PRIZES:
        shown["prizes"] = _prizes(detail.prizes)
    shown |= {name: game.config.get(name, []) for name in LISTS.get(kind, {})}
    shown |= {name: game.config.get(name) for name in VALUES.get(kind, ())}
    if kind == GameType.SCRATCH:
        shown["scratch_fields"] = game.config.get("scratch_fields", DEFAULT_SCRATCH_FIELDS)
    if kind == GameType.QUIZ:
        shown["questions"] = [_question(question) for question in shown["questions"]]
    return shown


def _question(question: Mapping[str, Any]) -> dict[str, Any]:
    right = set(question["right"])
    answers = [{**answer, "is_right": answer["key"] in right} for answer in question["answers"]]
    return {"key": question["key"], "text": question["text"], "score": question["score"], "answers": answers}


def _prizes(prizes: Sequence[Prize]) -> list[dict[str, Any]]:
    total = sum(prize.weight for prize in prizes)
    return [
        {
            "id": prize.pk,
            "name": prize.name,
            "color": prize.color,
            "image_url": prize.image_url,
            "weight": prize.weight,
            "chance": round(prize.weight / total, 6) if total else 0.0,
            "stock": prize.stock,
            "awarded": prize.awarded,
            "remaining": None if prize.stock is None else prize.stock - prize.awarded,
            "per_customer": prize.per_customer,
            "per_day": prize.per_day,
            "reward": _reward(prize),
        }
        for prize in prizes
    ]


def _reward(row: Any) -> dict[str, Any]:
    return {name: getattr(row, column) for name, column in REWARD.items()}
