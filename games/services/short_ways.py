"""Calling `games/sql/till.sql`: what a till mostly does, in one round trip. None: look at it the long way."""

import json
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, OperationalError, connection, transaction

from games.choices import CouponStatus
from games.events import CouponIssued, GameCompleted
from games.rules.answers import Stamped, Won, told
from games.rules.codes import new_code
from games.rules.validity import expiry_of_coupon
from loyalty import events
from loyalty.database.prepared import fetch_row
from loyalty.errors import IdempotencyInFlight
from loyalty.services.audit import Actor
from loyalty.services.idempotency import repeat_window

LOCK_NOT_AVAILABLE = "55P03"
_STAMPS = """
SELECT outcome, step, required, reward, coupon
FROM games_add_stamps(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb)
"""
_REDEEM = "SELECT * FROM games_redeem_coupon(%s, %s, %s, %s, %s, %s, %s)"
_UNASKED = (None, None, None, None)


@dataclass(frozen=True, slots=True)
class Used:
    """A coupon that was used; `customer_id` is its holder."""

    customer_id: int | None


def add_stamps_at_once(
    *,
    partner_id: int,
    game_id: int,
    card_id: int,
    shop_id: int,
    count: int,
    fingerprint: bytes | None,
    actor: Actor,
    at: datetime,
) -> Stamped | None:
    """Stamps on a card; one that they fill exactly gives its coupon."""
    given = (partner_id, game_id, card_id, shop_id, count, fingerprint, repeat_window(), actor.kind, actor.id, at)
    outcome, step, required, reward, _coupon = _call(_STAMPS, (*given, *_UNASKED))
    if outcome == "added":
        return Stamped(step, required, is_completed=False)
    if outcome != "last":
        return None
    return _fill(given, reward, game_id=game_id, partner_id=partner_id, card_id=card_id, at=at)


def _fill(
    given: tuple[Any, ...], reward: str, *, game_id: int, partner_id: int, card_id: int, at: datetime
) -> Stamped | None:
    facts = json.loads(reward)
    expires_at = _expiry(facts, at)
    won = Won(
        "coupon",
        facts["reward_type"],
        facts["reward_product_name"],
        coupon_code=new_code(),
        coupon_status=CouponStatus.ACTIVE.value,
        expires_at=told(expires_at),
    )
    answer = Stamped(0, 0, is_completed=True, rewards=(won,)).kept()
    # One statement is a transaction of its own; a second one only costs where nobody listens.
    is_whole = connection.in_atomic_block or events.is_heard(CouponIssued, GameCompleted, partner_id=partner_id)
    try:
        with transaction.atomic() if is_whole else nullcontext():
            asked = (reward, won.coupon_code, expires_at, json.dumps(answer))
            outcome, _step, required, _reward, coupon_id = _call(_STAMPS, (*given, *asked))
            if outcome != "filled":
                if is_whole:
                    transaction.set_rollback(True)
                return None
            customer_id = facts["customer_id"]
            events.publish(CouponIssued(coupon_id, partner_id, customer_id, at))
            events.publish(GameCompleted(game_id, partner_id, customer_id, card_id, coupon_id, at))
    except IntegrityError:
        # The code is taken: once in 2^59. The long way tries another one.
        return None
    return Stamped(required, required, is_completed=True, rewards=(replace(won, coupon_id=coupon_id),))


def _expiry(facts: Mapping[str, Any], at: datetime) -> datetime | None:
    return expiry_of_coupon(
        mode=facts["coupon_validity"],
        days=facts["coupon_validity_days"],
        stamp_days=facts["stamp_expiration_days"],
        card_days=facts["default_coupon_validity_days"],
        at=at,
    )


def redeem_at_once(
    *, partner_id: int, coupon_id: int, shop_id: int, notes: str, actor: Actor, at: datetime
) -> Used | None:
    """A coupon that needs no choice and credits no points."""
    row = _call(_REDEEM, (partner_id, coupon_id, shop_id, notes, actor.kind, actor.id, at))
    return Used(row[1]) if row[0] == "redeemed" else None


def _call(statement: str, parameters: tuple[Any, ...]) -> Any:
    try:
        return fetch_row(statement, parameters)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) == LOCK_NOT_AVAILABLE:
            raise IdempotencyInFlight(retry_after=1) from error
        raise
