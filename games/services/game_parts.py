"""The rows that belong to a game: where it is played, what winners choose from, what can be won."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from games.models import Game, GameProduct, GameShop, Prize
from games.rules.rewards import Reward, changed_reward, idle_columns, reward_faults, reward_of

Errors = dict[str, list[str | Promise]]
WIRE = {
    "reward_type": "type",
    "reward_value": "value",
    "reward_points": "points",
    "reward_product_name": "product_name",
    "minimum_purchase": "minimum_purchase",
    "maximum_discount": "maximum_discount",
}
COLUMNS = ("name", "color", "image_url", "weight", "stock", "per_customer", "per_day")
NEW_PRIZE = Reward(type="none")


def set_shops(game: Game, shop_ids: Sequence[int]) -> None:
    """Make the game be played in exactly these shops."""
    GameShop.objects.filter(game=game).exclude(shop_id__in=shop_ids).delete()
    links = [GameShop(game=game, shop_id=shop_id) for shop_id in shop_ids]
    GameShop.objects.bulk_create(links, ignore_conflicts=True)


def set_products(game: Game, product_ids: Sequence[int]) -> None:
    """Let winners choose from exactly these products."""
    GameProduct.objects.filter(game=game).exclude(product_id__in=product_ids).delete()
    links = [GameProduct(game=game, product_id=product_id) for product_id in product_ids]
    GameProduct.objects.bulk_create(links, ignore_conflicts=True)


def apply_reward(row: Any, wanted: Mapping[str, Any], *, present: Reward, paths: Mapping[str, str]) -> Errors:
    """Give a game or prize the changed reward; says what is wrong with it, by the wire's `paths` of the columns."""
    reward = changed_reward(present, wanted)
    for column, value in reward.columns().items():
        setattr(row, column, value)
    errors: Errors = {paths[column]: [text] for column, text in reward_faults(reward).items()}
    for column in idle_columns(reward.type, wanted):
        errors[paths[column]] = [_("A reward of this type has no use for it.")]
    return errors


def prize_paths(number: int) -> dict[str, str]:
    """Where the wire names the reward of a prize."""
    return {column: f"prizes.{number}.reward.{name}" for column, name in WIRE.items()}


def plan_prizes(game: Game, wanted: Sequence[Mapping[str, Any]]) -> tuple[list[Prize], Errors]:
    """The prizes as they are to be, locked and not written yet, and what is wrong with them.

    Present ones are named by id; they keep what was given away.
    """
    present = {
        prize.pk: prize for prize in Prize.objects.select_for_update(no_key=True).filter(game=game).order_by("pk")
    }
    prizes: list[Prize] = []
    errors: Errors = {}
    for number, row in enumerate(wanted):
        prize = present.pop(row["id"], None) if row.get("id") else Prize(game=game, partner_id=game.partner_id)
        if prize is None:
            errors[f"prizes.{number}.id"] = [_("This game has no such prize, or it is named twice.")]
            continue
        for column in COLUMNS:
            setattr(prize, column, row[column])
        prize.position, prize.is_active = number, True
        before = reward_of(prize) if prize.pk else NEW_PRIZE
        errors |= apply_reward(prize, row.get("reward") or {}, present=before, paths=prize_paths(number))
        if prize.stock is not None and prize.stock < prize.awarded:
            text = _("{awarded} of them were given away already.").format(awarded=prize.awarded)
            errors[f"prizes.{number}.stock"] = [text]
        prizes.append(prize)
    return prizes, errors


def write_prizes(game: Game, prizes: Sequence[Prize]) -> None:
    """Put planned prizes in place. One that is not among them any more is switched off, never deleted: plays that are
    going on may still name it.
    """
    # All positions are free for a moment, so that prizes can change places.
    Prize.objects.filter(game=game, is_active=True).update(is_active=False)
    for prize in prizes:
        if prize.pk is None:
            prize.save(force_insert=True)
            continue
        prize.save(update_fields=[*COLUMNS, *WIRE, "position", "is_active"])


def prize_snapshot(prizes: Sequence[Prize]) -> list[dict[str, Any]]:
    """Prizes as the audit trail shows them."""
    return [
        {
            "id": prize.pk,
            **{column: getattr(prize, column) for column in COLUMNS},
            **{column: _plain(getattr(prize, column)) for column in WIRE},
        }
        for prize in prizes
    ]


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int) else str(value)
