"""The life of a coupon at the till: pending, redeemed, cancelled, by conditional updates (contract 5.9)."""

from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from games.choices import LIVE_COUPON, CouponStatus
from games.errors import CouponOfOtherShop, OperationNotAllowed
from games.events import CouponRedeemed
from games.models import Coupon
from games.selectors.coupons import RELEASED, get_coupon, last_release
from games.services.coupon_checks import check_card, check_live, check_place, check_sale, chosen_product
from games.services.coupon_points import credit_coupon_points, points_card_ids
from games.services.playable import get_purchase, get_working_card
from games.services.short_ways import redeem_at_once
from ledger.models import Transaction
from ledger.services.locks import lock_cards
from ledger.services.reported import Caller
from loyalty import events
from loyalty.errors import ResourceNotFound
from loyalty.services import audit
from loyalty.services.audit import Actor
from loyalty.services.idempotency import repeat_window
from partners.models import Partner
from partners.selectors.shops import check_shops


@dataclass(frozen=True, slots=True)
class Redemption:
    """How a coupon is used. `order_id` names the purchase, `card_id` the card that points go to where nobody owns the
    coupon yet.
    """

    shop_id: int | None
    product_id: int | None = None
    notes: str = ""
    reference: str = ""
    order_id: str | None = None
    card_id: int | None = None


@dataclass(frozen=True, slots=True)
class Redeemed:
    """A used coupon; `is_replay` where it had been used for the same purchase before."""

    coupon_id: int
    redeemed_at: datetime
    shop_id: int | None
    product_id: int | None = None
    points: int = 0
    is_replay: bool = False


@dataclass(frozen=True, slots=True)
class Released:
    """A coupon that a shop let go of; `is_replay` where it had done so a moment before."""

    coupon_id: int
    released_at: datetime
    is_replay: bool = False


def redeem_coupon(
    *, caller: Caller, partner: Partner, coupon_id: int, redemption: Redemption, at: datetime
) -> Redeemed:
    """Use a coupon once, however many tills try.

    Raises ResourceNotFound (coupon, shop, product, order, card), StoreAccessDenied, CouponAlreadyUsed, CouponExpired,
    OperationNotAllowed (cancelled, or pending at another shop), CouponNotAtShop, CardBlocked, SelectProduct,
    MinimumPurchaseNotMet, ValidationFailed (another customer's order).
    """
    if _redeem_at_once(caller, partner, coupon_id, redemption, at):
        return Redeemed(coupon_id, at, redemption.shop_id)
    coupon = get_coupon(partner=partner, coupon_id=coupon_id)
    if redemption.shop_id is not None:
        check_shops(partner=partner, shop_ids=[redemption.shop_id], reach=caller.shop_ids)
    if redemption.card_id is not None:
        get_working_card(partner=partner, card_id=redemption.card_id)
    sale = None
    if redemption.order_id is not None:
        sale = get_purchase(partner=partner, order_id=redemption.order_id)
    return use_coupon(actor=caller.actor, partner=partner, coupon=coupon, redemption=redemption, sale=sale, at=at)


@transaction.atomic
def use_coupon(
    *,
    actor: Actor,
    partner: Partner,
    coupon: Coupon,
    redemption: Redemption,
    sale: Transaction | None,
    at: datetime,
) -> Redeemed:
    """The use itself: lock, check, change. Raises what `redeem_coupon` does."""
    coupon = lock_coupon(coupon, also=points_card_ids(coupon=coupon, sale=sale, card_id=redemption.card_id))
    if coupon.status == CouponStatus.REDEEMED and sale is not None and coupon.redeemed_by_id == sale.pk:
        return _redeemed(coupon, is_replay=True)
    check_live(coupon, shop_id=redemption.shop_id, at=at)
    check_card(coupon)
    check_place(coupon, shop_id=redemption.shop_id)
    if sale is not None:
        check_sale(coupon, sale)
    product_id = chosen_product(partner=partner, coupon=coupon, product_id=redemption.product_id)
    changed = _live(coupon, at).update(
        status=CouponStatus.REDEEMED,
        pending_at=None,
        pending_shop=None,
        selected_product_id=product_id,
        redeemed_at=at,
        redeemed_shop_id=redemption.shop_id,
        redeemed_by=sale,
        redeemed_actor_kind=actor.kind,
        redeemed_actor_id=actor.id,
        redemption_reference=redemption.reference,
        notes=redemption.notes,
    )
    if not changed:
        raise OperationNotAllowed(reason=_("somebody else has just changed this coupon."))
    points = credit_coupon_points(
        actor=actor, partner=partner, coupon=coupon, sale=sale, card_id=redemption.card_id, at=at
    )
    coupon.refresh_from_db(fields=["status", "redeemed_at", "redeemed_shop", "selected_product", "pending_at"])
    sale_id = None if sale is None else sale.pk
    events.publish(CouponRedeemed(coupon.pk, partner.pk, coupon.customer_id, sale_id, at))
    return _redeemed(coupon, points=points)


