"""Giving a forgotten receipt to the customer it belongs to."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from customers.models import Customer
from ledger.choices import EntryKind, TransactionType
from ledger.errors import ReceiptNotAttachable
from ledger.models import Transaction
from ledger.rules.cart import CartLine
from ledger.rules.offers import NOTHING, earn
from ledger.selectors.sale import CustomerReference, HeldCard, get_sale_context
from ledger.services.adjustments import check_reason
from ledger.services.enrolment import issue_default_card
from ledger.services.followers import followers
from ledger.services.locks import lock_cards
from ledger.services.points import Cause, post_points
from loyalty.errors import ResourceNotFound
from loyalty.services import audit
from loyalty.services.audit import Actor
from partners.models import Partner

EARNED = ("points_awarded", "bonus_offer", "bonus_points", "cashback_offer", "cashback_points")


@transaction.atomic
def attach_receipt(
    *, actor: Actor, partner: Partner, transaction: Transaction, customer: Customer, at: datetime, reason: str
) -> Transaction:
    """Make an anonymous sale the customer's, once, with the points it would have earned then, and what follows a sale.

    Raises ReceiptNotAttachable with the reason: not a purchase, taken already, refunded, too long ago, no card.
    """
    if transaction.partner_id != partner.pk or customer.partner_id != partner.pk:
        raise ResourceNotFound
    check_reason(reason)
    card = _card_of(actor, partner, customer, transaction, at)
    lock_cards(issued_card_ids=[card.id])
    sale = Transaction.objects.select_for_update(of=("self",)).get(pk=transaction.pk)
    _check(partner, sale, at)
    earned = NOTHING
    if card.is_earning:
        earned = earn(card.rules, card.offers, lines=_lines(sale), order_total=sale.order_total, net_total=sale.amount)
    sale.points_awarded = earned.points
    sale.bonus_offer_id, sale.bonus_points = earned.bonus_offer_id, earned.bonus
    sale.cashback_offer_id, sale.cashback_points = earned.cashback_offer_id, earned.cashback
    posting = post_points(
        issued_card_id=card.id,
        points=sale.points_awarded,
        cause=Cause(
            EntryKind.EARN,
            f"sale:{sale.pk}:earn",
            actor,
            occurred_at=sale.occurred_at,
            reason=reason,
            shop_id=sale.shop_id,
            transaction_id=sale.pk,
        ),
        at=at,
        expires_at=card.rules.expiry_of(sale.occurred_at),
    )
    sale.customer, sale.issued_card_id = customer, card.id
    sale.points_balance, sale.points_debt = posting.balance.balance, posting.balance.debt
    sale.save(update_fields=["customer", "issued_card", "points_balance", "points_debt", *EARNED])
    for follower in followers():
        follower.after_attach(actor=actor, partner=partner, sale=sale, at=at)
    audit.record(
        actor=actor,
        action="receipt.attached",
        target=sale,
        partner_id=partner.pk,
        changes={"customer": (None, customer.pk), "points_awarded": (0, sale.points_awarded)},
        reason=reason,
        at=at,
    )
    return sale


def _card_of(actor: Actor, partner: Partner, customer: Customer, sale: Transaction, at: datetime) -> HeldCard:
    """The card that the sale itself would have used, or have issued, with the offers that it would have had."""
    question: dict[str, Any] = {
        "partner_id": partner.pk,
        "who": CustomerReference(customer_id=customer.pk),
        "shop_id": sale.shop_id,
        "occurred_at": sale.occurred_at,
        "products": [line.product_id for line in sale.lines.all() if line.product_id],
    }
    card = get_sale_context(**question).card
    if card is None or card.is_idle:
        issue_default_card(actor=actor, partner=partner, customer=customer, at=at, shop_id=sale.shop_id)
        card = get_sale_context(**question).card
    if card is None or card.is_blocked:
        raise ReceiptNotAttachable(reason=_("the customer holds no active card."))
    return card


def _check(partner: Partner, sale: Transaction, at: datetime) -> None:
    if sale.type != TransactionType.PURCHASE:
        raise ReceiptNotAttachable(reason=_("only a purchase can be."))
    if sale.customer_id is not None:
        raise ReceiptNotAttachable(reason=_("it has a customer already."))
    if sale.reversals.exists():
        raise ReceiptNotAttachable(reason=_("it was refunded."))
    if at - sale.occurred_at > timedelta(days=partner.attach_receipt_days):
        raise ReceiptNotAttachable(reason=_("it is older than {days} days.").format(days=partner.attach_receipt_days))


def _lines(sale: Transaction) -> list[CartLine]:
    return [
        CartLine(
            total_price=line.total_price,
            product_id=line.product_id,
            category=line.category,
            earns_points=line.earns_points,
        )
        for line in sale.lines.all()
    ]
