"""Stamp cards at the till: stamps, completion by hand, and a new start (contract 6)."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from cards.models import IssuedCard
from games.choices import StampAction
from games.errors import OperationNotAllowed
from games.models import Game, StampProgress
from games.rules.answers import Stamped, Won
from games.rules.stamping import Advance
from games.selectors.shop_games import get_shop_game
from games.services.playable import (
    check_place,
    check_purchase_stands,
    check_running,
    check_stamp_card,
    get_purchase_of_card,
    get_working_card,
)
from games.services.short_ways import add_stamps_at_once
from games.services.stamping import StampCause, fill_cards, note, put_stamps, stamp_card_in_hand, won_coupon
from ledger.services.locks import lock_cards
from ledger.services.reported import Caller
from loyalty.services.idempotency import repeat_window
from partners.models import Partner
from partners.selectors.shops import check_shops


@dataclass(frozen=True, slots=True)
class Stamps:
    """What a till gives. `order_id` names the purchase that they are for."""

    game_id: int
    card_id: int
    shop_id: int | None
    count: int = 1
    order_id: str | None = None
    fingerprint: bytes | None = None


@dataclass(frozen=True, slots=True)
class Completed:
    """A stamp card that is full; `was_completed` before the call."""

    game: Game
    reward: Won | None
    was_completed: bool


def add_stamps(*, caller: Caller, partner: Partner, stamps: Stamps, at: datetime) -> Stamped:
    """Put stamps on a card; the last one completes it and gives its reward, once however many tills try.

    Raises ResourceNotFound (game, shop, order), StoreAccessDenied, CardBlocked, GameInactive, GameNotStarted,
    GameEnded, GameNotAtShop, GameHasNoStamps, ValidationFailed (the order is another card's), OperationNotAllowed (it
    was cancelled or refunded).
    """
    done = _add_at_once(caller, partner, stamps, at)
    if done is not None:
        return done
    game, card = _open(caller, partner, stamps.game_id, stamps.card_id, stamps.shop_id)
    required = check_stamp_card(game)
    check_running(game=game, shop_id=stamps.shop_id, at=at)
    sale = None
    if stamps.order_id is not None:
        sale = get_purchase_of_card(partner=partner, order_id=stamps.order_id, issued_card=card)
    cause = StampCause(
        caller.actor,
        at,
        shop_id=stamps.shop_id,
        transaction_id=None if sale is None else sale.pk,
        fingerprint=stamps.fingerprint,
    )
    with transaction.atomic():
        lock_cards(issued_card_ids=[card.pk])
        if sale is not None:
            check_purchase_stands(sale)
        return put_stamps(
            partner=partner, game=game, issued_card=card, required=required, count=stamps.count, cause=cause
        )


def complete_game(
    *, caller: Caller, partner: Partner, game_id: int, card_id: int, shop_id: int | None, at: datetime
) -> Completed:
    """Complete a begun stamp card by hand; one that is full, or was filled this very moment, is told of again.

    Raises what `add_stamps` does, and OperationNotAllowed where there is no stamp yet.
    """
    game, card = _open(caller, partner, game_id, card_id, shop_id)
    required = check_stamp_card(game)
    check_running(game=game, shop_id=shop_id, at=at)
    cause = StampCause(caller.actor, at, shop_id=shop_id)
    with transaction.atomic():
        lock_cards(issued_card_ids=[card.pk])
        progress = stamp_card_in_hand(partner=partner, game=game, issued_card=card, at=at)
        if _is_filled(progress, at):
            return Completed(game, _last_reward(progress), was_completed=True)
        if progress.current_step == 0:
            raise OperationNotAllowed(reason=_("there is no stamp on this card yet."))
        missing = required - progress.current_step
        outcome = Advance(
            filled=1,
            step=0 if game.reset_on_complete else required,
            is_full=not game.reset_on_complete,
            counted=missing,
        )
        rewards = fill_cards(
            partner=partner, game=game, issued_card=card, progress=progress, outcome=outcome, cause=cause
        )
        note(progress, StampAction.GAME_COMPLETED, required, cause, filled=1)
    return Completed(game, rewards[0] if rewards else None, was_completed=False)


def restart_game(
    *, caller: Caller, partner: Partner, game_id: int, card_id: int, shop_id: int | None, at: datetime
) -> StampProgress:
    """Empty a stamp card for good; coupons that were won stay. Raises what `add_stamps` does."""
    game, card = _open(caller, partner, game_id, card_id, shop_id)
    check_stamp_card(game)
    check_place(game=game, shop_id=shop_id)
    with transaction.atomic():
        lock_cards(issued_card_ids=[card.pk])
        progress = stamp_card_in_hand(partner=partner, game=game, issued_card=card, at=at)
        lost = progress.current_step
        if lost or progress.is_completed:
            progress.current_step, progress.is_completed, progress.updated_at = 0, False, at
            progress.save(update_fields=["current_step", "is_completed", "updated_at"])
            note(progress, StampAction.RESTARTED, -lost, StampCause(caller.actor, at, shop_id=shop_id))
    return progress


def _add_at_once(caller: Caller, partner: Partner, stamps: Stamps, at: datetime) -> Stamped | None:
    shop_id = stamps.shop_id
    out_of_reach = caller.shop_ids is not None and shop_id not in caller.shop_ids
    if shop_id is None or out_of_reach or stamps.order_id is not None:
        return None
    return add_stamps_at_once(
        partner_id=partner.pk,
        game_id=stamps.game_id,
        card_id=stamps.card_id,
        shop_id=shop_id,
        count=stamps.count,
        fingerprint=stamps.fingerprint,
        actor=caller.actor,
        at=at,
    )


def _open(caller: Caller, partner: Partner, game_id: int, card_id: int, shop_id: int | None) -> tuple[Game, IssuedCard]:
    game = get_shop_game(partner=partner, game_id=game_id)
    if shop_id is not None:
        check_shops(partner=partner, shop_ids=[shop_id], reach=caller.shop_ids)
    return game, get_working_card(partner=partner, card_id=card_id)


def _is_filled(progress: StampProgress, at: datetime) -> bool:
    """Full, filled and not begun anew, or filled by another till while this call was on its way."""
    if progress.is_completed:
        return True
    if not progress.rounds or progress.completed_at is None:
        return False
    return progress.current_step == 0 or progress.completed_at >= at - repeat_window()


def _last_reward(progress: StampProgress) -> Won | None:
    return None if progress.coupon is None else won_coupon(progress.coupon, is_earlier=True)
