"""The replay of a card's history keeps the rules of the real till, event by event."""

import hashlib
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from cards.models import Card, IssuedCard
from cards.services.issued_cards import issue_card
from cards.tests.factories import CardFactory
from customers.tests.factories import CustomerFactory
from ledger.choices import EntryKind
from ledger.models import PointsBalance, PointsEntry, PointsLot, Transaction
from ledger.rules import replay as replay_module
from ledger.rules.replay import CardReplay, Lot, TooFewPointsError
from ledger.selectors.integrity import find_drift
from ledger.selectors.sale import CustomerReference
from ledger.services.enrolment import rules_of
from ledger.services.expiry import expire_partner_points
from ledger.services.refunds import Refund, record_refund
from ledger.services.sales import Caller, Sale, record_sale
from loyalty.services.audit import SYSTEM
from partners.models import Partner

BEGIN = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
TILL = Caller(SYSTEM)


def _programme(**rules: object) -> Card:
    values = {"initial_bonus_points": 150, "points_expiration_days": 12, "min_points_for_redemption": 10, **rules}
    return CardFactory(points_redemption_enabled=True, **values)


def _sell(partner: Partner, issued: IssuedCard, order: str, draw: random.Random, at: datetime) -> None:
    held = PointsBalance.objects.get(pk=issued.pk)
    lots = PointsLot.objects.filter(issued_card=issued, remaining__gt=0, expires_at__gt=at)
    spendable = sum(lot.remaining for lot in lots) if held.balance else 0
    total = Decimal(draw.randint(100, 9_000)) / 100
    redeemed = draw.choice([0, 0, spendable, spendable // 3])
    redeemed = min(redeemed, int(total * 100))
    sale = Sale(
        order_id=order,
        who=CustomerReference(customer_id=issued.customer_id),
        order_total=total,
        occurred_at=at,
        fingerprint=hashlib.sha256(order.encode()).digest(),
        points_redeemed=redeemed if redeemed >= 10 else 0,
    )
    record_sale(caller=TILL, partner=partner, sale=sale, at=at)


def _refund(partner: Partner, draw: random.Random, at: datetime) -> None:
    original = draw.choice(list(Transaction.objects.filter(partner=partner, type="purchase").order_by("pk")))
    done = sum((row.order_total for row in original.reversals.all()), Decimal(0))
    rest = original.order_total - done
    if rest <= 0:
        return
    part = rest if draw.random() < 0.5 else (rest / 3).quantize(Decimal("0.01"))
    refund = Refund(
        order_id=original.order_id,
        type="refund",
        occurred_at=at,
        fingerprint=hashlib.sha256(f"{original.pk} {at}".encode()).digest(),
        order_total=part,
        refund_id=f"R{at.timestamp()}",
    )
    record_refund(caller=TILL, partner=partner, refund=refund, at=at)


def _replayed(issued: IssuedCard) -> CardReplay:
    card = CardReplay()
    rules = rules_of(issued.card)
    card.bonus(at=BEGIN, points=issued.card.initial_bonus_points, expires_at=rules.expiry_of(BEGIN))
    for row in Transaction.objects.filter(issued_card=issued).order_by("pk"):
        expires_at = rules.expiry_of(row.occurred_at)
        if row.type == "purchase":
            card.sale(
                transaction_id=row.pk,
                at=row.occurred_at,
                awarded=row.points_awarded,
                redeemed=row.points_redeemed,
                expires_at=expires_at,
            )
        else:
            card.reversal(
                transaction_id=row.pk,
                at=row.occurred_at,
                taken=row.points_awarded,
                given=row.points_redeemed,
                expires_at=expires_at,
                original_id=row.original_id,
            )
        assert (row.points_balance, row.points_debt) == (card.balance, card.debt)
    return card


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(4))
def test_a_random_history_comes_out_as_at_the_till(seed: int) -> None:
    draw = random.Random(seed)
    programme = _programme()
    partner = programme.partner
    customer = CustomerFactory(partner=partner)
    issued = issue_card(actor=SYSTEM, partner=partner, card=programme, customer=customer, at=BEGIN)
    at = BEGIN
    for number in range(60):
        at += timedelta(hours=draw.randint(1, 120))
        if number > 2 and draw.random() < 0.25:
            _refund(partner, draw, at)
        else:
            _sell(partner, issued, f"A-{number}", draw, at)
    end = at + timedelta(days=35)
    expire_partner_points(partner=partner, at=end)

    card = _replayed(issued)
    card.advance(end)

    stored = PointsLot.objects.filter(issued_card=issued).order_by("pk")
    shape = [(lot.points, lot.remaining, lot.earned_at, lot.expires_at) for lot in stored]
    assert [(lot.points, lot.remaining, lot.earned_at, lot.expires_at) for lot in card.lots] == shape
    for lot, row in zip(card.lots, stored, strict=True):
        lot.id = row.pk
    entries = PointsEntry.objects.filter(issued_card=issued)
    assert {(entry.business_key, entry.points, entry.occurred_at) for entry in card.entries} == {
        (row.business_key, row.points, row.occurred_at) for row in entries
    }
    assert len(card.entries) == len(entries)
    held = PointsBalance.objects.get(pk=issued.pk)
    totals = (held.balance, held.debt, held.earned, held.redeemed, held.expired)
    assert totals == (card.balance, card.debt, card.earned, card.redeemed, card.expired)
    assert held.expired > 0
    assert {name: rows for name, rows in find_drift(partner_id=partner.pk).items() if rows} == {}


def test_the_words_for_entries_are_those_of_the_ledger() -> None:
    names = ("EARN", "BONUS", "REDEEM", "EXPIRE", "TAKE_BACK", "GIVE_BACK")
    assert {name: getattr(replay_module, name) for name in names} == {name: EntryKind[name].value for name in names}


def test_points_taken_back_after_they_were_spent_are_a_debt_that_the_next_sale_pays() -> None:
    card = CardReplay()
    card.sale(transaction_id=1, at=BEGIN, awarded=100)
    card.sale(transaction_id=2, at=BEGIN, awarded=0, redeemed=80)
    card.reversal(transaction_id=3, at=BEGIN, taken=100, original_id=1)
    assert (card.balance, card.debt) == (0, 80)
    card.sale(transaction_id=4, at=BEGIN, awarded=100)
    assert (card.balance, card.debt, card.earned) == (20, 0, 100)
    assert [lot.points for lot in card.lots] == [100, 20]


def test_no_sale_spends_more_than_there_is() -> None:
    card = CardReplay()
    card.sale(transaction_id=1, at=BEGIN, awarded=100, expires_at=BEGIN + timedelta(days=1))
    with pytest.raises(TooFewPointsError):
        card.sale(transaction_id=2, at=BEGIN + timedelta(days=1), awarded=0, redeemed=10)
    assert (card.balance, card.expired) == (0, 100)


def test_a_stored_card_goes_on_from_its_open_lots_oldest_first() -> None:
    newer = Lot(50, 50, BEGIN + timedelta(days=2), id=8)
    older = Lot(70, 30, BEGIN, BEGIN + timedelta(days=9), id=7)
    card = CardReplay.of_stored([newer, older])
    card.sale(transaction_id=1, at=BEGIN + timedelta(days=3), awarded=5, redeemed=20)
    assert (older.remaining, newer.remaining, card.balance) == (10, 50, 65)
    card.advance(BEGIN + timedelta(days=9))
    assert [entry.business_key for entry in card.entries] == ["sale:1:redeem", "sale:1:earn", "expire:7"]
    assert (card.balance, card.next_expiry_at) == (55, None)


def test_a_sale_that_comes_late_earns_points_that_may_be_over_already() -> None:
    card = CardReplay()
    card.advance(BEGIN + timedelta(days=30))
    card.sale(transaction_id=1, at=BEGIN, awarded=40, expires_at=BEGIN + timedelta(days=10))
    assert (card.balance, card.earned, card.expired) == (0, 40, 40)
