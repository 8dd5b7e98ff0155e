"""How a game is written (contract 3.6)."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from games.api.partner.fields import BrandingField, DayOrMomentField, IdsField, TextField
from games.api.partner.parts import (
    MOST_POINTS,
    ItemForm,
    PairForm,
    PrizeForm,
    QuestionForm,
    RewardForm,
    StampSettingsForm,
    many,
)
from games.choices import CouponValidity, GameType
from games.rules import config
from games.rules.looks import THEME

MOST_PRIZES = 100
MOST_IDS = 10_000
MOST_MINUTES = 10_080
MOST_PLAYS_A_DAY = 10_000
# Wire → column, where a value is taken as it is.
RENAMED = {"start_date": "starts_at", "end_date": "ends_at"}
PLAIN = (
    *("name", "description", "game_type", "reward_description", "is_active", "allow_multiple_active_coupons"),
    *("points_cost", "plays_per_day", "plays_per_customer", "session_minutes", "prizes"),
)


def _limit(most: int, help_text: str, *, least: int = 1, **options: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=least, max_value=most, required=False, help_text=help_text, **options)


class GameForm(serializers.Serializer):
    """A game. On a change every field is optional; lists are replaced as a whole."""

    name = TextField(min_length=3, max_length=255)
    description = TextField(min_length=10, max_length=10_000)
    game_type = serializers.ChoiceField(GameType.choices, help_text="It never changes.")
    reward_description = TextField(min_length=3, max_length=1_000, help_text="What can be won, for people.")
    is_active = serializers.BooleanField(required=False, help_text="Default true.")
    allow_multiple_active_coupons = serializers.BooleanField(
        required=False, help_text="Off: at most one unused coupon of this game for each customer. Default true."
    )
    coupon_validity_days = _limit(
        3_650, "null: coupons never expire. Left out on creation: see `coupon_validity`.", allow_null=True
    )
    coupon_validity = serializers.ChoiceField(
        CouponValidity.choices,
        required=False,
        help_text="`days` and `never` follow from `coupon_validity_days`; `default`: as the stamp settings, else the "
        "customer's card programme, say.",
    )
    product_ids = IdsField(required=False, allow_null=True, max_length=MOST_IDS, help_text="What winners choose from.")
    shop_ids = IdsField(required=False, allow_null=True, max_length=MOST_IDS, help_text="Empty: played everywhere.")
    start_date = DayOrMomentField(required=False, allow_null=True)
    end_date = DayOrMomentField(required=False, allow_null=True, end_of_day=True)
    branding = BrandingField(required=False)
    theme = serializers.RegexField(
        r"^[a-z0-9][a-z0-9_-]{0,49}\Z", required=False, allow_null=True, help_text="A word that the app knows."
    )
    reward = RewardForm(required=False, help_text="What a finished game gives. Wheels and scratch cards have prizes.")
    points_cost = _limit(MOST_POINTS, "Points that a play costs. Default 0.", least=0)
    plays_per_day = _limit(MOST_PLAYS_A_DAY, "Of one customer; null: any number.", allow_null=True)
    plays_per_customer = _limit(MOST_POINTS, "In all; null: any number.", allow_null=True)
    session_minutes = _limit(MOST_MINUTES, "How long a play may take. Default 30.")
    stamp_settings = StampSettingsForm(required=False)
    prizes = many(PrizeForm, most=MOST_PRIZES, required=False, help_text="Of a wheel or a scratch card.")
    scratch_fields = _limit(
        config.SCRATCH_FIELDS[1], "Of a scratch card, default 9.", least=config.SCRATCH_FIELDS[0], allow_null=True
    )
    questions = many(QuestionForm, most=config.MOST_QUESTIONS, required=False, help_text="Of a quiz.")
    pass_score = _limit(
        config.MOST_SCORE * config.MOST_QUESTIONS, "Of a quiz; null: every question right.", allow_null=True
    )
    seconds_per_question = _limit(
        config.SECONDS_PER_QUESTION[1], "null: no limit.", least=config.SECONDS_PER_QUESTION[0], allow_null=True
    )
    pairs = many(PairForm, most=config.MOST_PAIRS, required=False, help_text="Of a memory, 2 or more.")
    max_moves = _limit(config.MOST_MOVES, "Of a memory; null: any number.", allow_null=True)
    max_seconds = _limit(
        config.SECONDS_OF_MEMORY[1],
        "Of a memory; null: as long as the session.",
        least=config.SECONDS_OF_MEMORY[0],
        allow_null=True,
    )
    items = many(ItemForm, most=config.MOST_ITEMS, required=False, help_text="Of a collection.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The columns and parts that the service takes."""
        data = {name: attrs[name] for name in PLAIN if name in attrs}
        data |= {column: attrs[name] for name, column in RENAMED.items() if name in attrs}
        data |= {name: attrs[name] or [] for name in ("product_ids", "shop_ids") if name in attrs}
        data |= self._validity(attrs)
        if "reward" in attrs:
            data["reward"] = attrs["reward"]
        if "stamp_settings" in attrs:
            data["stamp_settings"] = attrs["stamp_settings"]
        branding = dict(attrs.get("branding") or {})
        if THEME in attrs:
            branding[THEME] = attrs[THEME]
        if branding:
            data["branding"] = branding
        wanted = {key: attrs[key] for key in config.ALL_KEYS if key in attrs}
        if wanted:
            data["config"] = wanted
        return data

    @staticmethod
    def _validity(attrs: dict[str, Any]) -> dict[str, Any]:
        """The tri-state of contract 16.22: a number, an explicit null, or nothing said."""
        mode, days = attrs.get("coupon_validity"), attrs.get("coupon_validity_days")
        if mode is None and "coupon_validity_days" not in attrs:
            return {}
        if mode is None:
            mode = CouponValidity.NEVER if days is None else CouponValidity.DAYS
        if (mode == CouponValidity.DAYS) != (days is not None):
            text = _("`coupon_validity` is `days` exactly where `coupon_validity_days` is a number.")
            raise serializers.ValidationError({"coupon_validity": text})
        return {"coupon_validity": mode, "coupon_validity_days": days}
