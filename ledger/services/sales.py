"""Recording a sale at the till: the hot path.

Two statements: one reads all that the rules need, one database function claims, checks and writes. Only a customer's
very first sale takes the longer way, because a customer or a card has to be made first, in the same transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

import orjson
from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _

from cards.errors import CardBlocked
from cards.models import RetiredCardNumber
from customers.models import Customer
from ledger.choices import TransactionSource
from ledger.errors import InsufficientPoints
from ledger.rules.cart import CartLine, earning_total, main_category
from ledger.rules.earning import ZERO
from ledger.selectors.receipts import SaleReceipt, find_purchase, get_receipt
from ledger.selectors.sale import CustomerReference, HeldCard, SaleContext, get_sale_context
from ledger.services.enrolment import enrol_by_email, issue_default_card
from loyalty.errors import (
    IdempotencyInFlight,
    IdempotencyKeyReused,
    LoyaltyError,
    ResourceAlreadyExists,
    ResourceNotFound,
    ValidationFailed,
)
from loyalty.services.audit import Actor
from partners.choices import EarnBasis
from partners.errors import StoreAccessDenied
from partners.models import Partner

LOCK_NOT_AVAILABLE = "55P03"
MOST_AWARDED = 10_000_000
_CALL = f"SELECT * FROM ledger_record_purchase({', '.join(['%s'] * 26)})"  # noqa: S608 - a constant


@dataclass(frozen=True, slots=True)
class Sale:
    """What a till reports. Money in the partner's currency; `points` replaces the computation when given."""

    order_id: str
    who: CustomerReference
    order_total: Decimal
    occurred_at: datetime
    fingerprint: bytes
    points: int | None = None
    currency: str | None = None
    description: str = ""
    shop_id: int | None = None
    programme_id: int | None = None
    points_redeemed: int = 0
    points_discount_amount: Decimal | None = None
    lines: tuple[CartLine, ...] = ()
    meta_data: Mapping[str, Any] = field(default_factory=dict)
    idempotency_key: str | None = None
    source: str = TransactionSource.TILL


@dataclass(frozen=True, slots=True)
class Recorded:
    """A sale as answered; `is_replay` when it had been recorded before."""

    receipt: SaleReceipt
    is_replay: bool


@dataclass(frozen=True, slots=True)
class _Figures:
    discount: Decimal
    amount: Decimal
    awarded: int
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who reports the sale, and the shops in reach (None: all)."""

    actor: Actor
    credential_id: int | None = None
    staff_id: int | None = None
    shop_ids: frozenset[int] | None = None


def record_sale(*, caller: Caller, partner: Partner, sale: Sale, at: datetime) -> Recorded:
    """Record a purchase once and move its points.

    Raises ResourceNotFound (customer, card or shop), StoreAccessDenied, CardBlocked, InsufficientPoints,
    ValidationFailed, ResourceAlreadyExists (the order with another body), IdempotencyKeyReused, IdempotencyInFlight.
    """
    try:
        return _record(caller, partner, sale, at)
    except LoyaltyError:
        # A card may have been blocked, a rule changed, since this very sale was recorded: its answer stands.
        earlier = find_purchase(partner=partner, order_id=sale.order_id, fingerprint=sale.fingerprint)
        if earlier is None:
            raise
        return Recorded(earlier, is_replay=True)


def _record(caller: Caller, partner: Partner, sale: Sale, at: datetime) -> Recorded:
    check_currency(partner, sale.currency)
    if sale.shop_id is not None and caller.shop_ids is not None and sale.shop_id not in caller.shop_ids:
        refuse_shop(partner, sale.shop_id)
    context = _read(partner, sale)
    _check(partner, sale, context)
    if _is_ready(sale, context):
        return _write(caller, partner, sale, context, at)
    with transaction.atomic():
        context = _prepare(caller.actor, partner, sale, context, at)
        return _write(caller, partner, sale, context, at)


def _read(partner: Partner, sale: Sale) -> SaleContext:
    return get_sale_context(
        partner_id=partner.pk,
        who=sale.who,
        shop_id=sale.shop_id,
        programme_id=sale.programme_id,
        categories=[line.category for line in sale.lines if line.category],
        products=[line.product_id for line in sale.lines if line.product_id],
    )


def check_currency(partner: Partner, currency: str | None) -> None:
    """Nothing is converted: a sale is in the partner's currency or refused."""
    if currency is not None and currency.upper() != partner.currency:
        text = _("This partner sells in {currency}.").format(currency=partner.currency)
        raise ValidationFailed(errors={"currency": [text]})


