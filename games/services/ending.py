"""How plays end: with a reward, given up, or by the clock. Whoever calls holds the anchor lock (decision 7)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from games.choices import PlayStatus, RewardType
from games.events import GameCompleted
from games.models import Play, Prize
from games.rules.rewards import Reward
from games.services.issuing import issue_game_coupon
from ledger.choices import EntryKind
from ledger.services.enrolment import rules_of
from ledger.services.points import Cause, Piece, post_points
from loyalty import events
from loyalty.services.audit import SYSTEM, Actor


class Paid:
    """The points of a play as JSON: how many of which lot."""

    @staticmethod
    def of(pieces: Iterable[Piece]) -> list[list[Any]]:
        return [
            [piece.points, piece.earned_at.isoformat(), piece.expires_at and piece.expires_at.isoformat()]
            for piece in pieces
        ]

    @staticmethod
    def read(rows: Iterable[list[Any]]) -> tuple[Piece, ...]:
        return tuple(
            Piece(points, datetime.fromisoformat(earned), datetime.fromisoformat(ends) if ends else None)
            for points, earned, ends in rows
        )


def give_reward(*, actor: Actor, play: Play, reward: Reward, at: datetime, prize: Prize | None = None) -> bool:
    """Give what was won: points at once, anything else as a coupon. The play is changed, not saved.

    False where the game allows one unused coupon and there is one: that one stays, and no second is made.
    """
    if reward.type == RewardType.NONE:
        return True
    if reward.type == RewardType.POINTS:
        points = reward.points or 0
        post_points(
            issued_card_id=play.issued_card_id,
            points=points,
            cause=Cause(EntryKind.BONUS, f"play:{play.session_key}:won", actor, occurred_at=at, shop_id=play.shop_id),
            at=at,
            expires_at=rules_of(play.issued_card.card).expiry_of(at),
        )
        play.points_won = points
        return True
    issued = issue_game_coupon(
        partner=play.partner, game=play.game, issued_card=play.issued_card, reward=reward, at=at, prize=prize
    )
    if issued.is_new:
        play.coupon = issued.coupon
    else:
        play.result = {**play.result, "existing_coupon": issued.coupon.pk}
    return issued.is_new


def complete_play(*, play: Play, at: datetime) -> None:
    """The play is over: keep its result and tell those who ask for it."""
    play.status, play.completed_at = PlayStatus.COMPLETED, at
    play.save()
    event = GameCompleted(play.game_id, play.partner_id, play.customer_id, play.issued_card_id, play.coupon_id, at)
    events.publish(event)


@transaction.atomic
def expire_play(*, play: Play, at: datetime) -> None:
    """Its time is over. What was not begun gives its points back."""
    play.status = PlayStatus.EXPIRED
    if not play.result:
        give_back(actor=SYSTEM, play=play, at=at)
    play.save()


def give_back(*, actor: Actor, play: Play, at: datetime) -> None:
    """Return the points of a play for which nothing happened, with the days they expire. The play is not saved."""
    if not play.points_spent:
        return
    post_points(
        issued_card_id=play.issued_card_id,
        points=play.points_spent,
        cause=Cause(EntryKind.GIVE_BACK, f"play:{play.session_key}:back", actor, occurred_at=at, shop_id=play.shop_id),
        at=at,
        pieces=Paid.read(play.state["paid"]),
    )
    play.points_spent = 0
