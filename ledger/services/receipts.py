"""Giving a forgotten receipt to the customer it belongs to."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from customers.models import Customer
from ledger.choices import EntryKind, TransactionType
from ledger.errors import ReceiptNotAttachable
from ledger.models import Transaction
from ledger.rules.cart import CartLine, earning_total
from ledger.selectors.sale import CustomerReference, HeldCard, get_sale_context
from ledger.services.adjustments import check_reason
from ledger.services.enrolment import issue_default_card
from ledger.services.locks import lock_cards
from ledger.services.points import Cause, post_points
from loyalty.errors import ResourceNotFound
from loyalty.services import audit
from loyalty.services.audit import Actor
from partners.models import Partner


@transaction.atomic
def attach_receipt(
    *, actor: Actor, partner: Partner, transaction: Transaction, customer: Customer, at: datetime, reason: str
) -> Transaction:
    """Make an anonymous sale the customer's, once, with the points it would have earned then.

    Raises ReceiptNotAttachable with the reason: not a purchase, taken already, refunded, too long ago, no card.
    """
    if transaction.partner_id != partner.pk or customer.partner_id != partner.pk:
        raise ResourceNotFound
    check_reason(reason)
    card = _card_of(actor, partner, customer, transaction.shop_id, at)
    lock_cards(issued_card_ids=[card.id])
    sale = Transaction.objects.select_for_update(of=("self",)).get(pk=transaction.pk)
    _check(partner, sale, at)
    base = earning_total(_lines(sale), sale.order_total, sale.amount)
    sale.points_awarded = 0 if base is None or not card.is_earning else card.rules.points_for(base)
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
    sale.save(update_fields=["customer", "issued_card", "points_awarded", "points_balance", "points_debt"])
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


def _card_of(actor: Actor, partner: Partner, customer: Customer, shop_id: int | None, at: datetime) -> HeldCard:
    """The card that the sale itself would have used, or have issued."""
    who = CustomerReference(customer_id=customer.pk)
    card = get_sale_context(partner_id=partner.pk, who=who, shop_id=shop_id).card
    if card is None or card.is_idle:
        issue_default_card(actor=actor, partner=partner, customer=customer, at=at, shop_id=shop_id)
        card = get_sale_context(partner_id=partner.pk, who=who, shop_id=shop_id).card
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
    return [CartLine(total_price=line.total_price, earns_points=line.earns_points) for line in sale.lines.all()]
