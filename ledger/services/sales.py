"""Recording a sale at the till: the hot path.

One statement: a database function reads all that the rules need and, where that is what was foreseen, claims, checks
and writes. Otherwise a second one writes what was decided from it. Only a customer's very first sale takes the longer
way, because a customer or a card has to be made first, in the same transaction.
"""

from datetime import datetime
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from cards.errors import CardBlocked
from cards.models import RetiredCardNumber
from customers.models import Customer
from ledger.errors import InsufficientPoints
from ledger.rules.cart import CartLine, main_category
from ledger.selectors.receipts import SaleReceipt, find_purchase, get_receipt
from ledger.selectors.sale import SaleContext, get_sale_context, read_context
from ledger.services.enrolment import enrol_by_email, issue_default_card
from ledger.services.followers import followers
from ledger.services.reported import Caller, Recorded, Sale
from ledger.services.sale_figures import Figures, figures_of
from ledger.services.sale_statement import (
    Answer,
    FollowedSaleError,
    Place,
    foresee,
    remember,
    sell,
    sell_unfollowed,
)
from loyalty.errors import (
    IdempotencyKeyReused,
    LoyaltyError,
    ResourceAlreadyExists,
    ResourceNotFound,
    ValidationFailed,
)
from loyalty.services.audit import Actor
from partners.errors import StoreAccessDenied
from partners.models import Partner


def record_sale(*, caller: Caller, partner: Partner, sale: Sale, at: datetime) -> Recorded:
    """Record a purchase once and move its points.

    Raises ResourceNotFound (customer, card or shop), StoreAccessDenied, CardBlocked, InsufficientPoints,
    ValidationFailed, ResourceAlreadyExists (the order with another body), IdempotencyKeyReused, IdempotencyInFlight.
    """
    try:
        return _record_followed(caller, partner, sale, at)
    except LoyaltyError:
        # A card may have been blocked, a rule changed, since this very sale was recorded: its answer stands.
        earlier = find_purchase(partner=partner, order_id=sale.order_id, fingerprint=sale.fingerprint)
        if earlier is None:
            raise
        return Recorded(earlier, is_replay=True)


def _record_followed(caller: Caller, partner: Partner, sale: Sale, at: datetime) -> Recorded:
    """Alone where nobody follows; else together with what those do who follow."""
    if sale.coupon_code is None:
        try:
            return _record(caller, partner, sale, at)
        except FollowedSaleError:
            pass
    with transaction.atomic():
        for follower in followers():
            follower.before_sale(partner=partner, sale=sale)
        recorded = _record(caller, partner, sale, at, is_followed=True)
        if not recorded.is_replay:
            for follower in followers():
                follower.after_sale(caller=caller, partner=partner, sale=sale, receipt=recorded.receipt, at=at)
    return recorded


def _record(caller: Caller, partner: Partner, sale: Sale, at: datetime, *, is_followed: bool = False) -> Recorded:
    check_currency(partner, sale.currency)
    if sale.shop_id is not None and caller.shop_ids is not None and sale.shop_id not in caller.shop_ids:
        refuse_shop(partner, sale.shop_id)
    done = _sell_as_foreseen(caller, partner, sale, at, is_followed=is_followed)
    if isinstance(done, Recorded):
        return done
    context = done
    _check(partner, sale, context)
    if _is_ready(sale, context):
        return _write(caller, partner, sale, context, at)
    with transaction.atomic():
        context = _prepare(caller.actor, partner, sale, context, at)
        return _write(caller, partner, sale, context, at)


def _sell_as_foreseen(
    caller: Caller, partner: Partner, sale: Sale, at: datetime, *, is_followed: bool
) -> Recorded | SaleContext:
    """One statement: the sale recorded, or what has to be looked at first."""
    place: Place = (partner.pk, sale.shop_id, sale.programme_id)
    question: dict[str, Any] = {
        "partner": partner.pk,
        "customer": sale.who.customer_id,
        "email": sale.who.email,
        "issued_card": sale.who.issued_card_id,
        "card": sale.who.card,
        "shop": sale.shop_id,
        "programme": sale.programme_id,
        "categories": _categories(sale),
        "products": _products(sale),
        "occurred_at": sale.occurred_at,
    }
    card = None if sale.who.is_anonymous else foresee(place)
    figures = None
    if card is not None or (sale.who.is_anonymous and not sale.points_redeemed):
        try:
            figures = figures_of(partner, sale, card)
        except ValidationFailed:
            pass  # by the rules as they were: look at them as they are
        else:
            question["foreseen"] = True
            if card is not None:
                question |= {"foreseen_programme": card.programme_id, "foreseen_version": card.version}
                question["foreseen_offers"] = card.offers_text
            question |= _rows(caller, partner, sale, figures, at)
    answer = sell(question) if is_followed else sell_unfollowed(question)
    if answer.outcome is not None and figures is not None:
        return _recorded(partner, sale, figures, answer)
    context = read_context(answer.context)
    remember(place, context)
    return context


