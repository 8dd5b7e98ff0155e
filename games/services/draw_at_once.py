"""Calling `games/sql/draw.sql`: a spin that wins what is drawn first, in one round trip."""

import json
from contextlib import nullcontext
from datetime import datetime
from typing import Any

from django.db import IntegrityError, OperationalError, connection, transaction

from games.choices import PlayStatus, RewardType
from games.events import CouponIssued, GameCompleted
from games.models import Coupon, Play, Prize
from games.rules.codes import new_code
from games.rules.draws import chances_of, draws
from games.rules.validity import expiry_of_coupon
from games.services.short_ways import LOCK_NOT_AVAILABLE
from loyalty import events
from loyalty.errors import IdempotencyInFlight

_WIN = "SELECT outcome, coupon, prize FROM games_win_prize(%s, %s, %s, %s, %s, %s, %s)"


def win_at_once(*, play: Play, client_seed: str, at: datetime) -> bool:
    """Whether the short way did it; then `play` is as it was saved. Else nothing was written: draw the long way."""
    if play.status != PlayStatus.ACTIVE or not play.game.allow_multiple_active_coupons or not play.partner.is_active:
        return False
    drawn = next(draws(play.server_seed, client_seed, chances_of(play.odds)), None)
    if drawn is None:
        return False
    result = {"drawn": drawn.key, "counter": drawn.counter, "skipped": []}
    code, expires_at = new_code(), _expiry(play, at)
    # One statement is a transaction of its own; a second one only costs where nobody listens.
    is_whole = connection.in_atomic_block or events.is_heard(CouponIssued, GameCompleted, partner_id=play.partner_id)
    try:
        with transaction.atomic() if is_whole else nullcontext():
            won = _call((play.pk, int(drawn.key), client_seed, json.dumps(result), code, expires_at, at))
            if won is None:
                if is_whole:
                    # The lock of a prize that was not given goes with it.
                    transaction.set_rollback(True)
                return False
            coupon_id, prize = won
            _note(play, prize, at)
            play.client_seed, play.result = client_seed, result
            if coupon_id is not None:
                play.coupon = _coupon(play, coupon_id, code, expires_at, at)
                events.publish(CouponIssued(coupon_id, play.partner_id, play.customer_id, at))
            done = GameCompleted(play.game_id, play.partner_id, play.customer_id, play.issued_card_id, coupon_id, at)
            events.publish(done)
    except IntegrityError:
        # The code is taken: once in 2^59. The long way tries another one.
        return False
    return True


def _call(parameters: tuple[Any, ...]) -> tuple[int | None, Prize] | None:
    try:
        with connection.cursor() as cursor:
            cursor.execute(_WIN, parameters)
            outcome, coupon_id, prize = cursor.fetchone()
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) == LOCK_NOT_AVAILABLE:
            raise IdempotencyInFlight(retry_after=1) from error
        raise
    return None if outcome != "won" else (coupon_id, Prize(**json.loads(prize)))


def _expiry(play: Play, at: datetime) -> datetime | None:
    game = play.game
    return expiry_of_coupon(
        mode=game.coupon_validity,
        days=game.coupon_validity_days,
        stamp_days=game.stamp_expiration_days,
        card_days=play.issued_card.card.default_coupon_validity_days,
        at=at,
    )


def _note(play: Play, prize: Prize, at: datetime) -> None:
    play.status, play.completed_at, play.prize = PlayStatus.COMPLETED, at, prize


def _coupon(play: Play, coupon_id: int, code: str, expires_at: datetime | None, at: datetime) -> Coupon:
    """The coupon as far as an answer shows it."""
    prize = play.prize
    assert prize is not None
    return Coupon(
        pk=coupon_id,
        code=code,
        title=prize.name,
        reward_type=RewardType(prize.reward_type),
        reward_product_name=prize.reward_product_name,
        issued_at=at,
        expires_at=expires_at,
    )
