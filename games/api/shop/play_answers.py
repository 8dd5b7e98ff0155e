"""The bodies of plays, made by hand: what an answer may show depends on how far the play is."""

import uuid
from typing import Any

from games.choices import PlayStatus, RewardType
from games.models import Play, Prize
from games.rules.memory import Memory
from games.rules.quiz import Quiz
from games.rules.texts import localized
from games.rules.verification import published


def play_answer(play: Play) -> dict[str, Any]:
    """The body of PlaySerializer."""
    is_over = play.status != PlayStatus.ACTIVE
    return {
        "id": play.pk,
        "session_key": str(play.session_key),
        "game_id": play.game_id,
        "game_type": play.game.game_type,
        "user_id": play.customer_id,
        "card_id": play.issued_card_id,
        "shop_id": play.shop_id,
        "status": play.status,
        "score": play.score,
        **_progress(play),
        "result": published(play.result) if is_over else {},
        "prize": _prize(play),
        "reward": _reward(play),
        "reward_claimed": play.claimed_at is not None,
        "claimed_at": play.claimed_at,
        "points_spent": play.points_spent,
        "points_won": play.points_won,
        "odds": odds_answer(play, _language(play)),
        "seed_hash": play.seed_hash,
        "server_seed": play.server_seed if is_over else None,
        "client_seed": play.client_seed or None,
        "started_at": play.started_at,
        "completed_at": play.completed_at,
        "expires_at": play.expires_at,
    }


def odds_answer(play: Play, default_language: str) -> list[dict[str, Any]]:
    """The published odds with their names and chances."""
    total = sum(one.get("weight", 0) for one in play.odds)
    shown = []
    for one in play.odds:
        row: dict[str, Any] = {"key": one["key"]}
        if "name" in one:
            row["name"] = localized(one["name"], default_language=default_language)
        if total:
            row.update(weight=one["weight"], probability=round(one["weight"] / total, 9))
        shown.append(row)
    return shown


def questions_answer(play: Play) -> dict[str, Any]:
    """The open questions of a quiz in every language."""
    quiz, language = Quiz.read(play.state["quiz"]), _language(play)
    questions = quiz.shown() if play.status == PlayStatus.ACTIVE else []
    for question in questions:
        question["text"] = localized(question["text"], default_language=language)
        for answer in question["answers"]:
            answer["text"] = localized(answer["text"], default_language=language)
    return {"session_key": str(play.session_key), "questions": questions, "progress": quiz.seen()}


def cards_answer(cards: list[dict[str, Any]], play: Play) -> list[dict[str, Any]]:
    """Turned cards of a memory with their texts in every language."""
    language = _language(play)
    return [
        {**card, "text": localized(card["text"], default_language=language)} if card.get("text") else card
        for card in cards
    ]


def _language(play: Play) -> str:
    return play.partner.default_language


def _progress(play: Play) -> dict[str, Any]:
    if "quiz" in play.state:
        quiz = Quiz.read(play.state["quiz"])
        return {"level": min(len(quiz.answers) + 1, len(quiz.questions)), "progress_data": quiz.seen()}
    if "memory" in play.state:
        game = Memory.read(play.state["memory"])
        seen = game.seen()
        seen["found"] = cards_answer(seen["found"], play)
        seen["open"] = None if seen["open"] is None else cards_answer([seen["open"]], play)[0]
        return {"level": min(len(game.found) // 2 + 1, len(game.board) // 2), "progress_data": seen}
    completes = {"completes": play.result["completes"]} if "completes" in play.result else {}
    return {"level": 1, "progress_data": completes}


def _prize(play: Play) -> dict[str, Any] | None:
    prize: Prize | None = play.prize
    if prize is None:
        return None
    return {
        "id": prize.pk,
        "name": localized(prize.name, default_language=_language(play)),
        "position": prize.position,
        "color": prize.color or None,
        "image_url": prize.image_url or None,
        "reward_type": prize.reward_type,
    }


def _reward(play: Play) -> dict[str, Any] | None:
    blank: dict[str, Any] = {
        **dict.fromkeys(("coupon_id", "coupon_code", "product_name", "points", "title", "expires_at")),
        "is_existing": False,
    }
    source = play.prize or play.game
    if play.points_won:
        return {**blank, "type": "points", "reward_type": RewardType.POINTS, "points": play.points_won}
    if play.coupon is not None:
        coupon = play.coupon
        return {
            **blank,
            "type": "coupon",
            "reward_type": coupon.reward_type,
            "coupon_id": coupon.pk,
            "coupon_code": coupon.code,
            "product_name": coupon.reward_product_name or None,
            "title": localized(coupon.title, default_language=_language(play)),
            "expires_at": coupon.expires_at,
        }
    if "existing_coupon" in play.result:
        existing = play.result["existing_coupon"]
        return {
            **blank,
            "type": "coupon",
            "reward_type": source.reward_type,
            "coupon_id": existing,
            "is_existing": True,
        }
    return None


def session_key_of(value: Any) -> uuid.UUID:
    """The key of a session; one that cannot be one is a key that nothing has."""
    try:
        return uuid.UUID(str(value))
    except ValueError:
        return uuid.UUID(int=0)
