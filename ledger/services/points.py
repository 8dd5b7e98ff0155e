"""The one door through which points move, other than the sale's own database function (which keeps the same rules)."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F, Min, Q, Sum

from ledger.choices import EntryKind
from ledger.errors import InsufficientPoints
from ledger.events import PointsChanged
from ledger.models import PointsBalance, PointsEntry, PointsLot
from ledger.services.locks import lock_cards
from loyalty import events
from loyalty.services.audit import SYSTEM, Actor


@dataclass(frozen=True, slots=True)
class Piece:
    """Points taken out of one lot."""

    points: int
    earned_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Posting:
    """What came of posting points: the balance after it, and which lots it used up."""

    balance: PointsBalance
    pieces: tuple[Piece, ...] = ()
    is_repeat: bool = False


@dataclass(frozen=True, slots=True)
class Cause:
    """Why points move. `business_key` makes the posting repeatable: the same cause never counts twice."""

    kind: EntryKind
    business_key: str
    actor: Actor
    occurred_at: datetime
    reason: str = ""
    shop_id: int | None = None
    transaction_id: int | None = None
    # Points of this sale are taken first when it is reversed.
    prefer_transaction_id: int | None = None


@transaction.atomic
def post_points(
    *,
    issued_card_id: int,
    points: int,
    cause: Cause,
    at: datetime,
    expires_at: datetime | None = None,
    pieces: tuple[Piece, ...] = (),
    may_owe: bool = False,
) -> Posting:
    """Add (or, below zero, take) points. Raises InsufficientPoints unless the rest `may_owe`, which becomes a debt.

    Incoming points make one lot, or one for each of `pieces` (a transfer keeps the dates of what it moves).
    """
    balance = lock_cards(issued_card_ids=[issued_card_id])[issued_card_id]
    if PointsEntry.objects.filter(issued_card_id=issued_card_id, business_key=cause.business_key).exists():
        return Posting(balance, is_repeat=True)
    expire_due(balance=balance, at=at)
    if points == 0:
        return Posting(balance)
    if points < 0:
        used = _take(balance, -points, cause, at, may_owe=may_owe)
        entry = _entry(balance, points, cause)
    else:
        used = ()
        entry = _entry(balance, points, cause)
        _add(balance, entry, pieces or (Piece(points, cause.occurred_at, expires_at),), at)
    _count(balance, points, cause.kind)
    balance.updated_at = at
    balance.save()
    _announce(balance, points, cause, at)
    return Posting(balance, used)


def _announce(balance: PointsBalance, points: int, cause: Cause, at: datetime) -> None:
    events.publish(
        PointsChanged(
            partner_id=balance.partner_id,
            customer_id=balance.customer_id,
            issued_card_id=balance.pk,
            kind=cause.kind,
            points=points,
            balance=balance.balance,
            earned=points if cause.kind in {EntryKind.EARN, EntryKind.BONUS} else 0,
            transaction_id=cause.transaction_id,
            shop_id=cause.shop_id,
            at=at,
        )
    )


def expire_due(*, balance: PointsBalance, at: datetime) -> int:
    """Expire what is over by now; the caller holds the lock and saves the balance. Answers the points expired."""
    if balance.next_expiry_at is None or balance.next_expiry_at > at:
        return 0
    open_lots = PointsLot.objects.filter(issued_card_id=balance.pk, remaining__gt=0)
    due = list(open_lots.filter(expires_at__lte=at).order_by("earned_at", "pk"))
    PointsEntry.objects.bulk_create(
        [
            PointsEntry(
                partner_id=balance.partner_id,
                issued_card_id=balance.pk,
                kind=EntryKind.EXPIRE,
                points=-lot.remaining,
                business_key=f"expire:{lot.pk}",
                actor_kind=SYSTEM.kind,
                occurred_at=lot.expires_at or at,
            )
            for lot in due
        ]
    )
    gone = sum(lot.remaining for lot in due)
    PointsLot.objects.filter(pk__in=[lot.pk for lot in due]).update(remaining=0)
    balance.balance -= gone
    balance.expired += gone
    balance.next_expiry_at = open_lots.aggregate(next=Min("expires_at"))["next"]
    balance.save(update_fields=["balance", "expired", "next_expiry_at"])
    return gone


def available_points(*, balance: PointsBalance, at: datetime) -> int:
    """What can be spent: the balance without points that are over or still held back."""
    lots = PointsLot.objects.filter(issued_card_id=balance.pk, remaining__gt=0)
    blocked = lots.filter(Q(expires_at__lte=at) | Q(available_at__gt=at)).aggregate(points=Sum("remaining"))["points"]
    return balance.balance - (blocked or 0)


def _entry(balance: PointsBalance, points: int, cause: Cause) -> PointsEntry:
    return PointsEntry.objects.create(
        partner_id=balance.partner_id,
        issued_card_id=balance.pk,
        transaction_id=cause.transaction_id,
        shop_id=cause.shop_id,
        kind=cause.kind,
        points=points,
        business_key=cause.business_key,
        actor_kind=cause.actor.kind,
        actor_id=cause.actor.id,
        reason=cause.reason,
        occurred_at=cause.occurred_at,
    )


def _take(balance: PointsBalance, wanted: int, cause: Cause, at: datetime, *, may_owe: bool) -> tuple[Piece, ...]:
    available = available_points(balance=balance, at=at)
    if wanted > available and not may_owe:
        raise InsufficientPoints(wanted=wanted, available=available)
    lots = PointsLot.objects.filter(issued_card_id=balance.pk, remaining__gt=0)
    if not may_owe:
        lots = lots.filter(Q(available_at=None) | Q(available_at__lte=at))
    # The points of the sale that is being reversed first, then the oldest.
    preferred = Q(entry__transaction_id=cause.prefer_transaction_id, entry__kind=EntryKind.EARN)
    ordered = [*lots.filter(preferred)] if cause.prefer_transaction_id else []
    ordered += lots.exclude(pk__in=[lot.pk for lot in ordered]).order_by("earned_at", "pk")
    pieces, need = [], wanted
    for lot in ordered:
        if need == 0:
            break
        taken = min(need, lot.remaining)
        PointsLot.objects.filter(pk=lot.pk).update(remaining=F("remaining") - taken)
        pieces.append(Piece(taken, lot.earned_at, lot.expires_at))
        need -= taken
    balance.balance -= wanted - need
    balance.debt += need
    return tuple(pieces)


def _add(balance: PointsBalance, entry: PointsEntry, pieces: tuple[Piece, ...], at: datetime) -> None:
    for piece in pieces:
        paid = min(balance.debt, piece.points)
        balance.debt -= paid
        fresh = piece.points - paid
        if fresh == 0:
            continue
        lot = PointsLot.objects.create(
            partner_id=balance.partner_id,
            issued_card_id=balance.pk,
            entry=entry,
            issuing_shop_id=entry.shop_id,
            points=fresh,
            remaining=fresh,
            earned_at=piece.earned_at,
            expires_at=piece.expires_at,
        )
        balance.balance += fresh
        if lot.expires_at is not None:
            balance.next_expiry_at = min(filter(None, (balance.next_expiry_at, lot.expires_at)))
    expire_due(balance=balance, at=at)


def _count(balance: PointsBalance, points: int, kind: EntryKind) -> None:
    """Totals over time. Adjustments and transfers are neither earned nor redeemed."""
    match kind:
        case EntryKind.EARN | EntryKind.BONUS | EntryKind.TAKE_BACK:
            balance.earned += points
        case EntryKind.REDEEM | EntryKind.GIVE_BACK:
            balance.redeemed -= points
