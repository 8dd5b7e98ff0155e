"""Corrections by staff: adjustments, transfers, forgotten receipts. Each is audited; each refusal changes nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from cards.models import Card, CardShop, IssuedCard
from cards.services.issued_cards import block_card
from cards.tests.factories import CardFactory
from customers.tests.factories import CustomerFactory
from ledger.errors import InsufficientPoints, ReceiptNotAttachable, TransferRefused
from ledger.models import PointsBalance, PointsEntry, PointsLot, Transaction
from ledger.services.adjustments import adjust_points, transfer_points
from ledger.services.receipts import attach_receipt
from ledger.tests.factories import Till, assert_sound, balance_of, issued_card_of, ledger_state
from loyalty.errors import LoyaltyError, ResourceNotFound, ValidationFailed
from loyalty.models import AuditEvent
from loyalty.services.audit import SYSTEM, Actor
from partners.tests.factories import CategoryFactory, ShopFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
STAFF = Actor("staff", 7)


def adjust(till: Till, issued: IssuedCard, points: int, reason: str = "Goodwill") -> PointsBalance:
    return adjust_points(actor=STAFF, partner=till.partner, issued_card=issued, points=points, reason=reason, at=NOW)


def refuses(kind: type[LoyaltyError], act: Any) -> LoyaltyError:
    """The refusal, after which nothing has changed."""
    before = ledger_state()
    with pytest.raises(kind) as caught:
        act()
    assert ledger_state() == before
    return caught.value


# --- adjustments


def test_points_are_added_with_the_cards_expiry_and_a_trace() -> None:
    till = Till(points_expiration_days=30)
    customer = till.customer()
    issued = issued_card_of(customer)
    assert adjust(till, issued, 50).balance == 50
    lot, entry = PointsLot.objects.get(), PointsEntry.objects.get()
    assert (lot.points, lot.earned_at, lot.expires_at) == (50, NOW, NOW + timedelta(days=30))
    assert (entry.kind, entry.points, entry.reason, entry.actor_kind, entry.actor_id) == (
        "adjust",
        50,
        "Goodwill",
        "staff",
        7,
    )
    event = AuditEvent.objects.get(action="points.adjusted")
    assert (event.changes, event.reason) == ({"balance": [0, 50], "debt": [0, 0]}, "Goodwill")
    assert PointsBalance.objects.get().earned == 0
    assert_sound()


def test_points_are_taken_from_the_oldest_as_far_as_there_are_any() -> None:
    till = Till()
    issued = issued_card_of(till.customer())
    adjust(till, issued, 30)
    adjust(till, issued, 20)
    assert adjust(till, issued, -40).balance == 10
    assert list(PointsLot.objects.order_by("pk").values_list("remaining", flat=True)) == [0, 10]
    error = refuses(InsufficientPoints, lambda: adjust(till, issued, -11))
    assert error.details == {"wanted": 11, "available": 10}
    assert_sound()


def test_added_points_pay_a_debt_first() -> None:
    till = Till()
    customer = till.customer()
    till.sale("A", user_id=customer.pk, order_total=100).ok()
    adjust(till, issued_card_of(customer), -100)
    till.refund("A").ok()
    assert balance_of(customer) == (0, 100)
    assert (adjust(till, issued_card_of(customer), 130).balance, balance_of(customer)) == (30, (30, 0))
    assert_sound()


def test_an_adjustment_that_cannot_be_meant_is_refused() -> None:
    till, other = Till(), Till()
    issued, foreign = issued_card_of(till.customer(10)), issued_card_of(other.customer(10))
    for points, reason, field in (
        (0, "x", "points"),
        (10_000_001, "x", "points"),
        (5, " ", "reason"),
        (5, "x" * 501, "reason"),
    ):
        error = refuses(ValidationFailed, lambda points=points, reason=reason: adjust(till, issued, points, reason))
        assert list(error.errors) == [field]
    refuses(ResourceNotFound, lambda: adjust(till, foreign, 5))


# --- transfers


def transfer(till: Till, source: IssuedCard, target: IssuedCard, points: int, reason: str = "Family") -> Any:
    return transfer_points(
        actor=STAFF, partner=till.partner, source=source, target=target, points=points, reason=reason, at=NOW
    )


def test_a_transfer_moves_the_oldest_points_with_the_days_they_expire() -> None:
    till = Till(points_expiration_days=30)
    source, target = issued_card_of(till.customer()), issued_card_of(till.customer())
    for days, points in ((20, 100), (10, 50)):
        till.adjust(source, points, at=NOW - timedelta(days=days))
    out, into = transfer(till, source, target, 120)
    assert (out.balance, into.balance) == (30, 120)
    lots = PointsLot.objects.filter(issued_card=target).order_by("earned_at")
    assert [(lot.remaining, lot.earned_at, lot.expires_at) for lot in lots] == [
        (100, NOW - timedelta(days=20), NOW + timedelta(days=10)),
        (20, NOW - timedelta(days=10), NOW + timedelta(days=20)),
    ]
    assert into.next_expiry_at == NOW + timedelta(days=10)
    kinds = list(PointsEntry.objects.order_by("pk").values_list("kind", "points"))[-2:]
    assert kinds == [("transfer_out", -120), ("transfer_in", 120)]
    events = AuditEvent.objects.filter(action="points.transferred").order_by("pk")
    assert [event.changes for event in events] == [{"balance": [150, 30]}, {"balance": [0, 120]}]
    assert (out.earned, out.redeemed, into.earned) == (0, 0, 0)
    assert_sound()


def test_points_that_are_over_are_not_transferred() -> None:
    till = Till(points_expiration_days=30)
    source, target = issued_card_of(till.customer()), issued_card_of(till.customer())
    till.adjust(source, 100, at=NOW - timedelta(days=31))
    till.adjust(source, 50, at=NOW - timedelta(days=1))
    refuses(InsufficientPoints, lambda: transfer(till, source, target, 51))
    out, into = transfer(till, source, target, 50)
    assert (out.balance, out.expired, into.balance) == (0, 100, 50)
    assert_sound()


def test_a_transfer_that_cannot_be_meant_is_refused() -> None:
    till, other = Till(), Till()
    source, target = issued_card_of(till.customer(100)), issued_card_of(till.customer(100))
    foreign = issued_card_of(other.customer(100))
    refuses(TransferRefused, lambda: transfer(till, source, source, 10))
    refuses(ValidationFailed, lambda: transfer(till, source, target, -10))
    refuses(ValidationFailed, lambda: transfer(till, source, target, 0))
    refuses(ValidationFailed, lambda: transfer(till, source, target, 10, reason=""))
    refuses(InsufficientPoints, lambda: transfer(till, source, target, 101))
    refuses(ResourceNotFound, lambda: transfer(till, source, foreign, 10))
    refuses(ResourceNotFound, lambda: transfer(till, foreign, target, 10))


# --- receipts


def receipt(till: Till, order: str = "A", **body: Any) -> Transaction:
    data = till.sale(order, **{"order_total": 25, **body}).ok()
    return Transaction.objects.get(pk=data["transaction_id"])


def attach(
    till: Till, sale: Transaction, customer: Any, at: datetime | None = None, reason: str = "Forgot"
) -> Transaction:
    return attach_receipt(
        actor=STAFF, partner=till.partner, transaction=sale, customer=customer, at=at or timezone.now(), reason=reason
    )


def test_a_forgotten_receipt_earns_what_it_would_have_earned() -> None:
    till = Till(points_expiration_days=30, points_per_visit=5)
    CategoryFactory(partner=till.partner, key="alcohol", earns_points=False)
    customer = till.customer()
    then = timezone.now().replace(microsecond=0) - timedelta(days=10)
    cart = [{"category": "alcohol", "price": 10}, {"price": 15}]
    sale = receipt(till, occurred_at=then.isoformat(), cart_items=cart)
    done = attach(till, sale, customer)
    assert (done.points_awarded, done.points_balance, done.customer_id) == (20, 20, customer.pk)
    row = Transaction.objects.get()
    assert (row.issued_card_id, row.points_awarded) == (issued_card_of(customer).pk, 20)
    lot = PointsLot.objects.get()
    assert (lot.earned_at, lot.expires_at) == (then, then + timedelta(days=30))
    assert AuditEvent.objects.get(action="receipt.attached").changes["points_awarded"] == [0, 20]
    till.refund("A", order_total=25).ok()
    assert balance_of(customer) == (0, 0)
    assert_sound()


def test_a_receipt_issues_the_card_that_its_sale_would_have_issued() -> None:
    till = Till(initial_bonus_points=50)
    customer = CustomerFactory(partner=till.partner)
    done = attach(till, receipt(till), customer)
    assert (done.points_awarded, done.points_balance) == (25, 75)
    assert_sound()


def test_a_receipt_uses_the_card_that_its_sale_would_have_used() -> None:
    till = Till()
    elsewhere = ShopFactory(partner=till.partner)
    CardShop.objects.create(card=till.card, shop=elsewhere)
    customer = till.customer()
    first = attach(till, receipt(till, shop_id=till.shop.pk), customer)
    assert (first.points_awarded, first.issued_card_id) == (0, issued_card_of(customer).pk)
    here = CardFactory(partner=till.partner, points_per_currency=3)
    CardShop.objects.create(card=here, shop=till.shop)
    second = attach(till, receipt(till, "B", shop_id=till.shop.pk), customer)
    assert (second.points_awarded, IssuedCard.objects.get(pk=second.issued_card_id).card_id) == (75, here.pk)
    assert_sound()


def test_a_receipt_that_cannot_be_attached_is_refused() -> None:
    till, other = Till(), Till()
    customer, stranger = till.customer(), other.customer()
    taken = receipt(till, "TAKEN", user_id=customer.pk)
    refuses(ReceiptNotAttachable, lambda: attach(till, taken, customer))
    sale = receipt(till)
    refuses(ValidationFailed, lambda: attach(till, sale, customer, reason=" "))
    refuses(ValidationFailed, lambda: attach(till, sale, customer, reason="x" * 501))
    refuses(ResourceNotFound, lambda: attach(till, sale, stranger))
    foreign = receipt(other)
    refuses(ResourceNotFound, lambda: attach(till, foreign, customer))
    late = timezone.now() + timedelta(days=till.partner.attach_receipt_days, seconds=1)
    refuses(ReceiptNotAttachable, lambda: attach(till, sale, customer, at=late))
    refund = Transaction.objects.get(pk=till.refund("A", order_total=5).ok()["transaction_id"])
    refuses(ReceiptNotAttachable, lambda: attach(till, refund, customer))
    refuses(ReceiptNotAttachable, lambda: attach(till, sale, customer))
    fine = receipt(till, "B")
    attach(till, fine, customer)
    refuses(ReceiptNotAttachable, lambda: attach(till, fine, customer))
    assert_sound()


def test_a_receipt_needs_a_card_that_can_hold_its_points() -> None:
    till = Till()
    customer = till.customer()
    sale = receipt(till)
    issued = issued_card_of(customer)
    block_card(actor=SYSTEM, partner=till.partner, issued_card=issued, reason="lost", at=timezone.now())
    refuses(ReceiptNotAttachable, lambda: attach(till, sale, customer))
    Card.objects.update(auto_assign=False)
    newcomer = CustomerFactory(partner=till.partner)
    refuses(ReceiptNotAttachable, lambda: attach(till, sale, newcomer))


def test_an_attached_receipt_pays_a_debt_first() -> None:
    till = Till()
    customer = till.customer()
    till.sale("X", user_id=customer.pk, order_total=100).ok()
    till.adjust(issued_card_of(customer), -100)
    till.refund("X").ok()
    done = attach(till, receipt(till), customer)
    assert (done.points_balance, done.points_debt) == (0, 75)
    assert_sound()
