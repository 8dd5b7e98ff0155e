"""The parts of a game's form: rewards, prizes, stamp settings, questions, pairs, items."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from games.api.partner.fields import BIGINT, AddressField, ColorField, MoneyField, TextField
from games.choices import AutoStamp, Overflow, RewardType
from games.rules import config
from games.rules.stamp_settings import COLUMNS, DESIGN, ICON_TYPES, LAYOUTS, MOST_STAMPS

REWARD = {
    "type": "reward_type",
    "value": "reward_value",
    "points": "reward_points",
    "product_name": "reward_product_name",
    "minimum_purchase": "minimum_purchase",
    "maximum_discount": "maximum_discount",
}
MOST_POINTS = 1_000_000_000
# The older word for an amount off.
DISCOUNT = "discount"


class WholeForm(serializers.Serializer):
    """A part that is read and replaced as a whole, also where the rest of the form is a partial change."""

    defaults: ClassVar[Mapping[str, Any]] = {}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        missing = [name for name, field in self.fields.items() if field.required and name not in attrs]
        if missing:
            raise serializers.ValidationError({name: _("This field is required.") for name in missing})
        return {**self.defaults, **{name: value for name, value in attrs.items() if value is not None}}


def many(form: Any, *, most: int, least: int = 0, **options: Any) -> Any:
    """A list of parts, at most so many."""
    return form(many=True, min_length=least, max_length=most, **options)


class RewardForm(serializers.Serializer):
    """What somebody gets; `value` is a percentage or an amount, by `type`."""

    type = serializers.ChoiceField(RewardType.choices, required=False)
    value = MoneyField(required=False, allow_null=True, help_text="Of `percentage` (at most 100) and `fixed`.")
    points = serializers.IntegerField(min_value=0, max_value=MOST_POINTS, required=False, allow_null=True)
    product_name = serializers.CharField(max_length=255, required=False, allow_blank=True, help_text="The free good.")
    minimum_purchase = MoneyField(required=False, help_text="Least purchase, default 0.")
    maximum_discount = MoneyField(required=False, allow_null=True, help_text="Most money a percentage can take off.")

    def validate_maximum_discount(self, value: Decimal | None) -> Decimal | None:
        if value == 0:
            raise serializers.ValidationError(_("Must be more than 0, or null for no limit."))
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {REWARD[name]: value for name, value in attrs.items()}


class StampSettingsForm(serializers.Serializer):
    """Every key is optional; a change keeps what it does not name, null removes."""

    stamps_required = serializers.IntegerField(min_value=1, max_value=MOST_STAMPS, required=False)
    reward_type = serializers.ChoiceField(
        [*RewardType.choices, (DISCOUNT, DISCOUNT)], required=False, help_text="`discount` means `fixed`."
    )
    product_name = serializers.CharField(max_length=255, required=False, allow_blank=True, allow_null=True)
    discount_amount = MoneyField(required=False, allow_null=True, help_text="A percentage or an amount, by the type.")
    points_amount = serializers.IntegerField(min_value=0, max_value=MOST_POINTS, required=False, allow_null=True)
    expiration_days = serializers.IntegerField(
        min_value=1,
        max_value=3650,
        required=False,
        allow_null=True,
        help_text="How long the reward's coupon is valid, where `coupon_validity_days` says nothing.",
    )
    reset_on_complete = serializers.BooleanField(required=False, help_text="Start again when full. Default true.")
    overflow = serializers.ChoiceField(
        Overflow.choices, required=False, help_text="Stamps beyond the last: counted on the next card, or lost."
    )
    auto_stamp = serializers.ChoiceField(
        AutoStamp.choices, required=False, help_text="Whether a sale gives stamps by itself. Default `none`."
    )
    layout = serializers.ChoiceField([(word, word) for word in LAYOUTS], required=False, allow_null=True)
    rows = serializers.IntegerField(min_value=1, max_value=MOST_STAMPS, required=False, allow_null=True)
    columns = serializers.IntegerField(min_value=1, max_value=MOST_STAMPS, required=False, allow_null=True)
    background_color = ColorField(required=False, allow_null=True)
    text_color = ColorField(required=False, allow_null=True)
    item_name_singular = TextField(max_length=100, required=False, allow_null=True)
    item_name_plural = TextField(max_length=100, required=False, allow_null=True)
    punch_text = TextField(max_length=255, required=False, allow_null=True)
    reward_text = TextField(max_length=255, required=False, allow_null=True)
    stamp_icon = serializers.CharField(
        max_length=500, required=False, allow_null=True, help_text="Name of an icon, an emoji, or a picture's address."
    )
    stamp_icon_type = serializers.ChoiceField([(word, word) for word in ICON_TYPES], required=False, allow_null=True)

    def validate_reward_type(self, value: str) -> str:
        return str(RewardType.FIXED) if value == DISCOUNT else value

    def validate_product_name(self, value: str | None) -> str:
        return value or ""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        columns = {COLUMNS[name]: value for name, value in attrs.items() if name in COLUMNS}
        design = {name: value for name, value in attrs.items() if name in DESIGN}
        return {"columns": columns, "design": design}


class PrizeForm(WholeForm):
    """One prize. With the `id` of a present one that one is changed, else a prize is added."""

    id = serializers.IntegerField(min_value=1, max_value=BIGINT, required=False, allow_null=True)
    name = TextField(max_length=255)
    weight = serializers.IntegerField(
        min_value=0, max_value=config.MOST_WEIGHT, help_text="Its chance among the weights of all prizes; 0: never."
    )
    stock = serializers.IntegerField(
        min_value=0,
        max_value=MOST_POINTS,
        required=False,
        allow_null=True,
        help_text="How many there are in all, those given away included; null: any number.",
    )
    per_customer = serializers.IntegerField(min_value=1, max_value=MOST_POINTS, required=False, allow_null=True)
    per_day = serializers.IntegerField(min_value=1, max_value=MOST_POINTS, required=False, allow_null=True)
    color = ColorField(required=False, allow_blank=True, allow_null=True)
    image_url = AddressField(required=False, allow_blank=True, allow_null=True)
    reward = RewardForm(required=False, help_text="Default: nothing (a field of the wheel where nobody wins).")

    defaults = {"stock": None, "per_customer": None, "per_day": None, "color": "", "image_url": ""}


class AnswerForm(WholeForm):
    key = serializers.RegexField(rf"^{config.KEY.pattern}\Z", required=False, allow_null=True)
    text = TextField(max_length=500)
    is_right = serializers.BooleanField(required=False)

    defaults = {"is_right": False}


class QuestionForm(WholeForm):
    """One question of a quiz."""

    key = serializers.RegexField(rf"^{config.KEY.pattern}\Z", required=False, allow_null=True)
    text = TextField(max_length=1_000)
    answers = many(AnswerForm, least=config.FEWEST_ANSWERS, most=config.MOST_ANSWERS)
    score = serializers.IntegerField(min_value=1, max_value=config.MOST_SCORE, required=False, help_text="Default 1.")

    defaults = {"score": 1}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        whole = super().validate(attrs)
        answers = config.with_keys(whole["answers"], "a")
        return {
            **whole,
            "answers": [{"key": answer["key"], "text": answer["text"]} for answer in answers],
            "right": [answer["key"] for answer in answers if answer["is_right"]],
        }


class PairForm(WholeForm):
    """Two equal cards of a memory: a text, a picture or both."""

    key = serializers.RegexField(rf"^{config.KEY.pattern}\Z", required=False, allow_null=True)
    text = TextField(max_length=100, required=False, allow_null=True)
    image_url = AddressField(required=False, allow_null=True)


class ItemForm(WholeForm):
    """One item of a collection."""

    key = serializers.RegexField(rf"^{config.KEY.pattern}\Z", required=False, allow_null=True)
    name = TextField(max_length=255)
    image_url = AddressField(required=False, allow_null=True)
    hint = TextField(max_length=500, required=False, allow_null=True)
    weight = serializers.IntegerField(
        min_value=0, max_value=config.MOST_WEIGHT, required=False, help_text="Its chance among all. Default 1."
    )
    needed = serializers.IntegerField(
        min_value=0, max_value=config.MOST_NEEDED, required=False, help_text="How many complete it. Default 1."
    )

    defaults = {"weight": 1, "needed": 1}