def refuse_shop(partner: Partner, shop_id: int) -> NoReturn:
    """Another partner's shop does not exist; one's own may be out of reach."""
    if partner.shops.filter(pk=shop_id).exists():
        raise StoreAccessDenied(errors={"shop_id": [_("This shop is out of your reach.")]})
    raise ResourceNotFound(errors={"shop_id": [_("There is no such shop.")]})


def _check(partner: Partner, sale: Sale, context: SaleContext) -> None:
    if not context.is_shop_known:
        raise ResourceNotFound(errors={"shop_id": [_("There is no such shop.")]})
    if not context.is_programme_known:
        raise ResourceNotFound(errors={"partner_card_id": [_("There is no such card programme.")]})
    who = sale.who
    if who.names_card and not context.named_card_found:
        field_name = "loyalty_card_id" if who.issued_card_id is not None else "card_number"
        if who.card is not None and _is_retired(partner, who.card):
            raise CardBlocked
        raise ResourceNotFound(errors={field_name: [_("There is no such card.")]})
    if who.customer_id is not None and context.customer_id is None:
        raise ResourceNotFound(errors={"user_id": [_("There is no such customer.")]})
    if who.names_card and context.card is None:
        raise ValidationFailed(errors={"loyalty_card_id": [_("This card belongs to another customer.")]})
    if context.card is not None and context.card.is_blocked and (who.names_card or sale.points_redeemed):
        raise CardBlocked
    if sale.points_redeemed and who.is_anonymous:
        raise ValidationFailed(errors={"points_redeemed": [_("Name the customer whose points are spent.")]})
    if context.customer_id is None and who.email is not None and not partner.enrol_unknown_emails:
        raise ResourceNotFound(errors={"user_email": [_("There is no such customer.")]})


def _is_retired(partner: Partner, card: str) -> bool:
    column = "qr_value" if len(card) == 32 else "number"
    return RetiredCardNumber.objects.filter(partner=partner, **{column: card}).exists()


def _is_ready(sale: Sale, context: SaleContext) -> bool:
    """Whether nothing has to be made first."""
    if sale.who.is_anonymous:
        return True
    if context.customer_id is None or context.card is None:
        return False
    if sale.who.names_card:
        return True
    if sale.programme_id is not None:
        return context.card.programme_id == sale.programme_id
    return not context.card.is_idle or sale.points_redeemed > 0


def _prepare(actor: Actor, partner: Partner, sale: Sale, context: SaleContext, at: datetime) -> SaleContext:
    """Enrol the customer and issue the card that the sale needs, then look again."""
    if context.customer_id is None:
        email = sale.who.email or ""
        customer = enrol_by_email(actor=actor, partner=partner, email=email, shop_id=sale.shop_id, at=at)
    else:
        customer = Customer.objects.get(pk=context.customer_id, partner=partner)
    issue_default_card(
        actor=actor, partner=partner, customer=customer, at=at, shop_id=sale.shop_id, programme_id=sale.programme_id
    )
    return _read(partner, sale)


def _figures(partner: Partner, sale: Sale, context: SaleContext) -> _Figures:
    card = context.card
    is_net = partner.earn_basis == EarnBasis.NET
    discount = _discount(sale, card, is_net=is_net)
    net_total = sale.order_total if is_net else sale.order_total - discount
    awarded, expires_at = 0, None
    if card is not None and card.is_earning and not card.is_blocked and card.rules.points_enabled:
        expires_at = card.rules.expiry_of(sale.occurred_at)
        if sale.points is not None:
            awarded = sale.points
        else:
            base = earning_total(sale.lines, sale.order_total, net_total)
            awarded = 0 if base is None else card.rules.points_for(base)
    if awarded > MOST_AWARDED:
        text = _("This would earn {points} points; one sale earns at most {most}.").format(
            points=awarded, most=MOST_AWARDED
        )
        raise ValidationFailed(errors={"order_total": [text]})
    return _Figures(discount, net_total, awarded, expires_at)


