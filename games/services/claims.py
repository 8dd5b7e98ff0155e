"""What a player does with a play besides playing: taking the reward, giving up. And what the clock does."""

from datetime import datetime

from django.db import transaction

from games.choices import PlayStatus
from games.errors import NothingToClaim, RewardAlreadyClaimed
from games.models import Play
from games.services.ending import expire_play, give_back
from games.services.turns import Turn, check_going_on, locked_play
from loyalty.errors import ResourceExpired
from loyalty.services.audit import Actor
from partners.models import Partner

BATCH = 200


@transaction.atomic
def claim_reward(*, play: Play, at: datetime) -> Play:
    """Note that the player has seen and taken the reward, which was theirs from the moment they won it.

    Raises ResourceExpired, NothingToClaim, RewardAlreadyClaimed.
    """
    fresh = locked_play(play=play)
    if fresh.status == PlayStatus.EXPIRED or (fresh.status == PlayStatus.ACTIVE and fresh.expires_at <= at):
        raise ResourceExpired
    has_won = fresh.coupon_id is not None or fresh.points_won > 0 or "existing_coupon" in fresh.result
    if fresh.status != PlayStatus.COMPLETED or not has_won:
        raise NothingToClaim
    if fresh.claimed_at is not None:
        raise RewardAlreadyClaimed
    fresh.claimed_at = at
    fresh.save(update_fields=["claimed_at"])
    return fresh


@transaction.atomic
def cancel_play(*, actor: Actor, play: Play, at: datetime) -> Turn:
    """Give a play up. Before anything was drawn or shown, its points come back and it counts for no limit.

    Raises ResourceExpired, PlayNotActive.
    """
    fresh = locked_play(play=play)
    if fresh.status == PlayStatus.CANCELLED:
        return Turn(fresh, is_replay=True)
    check_going_on(play=fresh, at=at)
    fresh.status = PlayStatus.CANCELLED
    if not fresh.result:
        give_back(actor=actor, play=fresh, at=at)
    fresh.save()
    return Turn(fresh)


def expire_partner_plays(*, partner: Partner, at: datetime) -> int:
    """End the partner's plays whose time is over, each in its own transaction. Answers how many. Safe to repeat."""
    ended = 0
    due = Play.objects.filter(partner=partner, status=PlayStatus.ACTIVE, expires_at__lte=at).order_by("expires_at")
    while batch := list(due.select_related("game", "issued_card")[:BATCH]):
        ended += sum(_expire(play, at) for play in batch)
    return ended


@transaction.atomic
def _expire(play: Play, at: datetime) -> bool:
    fresh = locked_play(play=play)
    if fresh.status != PlayStatus.ACTIVE:
        return False
    expire_play(play=fresh, at=at)
    return True
