"""Calling `games/sql/till.sql`: what a till mostly does, in one round trip. None: look at it the long way."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import OperationalError, connection

from games.rules.answers import Stamped
from loyalty.errors import IdempotencyInFlight
from loyalty.services.audit import Actor
from loyalty.services.idempotency import repeat_window

LOCK_NOT_AVAILABLE = "55P03"
_STAMPS = "SELECT * FROM games_add_stamps(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
_REDEEM = "SELECT * FROM games_redeem_coupon(%s, %s, %s, %s, %s, %s, %s)"


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
    """Stamps on a card that stays open."""
    row = _call(
        _STAMPS,
        (partner_id, game_id, card_id, shop_id, count, fingerprint, repeat_window(), actor.kind, actor.id, at),
    )
    if row[0] != "added":
        return None
    return Stamped(row[1], row[2], is_completed=False)


def redeem_at_once(
    *, partner_id: int, coupon_id: int, shop_id: int, notes: str, actor: Actor, at: datetime
) -> Used | None:
    """A coupon that needs no choice and credits no points."""
    row = _call(_REDEEM, (partner_id, coupon_id, shop_id, notes, actor.kind, actor.id, at))
    return Used(row[1]) if row[0] == "redeemed" else None


def _call(statement: str, parameters: tuple[Any, ...]) -> Any:
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchone()
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) == LOCK_NOT_AVAILABLE:
            raise IdempotencyInFlight(retry_after=1) from error
        raise