def _discount(sale: Sale, card: HeldCard | None, *, is_net: bool) -> Decimal:
    """What the redeemed points pay, after the card's own limits: never more than the order costs. Raises ValidationFailed."""
    points = sale.points_redeemed
    if points:
        _check_redemption(sale, card, is_net=is_net)
    worth = card.rules.discount_for(points) if points and card is not None else ZERO
    discount = worth if is_net else min(worth, sale.order_total)
    if sale.points_discount_amount not in {None, discount, worth}:
        text = _("{points} points are worth {amount}; send that, or leave it out.").format(
            points=points, amount=discount
        )
        raise ValidationFailed(errors={"points_discount_amount": [text]})
    return discount


def _check_redemption(sale: Sale, card: HeldCard | None, *, is_net: bool) -> None:
    points, texts = sale.points_redeemed, []
    if card is None or not card.rules.points_redemption_enabled:
        texts.append(_("Points of this card cannot be spent."))
    elif not card.is_valid_at_shop:
        texts.append(_("This card is not valid at this shop."))
    elif points < card.rules.min_points_for_redemption:
        texts.append(_("At least {least} points must be spent.").format(least=card.rules.min_points_for_redemption))
    elif card.rules.max_points_per_redemption is not None and points > card.rules.max_points_per_redemption:
        texts.append(_("At most {most} points may be spent.").format(most=card.rules.max_points_per_redemption))
    # A net total is what is left after the points: nothing to compare them with.
    elif not is_net and points > (most := card.rules.points_worth(sale.order_total)):
        texts.append(_("{most} points pay this order in full; no more can be spent on it.").format(most=most))
    if texts:
        raise ValidationFailed(errors={"points_redeemed": texts})


def _write(caller: Caller, partner: Partner, sale: Sale, context: SaleContext, at: datetime) -> Recorded:
    lines = tuple(line.marked(context.excluded_categories, context.excluded_products) for line in sale.lines)
    sale = _with_lines(sale, lines)
    figures = _figures(partner, sale, context)
    card = context.card
    parameters = (
        *(partner.pk, sale.order_id, sale.fingerprint, sale.idempotency_key, sale.source),
        *(sale.shop_id, context.customer_id, None if card is None else card.id, caller.staff_id, caller.credential_id),
        *(sale.order_total, figures.discount, figures.amount, partner.currency),
        *(figures.awarded, sale.points_redeemed, figures.expires_at),
        *(main_category(lines), sale.description, orjson.dumps(sale.meta_data, _plain).decode(), _lines_json(lines)),
        *(sale.occurred_at, sale.occurred_at.astimezone(ZoneInfo(partner.time_zone)).date(), at),
        *(caller.actor.kind, caller.actor.id),
    )
    outcome, transaction_id, balance, debt = _call(parameters)
    match outcome:
        case "recorded":
            receipt = SaleReceipt(
                transaction_id=transaction_id,
                type="purchase",
                points_awarded=figures.awarded,
                points_redeemed=sale.points_redeemed,
                points_balance=balance,
                points_debt=debt,
                loyalty_card_id=None if card is None else card.id,
                card_number=None if card is None else card.number,
                user_id=context.customer_id,
                order_id=sale.order_id,
                order_total=figures.amount,
                points_discount_amount=figures.discount,
                currency=partner.currency,
                occurred_at=sale.occurred_at,
            )
            return Recorded(receipt, is_replay=False)
        case "replayed":
            return Recorded(get_receipt(partner=partner, transaction_id=transaction_id), is_replay=True)
        case "key_reused":
            raise IdempotencyKeyReused
        case "order_exists":
            raise ResourceAlreadyExists(what=f"order_id {sale.order_id}")
    raise InsufficientPoints(
        wanted=sale.points_redeemed,
        available=balance,
        errors={"points_redeemed": [_("Only {points} points are available.").format(points=balance)]},
    )


def _call(parameters: tuple[Any, ...]) -> tuple[str, int, int, int]:
    try:
        with connection.cursor() as cursor:
            cursor.execute(_CALL, parameters)
            return cursor.fetchone()
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) == LOCK_NOT_AVAILABLE:
            raise IdempotencyInFlight(retry_after=1) from error
        raise


def _with_lines(sale: Sale, lines: tuple[CartLine, ...]) -> Sale:
    if not lines:
        return sale
    return Sale(**{**{name: getattr(sale, name) for name in Sale.__dataclass_fields__}, "lines": lines})


def _lines_json(lines: tuple[CartLine, ...]) -> str | None:
    if not lines:
        return None
    return orjson.dumps([line.row(number) for number, line in enumerate(lines, 1)], _plain).decode()


def _plain(value: Any) -> Any:
    return str(value)
