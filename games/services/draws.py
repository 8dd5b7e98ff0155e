"""Wheel, scratch card and collection: one draw, with all that it gives away, in one transaction."""

from datetime import datetime

from django.db import transaction

from games.choices import GameType, PlayStatus
from games.models import CollectedItem, Play, Prize
from games.rules.collection import is_full, needed_of
from games.rules.draws import Drawn, chances_of, draws
from games.rules.rewards import reward_of
from games.rules.scratch import ticket_of
from games.selectors.plays import held_items
from games.selectors.prizes import COUPON, STOCK, WITHDRAWN, limit_reached
from games.services.draw_at_once import win_at_once
from games.services.ending import complete_play, give_back, give_reward
from games.services.turns import Turn, check_going_on, take_turn
from loyalty.services.audit import Actor

# A prize moves on only if there is one: the row stays locked until the draw is committed or undone.
_TAKE = """
UPDATE games_prize SET awarded = awarded + 1
WHERE id = %s AND game_id = %s AND is_active AND (stock IS NULL OR awarded < stock) RETURNING *
"""


class UnavailableError(Exception):
    """A prize that cannot be given away now; the draw goes on to the next number."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def spin_wheel(*, actor: Actor, play: Play, client_seed: str | None, at: datetime) -> Turn:
    """Turn the wheel once; turning it again answers the same.

    Raises GameTypeMismatch, ResourceExpired, PlayNotActive.
    """
    if play.game.game_type == GameType.WHEEL and win_at_once(
        play=play, client_seed=client_seed or str(play.session_key), at=at
    ):
        return Turn(play)
    return _spin(actor, play, client_seed, at)


@transaction.atomic
def _spin(actor: Actor, play: Play, client_seed: str | None, at: datetime) -> Turn:
    fresh = take_turn(play=play, game_type=GameType.WHEEL)
    if fresh.status == PlayStatus.COMPLETED:
        return Turn(fresh, is_replay=True)
    check_going_on(play=fresh, at=at)
    draw_prize(actor=actor, play=fresh, client_seed=client_seed, at=at)
    complete_play(play=fresh, at=at)
    return Turn(fresh)


@transaction.atomic
def scratch_ticket(*, actor: Actor, play: Play, client_seed: str | None, at: datetime) -> Turn:
    """Scratch a ticket: its prize is drawn now, its fields show it. Raises what `spin_wheel` raises."""
    fresh = take_turn(play=play, game_type=GameType.SCRATCH)
    if fresh.status == PlayStatus.COMPLETED:
        return Turn(fresh, is_replay=True)
    check_going_on(play=fresh, at=at)
    draw_prize(actor=actor, play=fresh, client_seed=client_seed, at=at)
    fields = ticket_of(
        fresh.server_seed,
        fresh.client_seed,
        winner=fresh.result["drawn"],
        symbols=[one["key"] for one in fresh.odds],
        fields=fresh.game.config.get("scratch_fields", 9),
    )
    fresh.result = {**fresh.result, "fields": fields}
    complete_play(play=fresh, at=at)
    return Turn(fresh)


@transaction.atomic
def collect_item(*, actor: Actor, play: Play, client_seed: str | None, at: datetime) -> Turn:
    """Draw one item of a collection; the last one that was missing gives the reward."""
    fresh = take_turn(play=play, game_type=GameType.COLLECTION)
    if fresh.status == PlayStatus.COMPLETED:
        return Turn(fresh, is_replay=True)
    check_going_on(play=fresh, at=at)
    fresh.client_seed = client_seed or str(fresh.session_key)
    drawn = next(draws(fresh.server_seed, fresh.client_seed, chances_of(fresh.odds)))
    fresh.result = {"drawn": drawn.key, "counter": drawn.counter, "skipped": []}
    _collect(actor, fresh, drawn, at)
    complete_play(play=fresh, at=at)
    return Turn(fresh)


def draw_prize(*, actor: Actor, play: Play, client_seed: str | None, at: datetime) -> None:
    """Draw until something can be given away, and give it. What had to be passed over is part of the result.

    If nothing is left at all, the points of the play are returned.
    """
    play.client_seed = client_seed or str(play.session_key)
    skipped: list[dict[str, object]] = []
    play.result = {"drawn": None, "counter": None, "skipped": skipped}
    for drawn in draws(play.server_seed, play.client_seed, chances_of(play.odds)):
        try:
            # Undone as a whole, so that no lock of a prize is kept while another one is waited for.
            with transaction.atomic():
                _award(actor, play, int(drawn.key), at)
        except UnavailableError as error:
            skipped.append({"key": drawn.key, "counter": drawn.counter, "reason": error.reason})
        else:
            play.result = {"drawn": drawn.key, "counter": drawn.counter, "skipped": skipped}
            return
    give_back(actor=actor, play=play, at=at)


def _award(actor: Actor, play: Play, prize_id: int, at: datetime) -> None:
    taken = list(Prize.objects.raw(_TAKE, [prize_id, play.game_id]))
    if not taken:
        is_there = Prize.objects.filter(pk=prize_id, game_id=play.game_id, is_active=True).exists()
        raise UnavailableError(STOCK if is_there else WITHDRAWN)
    prize = taken[0]
    if prize.per_customer is not None or prize.per_day is not None:
        reason = limit_reached(prize=prize, customer_id=play.customer_id, local_on=play.local_on)
        if reason:
            raise UnavailableError(reason)
    if not give_reward(actor=actor, play=play, reward=reward_of(prize), at=at, prize=prize):
        raise UnavailableError(COUPON)
    play.prize = prize


def _collect(actor: Actor, play: Play, drawn: Drawn, at: datetime) -> None:
    items = play.game.config["items"]
    held = held_items(game=play.game, issued_card_id=play.issued_card_id)
    was_full = is_full(items, held)
    held[drawn.key] = held.get(drawn.key, 0) + 1
    changed = {drawn.key: held[drawn.key]}
    if is_full(items, held) and not was_full:
        play.result = {**play.result, "completes": True}
        give_reward(actor=actor, play=play, reward=reward_of(play.game), at=at)
        if play.game.reset_on_complete:
            # What is needed is used up; what is left over belongs to the next collection.
            needed = needed_of(items)
            changed = {key: count - needed.get(key, 0) for key, count in held.items()}
    _keep(play, changed, at)


def _keep(play: Play, held: dict[str, int], at: datetime) -> None:
    CollectedItem.objects.bulk_create(
        [
            CollectedItem(
                partner_id=play.partner_id,
                game_id=play.game_id,
                issued_card_id=play.issued_card_id,
                item=item,
                quantity=quantity,
                first_at=at,
            )
            for item, quantity in held.items()
        ],
        update_conflicts=True,
        unique_fields=["game", "issued_card", "item"],
        update_fields=["quantity"],
    )
