"""A purchase that is undone takes back what it earned: its stamps where they still are, its coupons where unused."""

from datetime import datetime

from django.db.models import Q, QuerySet

from games.choices import LIVE_COUPON, CouponStatus, Overflow, StampAction
from games.models import Coupon, Game, StampEvent, StampProgress
from games.rules.stamping import Given, advance, take_back
from games.services.stamping import StampCause, fill_cards, note
from ledger.choices import EntryKind
from ledger.services.locks import lock_cards
from ledger.services.points import Cause, post_points
from loyalty.services import audit
from loyalty.services.audit import Actor
from partners.models import Partner


def undo_stamps_of_purchase(
    *, partner: Partner, purchase_id: int, reversal_id: int, shop_id: int | None, actor: Actor, at: datetime
) -> None:
    """Once, within the transaction that undoes the purchase; the anchor of its card is locked already.

    A coupon that was used stays used, and the stamps that it took stay with it.
    """
    given = StampEvent.objects.filter(
        partner=partner, transaction_id=purchase_id, action=StampAction.STAMP_ADDED
    ).select_related("progress__game", "progress__issued_card__card", "progress__issued_card__customer")
    events = list(given.order_by("-pk"))
    if not events and not Coupon.objects.filter(earned_by_id=purchase_id).exists():
        return
    lock_cards(issued_card_ids={event.progress.issued_card_id for event in events})
    cancelled = _cancel_coupons(partner, purchase_id, actor, at)
    for event in events:
        cause = StampCause(actor, at, shop_id=shop_id, transaction_id=reversal_id, business_key=f"undo:{event.pk}")
        _undo(partner, event, cause, cancelled)


def _cancel_coupons(partner: Partner, purchase_id: int, actor: Actor, at: datetime) -> set[int]:
    """The coupons that are cancelled now: unused, whoever holds them."""
    live = _live(Coupon.objects.filter(partner=partner, earned_by_id=purchase_id), at)
    coupons = list(live.select_for_update(of=("self",)).order_by("pk"))
    for coupon in coupons:
        before = coupon.status
        _live(Coupon.objects.filter(pk=coupon.pk), at).update(
            status=CouponStatus.CANCELLED, pending_at=None, pending_shop=None, ended_at=at
        )
        audit.record(
            actor=actor,
            action="coupon.cancelled",
            target=coupon,
            partner_id=partner.pk,
            changes={"status": (before, CouponStatus.CANCELLED.value)},
            reason="The purchase that earned it was undone.",
            at=at,
        )
    return {coupon.pk for coupon in coupons}


def _live(coupons: QuerySet[Coupon], at: datetime) -> QuerySet[Coupon]:
    return coupons.filter(Q(expires_at=None) | Q(expires_at__gt=at), status__in=LIVE_COUPON)


def _undo(partner: Partner, event: StampEvent, cause: StampCause, cancelled: set[int]) -> None:
    progress = StampProgress.objects.get(pk=event.progress_id)
    if StampEvent.objects.filter(progress=progress, business_key=cause.business_key).exists():
        return
    game: Game = event.progress.game
    card = event.progress.issued_card
    required = game.stamps_required or 1
    rewards = (event.answer or {}).get("rewards", [])
    points = sum(one["points"] or 0 for one in rewards)
    coupons = sum(one["coupon_id"] in cancelled for one in rewards)
    worthless = event.filled - len(rewards)
    given = Given(
        count=event.value,
        step_after=event.step_after,
        filled=event.filled,
        reopened=coupons + sum(one["points"] is not None for one in rewards) + worthless,
        is_overtaken=_is_overtaken(event),
    )
    change = take_back(given=given, step=progress.current_step, required=required)
    if points and given.reopened == given.filled:
        _take_points(card.pk, points, event, cause)
    if change == 0 and not given.filled:
        return
    step = progress.current_step + change
    progress.is_completed = progress.is_completed and step >= required
    outcome = advance(
        step=0,
        count=step,
        required=required,
        is_reset=game.reset_on_complete,
        is_carried=game.overflow == Overflow.CARRY,
    )
    fill_cause = StampCause(cause.actor, cause.at, shop_id=cause.shop_id)
    # What others gave may fill the card that is open again.
    fill_cards(partner=partner, game=game, issued_card=card, progress=progress, outcome=outcome, cause=fill_cause)
    note(progress, StampAction.STAMP_TAKEN_BACK, change, cause, filled=outcome.filled)


def _take_points(issued_card_id: int, points: int, event: StampEvent, cause: StampCause) -> None:
    post_points(
        issued_card_id=issued_card_id,
        points=-points,
        cause=Cause(
            EntryKind.TAKE_BACK,
            f"stamps:undo:{event.pk}",
            cause.actor,
            occurred_at=cause.at,
            shop_id=cause.shop_id,
        ),
        at=cause.at,
        may_owe=True,
    )


def _is_overtaken(event: StampEvent) -> bool:
    """Whether a card was filled or emptied after these stamps."""
    later = StampEvent.objects.filter(progress_id=event.progress_id, pk__gt=event.pk)
    return later.filter(Q(filled__gt=0) | Q(action=StampAction.RESTARTED)).exists()