def _read(partner: Partner, sale: Sale) -> SaleContext:
    return get_sale_context(
        partner_id=partner.pk,
        who=sale.who,
        shop_id=sale.shop_id,
        occurred_at=sale.occurred_at,
        programme_id=sale.programme_id,
        categories=_categories(sale),
        products=_products(sale),
    )


def _categories(sale: Sale) -> list[str]:
    return [line.category for line in sale.lines if line.category]


def _products(sale: Sale) -> list[str]:
    return [line.product_id for line in sale.lines if line.product_id]


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
        if not customer.is_active:
            # Erased or closed: nobody is there to hold a new card.
            raise ResourceNotFound(errors={"user_id": [_("There is no such customer.")]})
    issue_default_card(
        actor=actor, partner=partner, customer=customer, at=at, shop_id=sale.shop_id, programme_id=sale.programme_id
    )
    return _read(partner, sale)


def _write(caller: Caller, partner: Partner, sale: Sale, context: SaleContext, at: datetime) -> Recorded:
    lines = tuple(line.marked(context.excluded_categories, context.excluded_products) for line in sale.lines)
    sale = _with_lines(sale, lines)
    figures = figures_of(partner, sale, context.card)
    decided: dict[str, Any] = {"decided": True, "partner": partner.pk, "shop": sale.shop_id}
    decided["customer"] = context.customer_id
    if context.card is not None:
        decided |= {"issued_card": context.card.id, "card": context.card.number}
    answer = sell(decided | _rows(caller, partner, sale, figures, at))
    return _recorded(partner, sale, figures, answer)


def _rows(caller: Caller, partner: Partner, sale: Sale, figures: Figures, at: datetime) -> dict[str, Any]:
    """What `ledger_record_purchase` writes, by the names that `ledger_sell` reads."""
    return {
        "order_id": sale.order_id,
        "fingerprint": sale.fingerprint.hex(),
        "key": sale.idempotency_key,
        "source": sale.source,
        "staff": caller.staff_id,
        "credential": caller.credential_id,
        "order_total": sale.order_total,
        "discount": figures.discount,
        "amount": figures.amount,
        "currency": partner.currency,
        "awarded": figures.awarded,
        "redeemed": sale.points_redeemed,
        "expires_at": figures.expires_at,
        "category": main_category(sale.lines),
        "description": sale.description,
        "meta_data": sale.meta_data,
        "lines": [line.row(number) for number, line in enumerate(sale.lines, 1)] or None,
        "occurred_at": sale.occurred_at,
        "local_on": sale.occurred_at.astimezone(ZoneInfo(partner.time_zone)).date(),
        "at": at,
        "actor_kind": caller.actor.kind,
        "actor_id": caller.actor.id,
        "bonus_offer": figures.earned.bonus_offer_id,
        "bonus": figures.earned.bonus,
        "cashback_offer": figures.earned.cashback_offer_id,
        "cashback": figures.earned.cashback,
    }


def _recorded(partner: Partner, sale: Sale, figures: Figures, answer: Answer) -> Recorded:
    match answer.outcome:
        case "recorded":
            receipt = SaleReceipt(
                transaction_id=answer.transaction_id,
                type="purchase",
                points_awarded=figures.awarded,
                bonus_points=figures.earned.bonus,
                cashback_points=figures.earned.cashback,
                points_redeemed=sale.points_redeemed,
                points_balance=answer.balance,
                points_debt=answer.debt,
                loyalty_card_id=answer.card_id,
                card_number=answer.card_number,
                user_id=answer.customer_id,
                order_id=sale.order_id,
                order_total=figures.amount,
                points_discount_amount=figures.discount,
                currency=partner.currency,
                occurred_at=sale.occurred_at,
            )
            return Recorded(receipt, is_replay=False)
        case "replayed":
            return Recorded(get_receipt(partner=partner, transaction_id=answer.transaction_id), is_replay=True)
        case "key_reused":
            raise IdempotencyKeyReused
        case "order_exists":
            raise ResourceAlreadyExists(what=f"order_id {sale.order_id}")
    raise InsufficientPoints(
        wanted=sale.points_redeemed,
        available=answer.balance,
        errors={"points_redeemed": [_("Only {points} points are available.").format(points=answer.balance)]},
    )


def _with_lines(sale: Sale, lines: tuple[CartLine, ...]) -> Sale:
    if not lines:
        return sale
    return Sale(**{**{name: getattr(sale, name) for name in Sale.__dataclass_fields__}, "lines": lines})
