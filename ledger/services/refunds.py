"""Undoing sales, in parts or whole (decision 2, contract 16.19)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from cards.models import RetiredCardNumber
from ledger.choices import EntryKind, TransactionStatus, TransactionType
from ledger.errors import RefundExceedsOriginal
from ledger.events import PurchaseUndone
from ledger.models import Transaction
from ledger.rules.earning import CardRules
from ledger.rules.reversal import Reversible, reverse
from ledger.selectors.receipts import receipt_of
from ledger.selectors.sale import CustomerReference
from ledger.services.enrolment import rules_of
from ledger.services.locks import lock_cards
from ledger.services.points import Cause, post_points
from ledger.services.reported import Caller, Recorded
from ledger.services.sales import check_currency, refuse_shop
from loyalty import events
from loyalty.errors import (
    IdempotencyInFlight,
    IdempotencyKeyReused,
    ResourceAlreadyExists,
    ResourceNotFound,
    ValidationFailed,
)
from partners.models import Partner


@dataclass(frozen=True, slots=True)
class Refund:
    """What a till reports. `order_total` is the part of the original's order total that goes back; None: the rest.

    `type` is `refund` or `cancellation` (which takes the rest, once).
    """

    order_id: str
    type: str
    occurred_at: datetime
    fingerprint: bytes
    who: CustomerReference = field(default_factory=CustomerReference)
    order_total: Decimal | None = None
    points: int | None = None
    refund_id: str | None = None
    currency: str | None = None
    shop_id: int | None = None
    description: str = ""
    meta_data: Mapping[str, Any] = field(default_factory=dict)
    idempotency_key: str | None = None


def record_refund(*, caller: Caller, partner: Partner, refund: Refund, at: datetime) -> Recorded:
    """Record a refund or cancellation once: take awarded points back, give redeemed points back.

    Points that were spent meanwhile become a declared debt, never minted points. Raises ResourceNotFound (no such
    purchase), RefundExceedsOriginal, ResourceAlreadyExists (the refund_id with another body), IdempotencyKeyReused.
    """
    check_currency(partner, refund.currency)
    if refund.shop_id is not None:
        _check_shop(caller, partner, refund.shop_id)
    try:
        return _record(caller, partner, refund, at)
    except IntegrityError as error:
        # Taken between our look and our write, by a call for another order. Any other broken rule is a fault.
        if getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) != "transaction_once_per_key":
            raise
        raise IdempotencyKeyReused from error


def _check_shop(caller: Caller, partner: Partner, shop_id: int) -> None:
    out_of_reach = caller.shop_ids is not None and shop_id not in caller.shop_ids
    if out_of_reach or not partner.shops.filter(pk=shop_id).exists():
        refuse_shop(partner, shop_id)


@transaction.atomic
def _record(caller: Caller, partner: Partner, refund: Refund, at: datetime) -> Recorded:
    original = _lock_original(partner, refund)
    _check_customer(original, refund.who)
    earlier = list(original.reversals.select_related("issued_card", "original").order_by("pk"))
    replay = _replay(partner, refund, earlier)
    if replay is not None:
        return Recorded(receipt_of(replay), is_replay=True)
    undone = _undone(original, refund, earlier)
    row = _insert(caller, partner, refund, original, undone)
    if original.issued_card_id is not None:
        _move_points(row, original, undone, caller, at)
    if undone.order_total + sum(one.order_total for one in earlier) == original.order_total:
        events.publish(
            PurchaseUndone(partner.pk, original.pk, row.pk, original.issued_card_id, row.shop_id, caller.actor, at)
        )
    if refund.type == TransactionType.CANCELLATION:
        Transaction.objects.filter(pk=original.pk).update(status=TransactionStatus.CANCELLED)
    return Recorded(receipt_of(row), is_replay=False)


def _lock_original(partner: Partner, refund: Refund) -> Transaction:
    purchases = Transaction.objects.filter(partner=partner, order_id=refund.order_id, type=TransactionType.PURCHASE)
    found = purchases.first()
    if found is None:
        raise ResourceNotFound(errors={"order_id": [_("There is no purchase with this order id.")]})
    if found.issued_card_id is not None:
        lock_cards(issued_card_ids=[found.issued_card_id])
    original = purchases.select_for_update(of=("self",)).select_related("issued_card__card", "customer").get()
    if original.issued_card_id != found.issued_card_id:
        # It got its customer a moment ago. Locking that card now, after its sale, could deadlock.
        raise IdempotencyInFlight(retry_after=1)
    return original


def _check_customer(original: Transaction, who: CustomerReference) -> None:
    wrong = (
        (who.customer_id is not None and who.customer_id != original.customer_id, "user_id"),
        (who.issued_card_id is not None and who.issued_card_id != original.issued_card_id, "loyalty_card_id"),
        (who.email is not None and not _has_email(original, who.email), "user_email"),
        (who.card is not None and not _has_card(original, who.card), "card_number"),
    )
    errors = {name: [_("This order belongs to another customer.")] for is_wrong, name in wrong if is_wrong}
    if original.customer_id is not None and errors:
        raise ValidationFailed(errors=errors)


def _has_email(original: Transaction, email: str) -> bool:
    return original.customer is not None and (original.customer.email or "").lower() == email.lower()


def _has_card(original: Transaction, card: str) -> bool:
    """Whether the card goes by this number or QR value, or did when it was sold to."""
    issued = original.issued_card
    if issued is None:
        return False
    is_qr = len(card) == 32  # hex of a UUID
    column, own = ("qr_value", issued.qr_value.hex) if is_qr else ("number", issued.number)
    return card == own or RetiredCardNumber.objects.filter(issued_card=issued, **{column: card}).exists()


def _replay(partner: Partner, refund: Refund, earlier: list[Transaction]) -> Transaction | None:
    """The earlier reversal that this call repeats, if it does."""
    if refund.idempotency_key is not None:
        by_key = Transaction.objects.select_related("issued_card").filter(
            partner=partner, idempotency_key=refund.idempotency_key
        )
        found = by_key.first()
        if found is not None and bytes(found.fingerprint) != refund.fingerprint:
            raise IdempotencyKeyReused
        if found is not None:
            return found
    if refund.refund_id is not None:
        return _same_refund_id(refund, earlier)
    for row in earlier:
        if row.type == refund.type == TransactionType.CANCELLATION:
            return row
        # Equal parts need a refund_id or an Idempotency-Key; without either a repeat is the SDK's retry.
        is_same = bytes(row.fingerprint) == refund.fingerprint or _both_whole(row, refund)
        if refund.idempotency_key is None and is_same:
            return row
    return None


def _both_whole(earlier: Transaction, refund: Refund) -> bool:
    """Whether the whole order was refunded at once, and is again, in whichever words."""
    whole = earlier.original.order_total if earlier.original else None
    return earlier.type == refund.type and earlier.order_total == whole and refund.order_total in {None, whole}


def _same_refund_id(refund: Refund, earlier: list[Transaction]) -> Transaction | None:
    for row in earlier:
        if row.refund_id == refund.refund_id:
            if bytes(row.fingerprint) != refund.fingerprint:
                raise ResourceAlreadyExists(what=f"refund_id {refund.refund_id}")
            return row
    return None


def _undone(original: Transaction, refund: Refund, earlier: list[Transaction]) -> Reversible:
    done = Reversible(
        sum((row.order_total for row in earlier), Decimal(0)),
        sum((row.points_discount_amount for row in earlier), Decimal(0)),
        sum(row.points_awarded for row in earlier),
        sum(row.points_redeemed for row in earlier),
        sum(row.bonus_points for row in earlier),
        sum(row.cashback_points for row in earlier),
    )
    rest = original.order_total - done.order_total
    is_rest = refund.order_total is None or refund.type == TransactionType.CANCELLATION
    part = rest if is_rest or refund.order_total is None else refund.order_total
    if part == 0 < rest and refund.points is None:
        raise ValidationFailed(errors={"order_total": [_("Nothing would be refunded.")]})
    if part > rest or (earlier and rest == 0):
        text = _("Only {rest} of this order is left.").format(rest=rest)
        raise RefundExceedsOriginal(rest=rest, errors={"order_total": [text]})
    whole = Reversible(
        original.order_total,
        original.points_discount_amount,
        original.points_awarded,
        original.points_redeemed,
        original.bonus_points,
        original.cashback_points,
    )
    undone = reverse(whole, done, part)
    if refund.points is None:
        return undone
    if refund.points > whole.points_awarded - done.points_awarded:
        text = _("Only {points} points of this order are left.").format(
            points=whole.points_awarded - done.points_awarded
        )
        raise ValidationFailed(errors={"points": [text]})
    return replace(undone, points_awarded=refund.points)


def _insert(caller: Caller, partner: Partner, refund: Refund, original: Transaction, undone: Reversible) -> Transaction:
    amount = max(Decimal(0), undone.order_total - undone.points_discount_amount)
    if original.amount == original.order_total:
        amount = undone.order_total
    return Transaction.objects.create(
        partner=partner,
        type=refund.type,
        order_id=refund.order_id,
        refund_id=refund.refund_id,
        original=original,
        shop_id=refund.shop_id or original.shop_id,
        customer_id=original.customer_id,
        issued_card=original.issued_card,
        staff_id=caller.staff_id,
        credential_id=caller.credential_id,
        order_total=undone.order_total,
        points_discount_amount=undone.points_discount_amount,
        amount=amount,
        currency=original.currency,
        points_awarded=undone.points_awarded,
        points_redeemed=undone.points_redeemed,
        bonus_offer_id=original.bonus_offer_id,
        bonus_points=undone.bonus_points,
        cashback_offer_id=original.cashback_offer_id,
        cashback_points=undone.cashback_points,
        category=original.category,
        description=refund.description,
        meta_data=dict(refund.meta_data),
        occurred_at=refund.occurred_at,
        local_on=refund.occurred_at.astimezone(ZoneInfo(partner.time_zone)).date(),
        fingerprint=refund.fingerprint,
        idempotency_key=refund.idempotency_key,
    )


def _move_points(row: Transaction, original: Transaction, undone: Reversible, caller: Caller, at: datetime) -> None:
    issued_card = original.issued_card
    if issued_card is None:
        return
    rules: CardRules = rules_of(issued_card.card)

    def cause(kind: EntryKind) -> Cause:
        return Cause(
            kind,
            f"sale:{row.pk}:{kind}",
            caller.actor,
            occurred_at=row.occurred_at,
            shop_id=row.shop_id,
            transaction_id=row.pk,
            prefer_transaction_id=original.pk,
        )

    # First what comes back to the customer, so that it can pay for what is taken.
    given = post_points(
        issued_card_id=issued_card.pk,
        points=undone.points_redeemed,
        cause=cause(EntryKind.GIVE_BACK),
        at=at,
        expires_at=rules.expiry_of(row.occurred_at),
    )
    taken = post_points(
        issued_card_id=issued_card.pk,
        points=-undone.points_awarded,
        cause=cause(EntryKind.TAKE_BACK),
        at=at,
        may_owe=True,
    )
    balance = taken.balance if undone.points_awarded else given.balance
    row.points_balance, row.points_debt = balance.balance, balance.debt
    row.save(update_fields=["points_balance", "points_debt"])
