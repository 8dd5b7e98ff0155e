"""Stamps on a card, whoever gives them. The caller holds the anchor lock of the issued card (decision 7)."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from cards.models import IssuedCard
from games.choices import Overflow, RewardType, StampAction
from games.events import GameCompleted
from games.models import Coupon, Game, StampEvent, StampProgress
from games.rules.answers import Stamped, Won, stamped_again, told
from games.rules.rewards import reward_of
from games.rules.stamping import Advance, advance
from games.services.issuing import issue_game_coupon
from ledger.choices import EntryKind
from ledger.services.enrolment import rules_of
from ledger.services.points import Cause, post_points
from loyalty import events
from loyalty.services.audit import Actor
from loyalty.services.idempotency import repeat_window
from partners.models import Partner


@dataclass(frozen=True, slots=True)
class StampCause:
    """Who gives stamps, where and why. `business_key` names a cause that counts once; `fingerprint` is that of a call
    without an Idempotency-Key, whose repeat a moment later is told the same.
    """

    actor: Actor
    at: datetime
    shop_id: int | None = None
    transaction_id: int | None = None
    business_key: str | None = None
    fingerprint: bytes | None = None


def stamp_card_in_hand(*, partner: Partner, game: Game, issued_card: IssuedCard, at: datetime) -> StampProgress:
    """The card's progress in a game, begun if it is the first time."""
    progress, _is_new = StampProgress.objects.get_or_create(
        game=game, issued_card=issued_card, defaults={"partner": partner, "started_at": at, "updated_at": at}
    )
    return progress


@transaction.atomic
def put_stamps(
    *, partner: Partner, game: Game, issued_card: IssuedCard, required: int, count: int, cause: StampCause
) -> Stamped:
    """Add stamps and give what a filled card is worth; the same cause again is told what came of it then."""
    progress = stamp_card_in_hand(partner=partner, game=game, issued_card=issued_card, at=cause.at)
    earlier = _earlier(progress, cause)
    if earlier is not None:
        return stamped_again(kept=earlier.answer, step=earlier.step_after, filled=earlier.filled, required=required)
    if progress.is_completed:
        return Stamped(required, required, is_completed=True, was_completed=True)
    outcome = advance(
        step=progress.current_step,
        count=count,
        required=required,
        is_reset=game.reset_on_complete,
        is_carried=game.overflow == Overflow.CARRY,
    )
    rewards = fill_cards(
        partner=partner, game=game, issued_card=issued_card, progress=progress, outcome=outcome, cause=cause
    )
    answer = Stamped(progress.current_step, required, is_completed=False)
    if outcome.filled:
        carried = 0 if outcome.is_full else outcome.step
        answer = Stamped(required, required, is_completed=True, carried_over=carried, rewards=rewards)
    note(progress, StampAction.STAMP_ADDED, outcome.counted, cause, filled=outcome.filled, answer=answer)
    for _round in range(outcome.filled):
        note(progress, StampAction.GAME_COMPLETED, required, StampCause(cause.actor, cause.at, cause.shop_id))
    return answer


def fill_cards(
    *,
    partner: Partner,
    game: Game,
    issued_card: IssuedCard,
    progress: StampProgress,
    outcome: Advance,
    cause: StampCause,
) -> tuple[Won, ...]:
    """Bring the stamp card to where `outcome` says, with the reward of every card that was filled."""
    won = []
    for _round in range(outcome.filled):
        progress.rounds += 1
        won.append(_reward(partner, game, issued_card, progress, cause))
    if outcome.filled:
        progress.completed_at = cause.at
    progress.current_step, progress.is_completed = outcome.step, outcome.is_full
    progress.updated_at = cause.at
    progress.save()
    for one in won:
        events.publish(
            GameCompleted(
                game.pk,
                partner.pk,
                issued_card.customer_id,
                issued_card.pk,
                None if one is None else one.coupon_id,
                cause.at,
            )
        )
    return tuple(one for one in won if one is not None)


def _reward(
    partner: Partner, game: Game, issued_card: IssuedCard, progress: StampProgress, cause: StampCause
) -> Won | None:
    reward = reward_of(game)
    if reward.type == RewardType.NONE:
        return None
    if not reward.is_coupon:
        points = reward.points or 0
        post_points(
            issued_card_id=issued_card.pk,
            points=points,
            cause=Cause(
                EntryKind.BONUS,
                f"stamps:{progress.pk}:{progress.rounds}:{cause.transaction_id or 0}",
                cause.actor,
                occurred_at=cause.at,
                shop_id=cause.shop_id,
            ),
            at=cause.at,
            expires_at=rules_of(issued_card.card).expiry_of(cause.at),
        )
        return Won("points", reward.type, reward.product_name, points=points)
    issued = issue_game_coupon(
        partner=partner,
        game=game,
        issued_card=issued_card,
        reward=reward,
        at=cause.at,
        earned_by_id=cause.transaction_id,
    )
    progress.coupon = issued.coupon
    return won_coupon(issued.coupon, is_earlier=not issued.is_new)


def won_coupon(coupon: Coupon, *, is_earlier: bool) -> Won:
    """A coupon as a reward."""
    return Won(
        "coupon",
        coupon.reward_type,
        coupon.reward_product_name,
        coupon_id=coupon.pk,
        coupon_code=coupon.code,
        coupon_status=coupon.status,
        expires_at=told(coupon.expires_at),
        is_earlier=is_earlier,
    )


def note(
    progress: StampProgress,
    action: StampAction,
    value: int,
    cause: StampCause,
    *,
    filled: int = 0,
    answer: Stamped | None = None,
) -> StampEvent:
    """Write down what happened on a stamp card."""
    return StampEvent.objects.create(
        progress=progress,
        partner_id=progress.partner_id,
        action=action,
        value=value,
        shop_id=cause.shop_id,
        transaction_id=cause.transaction_id,
        business_key=cause.business_key,
        actor_kind=cause.actor.kind,
        actor_id=cause.actor.id,
        occurred_at=cause.at,
        step_after=progress.current_step,
        filled=filled,
        fingerprint=cause.fingerprint,
        answer=answer.kept() if answer is not None and filled else None,
        recorded_at=max(cause.at, timezone.now()),
    )


def _earlier(progress: StampProgress, cause: StampCause) -> StampEvent | None:
    """What this cause has come to before: ever, or within the moment in which equal calls are repeats."""
    past = StampEvent.objects.filter(progress=progress, action=StampAction.STAMP_ADDED).order_by("-pk")
    if cause.business_key is not None:
        return past.filter(business_key=cause.business_key).first()
    if cause.fingerprint is None:
        return None
    recent = past.filter(recorded_at__gte=cause.at - repeat_window())
    return recent.filter(fingerprint=cause.fingerprint, actor_kind=cause.actor.kind, actor_id=cause.actor.id).first()
