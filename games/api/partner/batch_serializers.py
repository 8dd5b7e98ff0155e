"""Batches of coupon codes as partners order and see them."""

from typing import Any

from rest_framework import serializers

from games.api.partner.fields import DayOrMomentField, IdsField, MoneyField, TextField
from games.choices import RewardType
from games.models import CouponBatch
from games.rules.rewards import Reward
from games.selectors.batches import BatchCounts
from games.services.batches import MOST, NewBatch

KINDS = [(kind.value, kind.label) for kind in RewardType if kind != RewardType.NONE]


class BatchForm(serializers.Serializer):
    """What to make. The reward needs the figure of its type."""

    name = serializers.CharField(max_length=100, help_text="For yourselves.")
    title = TextField(max_length=255, required=False, help_text="For customers; default the name.")
    quantity = serializers.IntegerField(min_value=1, max_value=MOST)
    reward_type = serializers.ChoiceField(KINDS)
    reward_value = MoneyField(required=False, allow_null=True, help_text="A percentage or an amount.")
    reward_points = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=10_000_000)
    reward_product_name = serializers.CharField(required=False, allow_blank=True, max_length=255)
    minimum_purchase = MoneyField(required=False, allow_null=True)
    maximum_discount = MoneyField(required=False, allow_null=True)
    expires_at = DayOrMomentField(required=False, allow_null=True, end_of_day=True)
    shop_ids = IdsField(required=False, allow_null=True, max_length=10_000, help_text="Empty: valid everywhere.")


class CountsSerializer(serializers.Serializer):
    active = serializers.IntegerField()
    redeemed = serializers.IntegerField()
    expired = serializers.IntegerField()
    cancelled = serializers.IntegerField()


class BatchSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    title = serializers.JSONField(help_text="As it was written.")
    quantity = serializers.IntegerField()
    made = serializers.IntegerField(help_text="Codes that are there already.")
    progress = serializers.IntegerField(help_text="The same in percent.")
    status = serializers.CharField(help_text="making or ready.")
    reward_type = serializers.CharField()
    reward_value = MoneyField(allow_null=True)
    reward_points = serializers.IntegerField(allow_null=True)
    reward_product_name = serializers.CharField()
    minimum_purchase = MoneyField()
    maximum_discount = MoneyField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    shop_ids = serializers.ListField(child=serializers.IntegerField())
    created_at = serializers.DateTimeField()
    completed_at = serializers.DateTimeField(allow_null=True)


class BatchDetailSerializer(BatchSerializer):
    counts = CountsSerializer()


def new_batch(data: dict[str, Any]) -> NewBatch:
    """What was asked for."""
    reward = Reward(
        type=data["reward_type"],
        value=data.get("reward_value"),
        points=data.get("reward_points"),
        product_name=data.get("reward_product_name", ""),
        minimum_purchase=data.get("minimum_purchase") or MoneyField().to_internal_value("0"),
        maximum_discount=data.get("maximum_discount"),
    )
    return NewBatch(
        name=data["name"],
        quantity=data["quantity"],
        reward=reward,
        title=data.get("title", ""),
        expires_at=data.get("expires_at"),
        shop_ids=tuple(data.get("shop_ids") or ()),
    )


def batch_answer(batch: CouponBatch) -> dict[str, Any]:
    """The body of BatchSerializer."""
    return {
        "id": batch.pk,
        "name": batch.name,
        "title": batch.title,
        "quantity": batch.quantity,
        "made": batch.made,
        "progress": batch.made * 100 // batch.quantity,
        "status": "making" if batch.completed_at is None else "ready",
        "reward_type": batch.reward_type,
        "reward_value": batch.reward_value,
        "reward_points": batch.reward_points,
        "reward_product_name": batch.reward_product_name,
        "minimum_purchase": batch.minimum_purchase,
        "maximum_discount": batch.maximum_discount,
        "expires_at": batch.expires_at,
        "shop_ids": sorted(shop.pk for shop in batch.shops.all()),
        "created_at": batch.created_at,
        "completed_at": batch.completed_at,
    }


def counts_answer(counts: BatchCounts) -> dict[str, int]:
    return {name: getattr(counts, name) for name in ("active", "redeemed", "expired", "cancelled")}
