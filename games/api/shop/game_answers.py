"""Games, stamp cards and their rewards as tills read them (contract 6)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from games.choices import GameType, RewardType
from games.models import Game, StampEvent, StampProgress
from games.rules.answers import Stamped, Won
from games.rules.texts import in_language, localized
from games.selectors.shop_games import CardGame, stamp_status
from games.selectors.stamp_settings import shown_stamp_design
from games.services.stamps import Completed
from loyalty.services.audit import SYSTEM
from partners.models import Partner

DESIGN: dict[str, Any] = {
    "layout": "grid",
    "rows": None,
    "columns": None,
    "background_color": None,
    "text_color": None,
    "item_name_singular": None,
    "item_name_plural": None,
    "punch_text": None,
    "reward_text": None,
    "stamp_icon": None,
    "stamp_icon_type": None,
}


def game_answer(game: Game, partner: Partner) -> dict[str, Any]:
    """The body of ShopGameSerializer; its texts in both languages (contract 16.24)."""
    language = partner.default_language
    return {
        "id": game.pk,
        "name": localized(game.name, default_language=language),
        "description": localized(game.description, default_language=language),
        "reward_description": localized(game.reward_description, default_language=language),
        "game_type": game.game_type,
        "is_active": game.is_active,
        "start_date": game.starts_at,
        "end_date": game.ends_at,
        "points_cost": game.points_cost,
        "stamps_required": game.stamps_required if game.game_type == GameType.STAMPS else None,
        "stamp_settings": stamp_settings(game),
        "partner_name": partner.name,
        "partner_info": {
            "id": partner.pk,
            "name": partner.name,
            "description": partner.description,
            "logo": partner.logo_url or None,
        },
    }


def stamp_settings(game: Game) -> dict[str, Any] | None:
    """A stamp card's settings under the names of contract 3.6; None for other games."""
    if game.game_type != GameType.STAMPS:
        return None
    is_discount = game.reward_type in {RewardType.FIXED, RewardType.PERCENTAGE}
    return {
        **DESIGN,
        **shown_stamp_design(game),
        "stamps_required": game.stamps_required,
        "reward_type": game.reward_type,
        "product_name": game.reward_product_name or None,
        "discount_amount": game.reward_value if is_discount else None,
        "points_amount": game.reward_points,
        "expiration_days": game.stamp_expiration_days,
        "reset_on_complete": game.reset_on_complete,
        "overflow": game.overflow,
        "auto_stamp": game.auto_stamp,
    }


def card_game_answer(row: CardGame, partner: Partner) -> dict[str, Any]:
    """A game with how far one card has come."""
    return {
        **game_answer(row.game, partner),
        "status": row.status,
        "card_id": row.issued_card_id,
        "user_progress": progress_brief(row.progress),
    }


def progress_brief(progress: StampProgress | None) -> dict[str, Any]:
    """Progress without its history."""
    if progress is None:
        return {"current_step": 0, "completed": False, "completed_at": None, "rounds": 0}
    return {
        "current_step": progress.current_step,
        "completed": progress.is_completed,
        "completed_at": progress.completed_at if progress.is_completed else None,
        "rounds": progress.rounds,
    }


def progress_answer(progress: StampProgress | None, history: Iterable[StampEvent]) -> dict[str, Any]:
    """Progress with its history, the newest first."""
    return {**progress_brief(progress), "history": [event_answer(event) for event in history]}


def event_answer(event: StampEvent) -> dict[str, Any]:
    return {
        "timestamp": event.occurred_at,
        "action": event.action,
        "value": event.value,
        "shop_id": event.shop_id,
        "performed_by_staff": event.actor_kind != SYSTEM.kind,
        "transaction_id": event.transaction_id,
    }


def game_progress_answer(row: CardGame, partner: Partner, history: Iterable[StampEvent]) -> dict[str, Any]:
    """The body of GameProgressSerializer, for stamp cards and, without the plays, for all others."""
    game = row.game
    return {
        "game": {
            "id": game.pk,
            "name": localized(game.name, default_language=partner.default_language),
            "game_type": game.game_type,
        },
        "card_id": row.issued_card_id,
        "progress": progress_answer(row.progress, history),
        "status": row.status,
        "stamps_required": game.stamps_required,
        "stamp_settings": stamp_settings(game),
    }


def history_answer(progress: StampProgress, partner: Partner, history: Iterable[StampEvent]) -> dict[str, Any]:
    """One line of a card's history, with the reward it came to."""
    coupon = progress.coupon
    return {
        **game_answer(progress.game, partner),
        "game_id": progress.game_id,
        "status": stamp_status(progress),
        "card_id": progress.issued_card_id,
        "user_progress": progress_brief(progress),
        "progress": progress_answer(progress, history),
        "completed_at": progress.completed_at,
        "reward_claimed": None
        if coupon is None
        else {"type": "coupon", "code": coupon.code, "status": coupon.status, "claimed_at": coupon.redeemed_at},
    }


def stamped_answer(done: Stamped) -> dict[str, Any]:
    """The body of StampedSerializer: `remaining` while the card is open, `reward_generated` when it was filled."""
    answer: dict[str, Any] = {
        "current_step": done.step,
        "stamps_required": done.required,
        "is_completed": done.is_completed,
        "was_already_completed": done.was_completed,
    }
    if not done.is_completed:
        answer["remaining"] = done.required - done.step
    elif not done.was_completed:
        rewards = [reward_answer(one) for one in done.rewards]
        answer["reward_generated"] = rewards[0] if rewards else None
        answer["rewards_generated"] = rewards
        answer["carried_over"] = done.carried_over
    return answer


def reward_answer(won: Won) -> dict[str, Any]:
    return {
        "type": won.type,
        "coupon_id": won.coupon_id,
        "coupon_code": won.coupon_code,
        "reward_type": won.reward_type,
        "product_name": won.product_name or None,
        "points": won.points,
        "expires_at": won.expires_at,
    }


def completed_answer(done: Completed, partner: Partner, language: str) -> dict[str, Any]:
    """The body of CompletedSerializer."""
    game, won = done.game, done.reward
    description = in_language(game.reward_description, language=language, default_language=partner.default_language)
    coupon = None
    if won is not None and won.coupon_id is not None:
        coupon = {
            "id": won.coupon_id,
            "code": won.coupon_code,
            "status": won.coupon_status,
            "expires_at": won.expires_at,
        }
    return {
        "completed": True,
        "was_already_completed": done.was_completed,
        "reward": {
            "type": game.reward_type,
            "product_name": game.reward_product_name or None,
            "points": game.reward_points,
            "description": description,
        },
        "coupon": coupon,
    }


def restarted_answer(progress: StampProgress, message: str, at: datetime) -> dict[str, Any]:
    """The body of RestartedSerializer."""
    return {"message": message, "progress": progress_brief(progress), "restarted_at": at}