def set_pending(
    *, caller: Caller, partner: Partner, coupon_id: int, shop_id: int, product_id: int | None, at: datetime
) -> tuple[Coupon, bool]:
    """Hold a coupon for one shop; nobody else may use it until that shop lets go. The second member tells whether it
    was held so already.

    Raises what `redeem_coupon` does.
    """
    found = get_coupon(partner=partner, coupon_id=coupon_id)
    check_shops(partner=partner, shop_ids=[shop_id], reach=caller.shop_ids)
    with transaction.atomic():
        coupon = lock_coupon(found)
        check_live(coupon, shop_id=shop_id, at=at)
        check_card(coupon)
        check_place(coupon, shop_id=shop_id)
        chosen = coupon.selected_product_id
        if product_id is not None:
            chosen = chosen_product(partner=partner, coupon=coupon, product_id=product_id)
        is_held = coupon.status == CouponStatus.PENDING
        if is_held and chosen == coupon.selected_product_id:
            return coupon, True
        values = {"status": CouponStatus.PENDING, "pending_shop_id": shop_id, "selected_product_id": chosen}
        if not is_held:
            values["pending_at"] = at
        _change(coupon, at, **values)
        _note(caller.actor, coupon, "coupon.pending", {"pending_shop": (None, shop_id)}, at)
    return coupon, False


def cancel_pending(*, caller: Caller, partner: Partner, coupon_id: int, shop_id: int, at: datetime) -> Released:
    """Let go of a coupon. The same caller a moment later is told the same, as long as nobody has it in hand again.

    Raises CouponOfOtherShop, OperationNotAllowed where it is not pending, and as above.
    """
    found = get_coupon(partner=partner, coupon_id=coupon_id)
    check_shops(partner=partner, shop_ids=[shop_id], reach=caller.shop_ids)
    with transaction.atomic():
        coupon = lock_coupon(found)
        if coupon.status == CouponStatus.PENDING and coupon.pending_shop_id != shop_id:
            raise CouponOfOtherShop
        check_live(coupon, shop_id=shop_id, at=at)
        if coupon.status != CouponStatus.PENDING:
            released_at = last_release(coupon=coupon, actor=caller.actor, since=at - repeat_window())
            if released_at is None:
                raise OperationNotAllowed(reason=_("this coupon is not pending."))
            return Released(coupon.pk, released_at, is_replay=True)
        _change(coupon, at, status=CouponStatus.ACTIVE, pending_at=None, pending_shop_id=None, selected_product_id=None)
        _note(caller.actor, coupon, RELEASED, {"pending_shop": (shop_id, None)}, at)
    return Released(coupon.pk, at)


@transaction.atomic
def cancel_coupon(
    *, actor: Actor, partner: Partner, coupon: Coupon, reason: str, at: datetime, is_held_too: bool = True
) -> Coupon:
    """End a coupon that nobody used; one that a shop holds only where `is_held_too`.

    Raises CouponAlreadyUsed, CouponExpired, OperationNotAllowed (ended already, held).
    """
    coupon = lock_coupon(coupon)
    if coupon.partner_id != partner.pk:
        raise ResourceNotFound
    before = coupon.status
    check_live(coupon, shop_id=coupon.pending_shop_id if is_held_too else None, at=at)
    _change(coupon, at, status=CouponStatus.CANCELLED, pending_at=None, pending_shop_id=None, ended_at=at)
    _note(actor, coupon, "coupon.cancelled", {"status": (before, coupon.status)}, at, reason=reason)
    return coupon


def lock_coupon(coupon: Coupon, *, also: Iterable[int] = ()) -> Coupon:
    """The coupon as it is now, held until the transaction ends; the anchors of cards first (decision 7)."""
    cards = {*also, *([coupon.issued_card_id] if coupon.issued_card_id is not None else [])}
    if cards:
        lock_cards(issued_card_ids=cards)
    rows = Coupon.objects.select_for_update(of=("self",)).select_related("game", "offer", "issued_card__card")
    return rows.get(pk=coupon.pk)


def _redeem_at_once(caller: Caller, partner: Partner, coupon_id: int, redemption: Redemption, at: datetime) -> bool:
    """Whether the short way did it."""
    shop_id = redemption.shop_id
    out_of_reach = caller.shop_ids is not None and shop_id not in caller.shop_ids
    is_plain = redemption == Redemption(shop_id, notes=redemption.notes)
    if shop_id is None or out_of_reach or not is_plain:
        return False
    # One statement is a transaction of its own; whoever acts on the fact needs one around both.
    is_whole = not connection.in_atomic_block and events.is_heard(CouponRedeemed, partner_id=partner.pk)
    with transaction.atomic() if is_whole else nullcontext():
        used = redeem_at_once(
            partner_id=partner.pk,
            coupon_id=coupon_id,
            shop_id=shop_id,
            notes=redemption.notes,
            actor=caller.actor,
            at=at,
        )
        if used is None:
            return False
        events.publish(CouponRedeemed(coupon_id, partner.pk, used.customer_id, None, at))
    return True


def _redeemed(coupon: Coupon, *, points: int = 0, is_replay: bool = False) -> Redeemed:
    redeemed_at = coupon.redeemed_at
    assert redeemed_at is not None
    return Redeemed(coupon.pk, redeemed_at, coupon.redeemed_shop_id, coupon.selected_product_id, points, is_replay)


def _live(coupon: Coupon, at: datetime) -> QuerySet[Coupon]:
    """The row, if it may still change."""
    rows = Coupon.objects.filter(pk=coupon.pk, status__in=LIVE_COUPON)
    return rows.filter(Q(expires_at=None) | Q(expires_at__gt=at))


def _change(coupon: Coupon, at: datetime, **values: object) -> None:
    if not _live(coupon, at).update(**values):
        raise OperationNotAllowed(reason=_("somebody else has just changed this coupon."))
    for name, value in values.items():
        setattr(coupon, name, value)


def _note(
    actor: Actor,
    coupon: Coupon,
    action: str,
    changes: dict[str, tuple[object, object]],
    at: datetime,
    *,
    reason: str = "",
) -> None:
    audit.record(
        actor=actor,
        action=action,
        target=coupon,
        partner_id=coupon.partner_id,
        changes=changes,
        reason=reason,
        at=at,
    )
