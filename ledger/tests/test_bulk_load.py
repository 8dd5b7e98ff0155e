"""Loading a replayed history writes what the till would have written."""

import hashlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from cards.models import IssuedCard
from cards.services.issued_cards import issue_card
from cards.tests.factories import CardFactory, IssuedCardFactory
from customers.tests.factories import CustomerFactory
from ledger.models import PointsBalance, PointsEntry, PointsLot, Transaction
from ledger.rules.cart import CartLine
from ledger.rules.replay import CardReplay, Lot
from ledger.selectors.integrity import find_drift
from ledger.services import bulk_load
from ledger.services.bulk_load import LoadedCard, TransactionRow
from ledger.tests.tills import sell
from loyalty.services.audit import SYSTEM

BEGIN = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
CART = (CartLine(Decimal("8.00"), product_id="A", category="tea"), CartLine(Decimal("4.00"), quantity=Decimal(2)))


def _row(issued: IssuedCard, identity: int, at: datetime, card: CardReplay, **values: Any) -> TransactionRow:
    order_id = f"OLD-{identity}"
    figures: dict[str, Any] = {
        "points_awarded": 12,
        "points_redeemed": 0,
        "points_discount_amount": Decimal(0),
        "amount": Decimal(12),
    }
    return TransactionRow(
        id=identity,
        partner_id=issued.partner_id,
        type="purchase",
        status="completed",
        source="import",
        order_id=order_id,
        refund_id=None,
        original_id=None,
        shop_id=None,
        customer_id=issued.customer_id,
        issued_card_id=issued.pk,
        order_total=Decimal(12),
        currency="EUR",
        points_balance=card.balance,
        points_debt=card.debt,
        category="tea",
        items_count=len(CART),
        occurred_at=at,
        local_on=at.date(),
        recorded_at=at,
        fingerprint=hashlib.sha256(order_id.encode()).digest(),
        **{**figures, **values},
    )


@pytest.mark.django_db
def test_a_history_of_a_new_card_is_sound_and_dated_when_it_happened() -> None:
    issued = IssuedCardFactory()
    card = CardReplay()
    first, second = bulk_load.draw_ids(model=Transaction, count=2)
    later = BEGIN + timedelta(days=1)
    card.sale(transaction_id=first, at=BEGIN, awarded=12)
    rows = [_row(issued, first, BEGIN, card)]
    card.sale(transaction_id=second, at=later, awarded=11, redeemed=10)
    figures: dict[str, Any] = {"points_awarded": 11, "points_redeemed": 10, "points_discount_amount": Decimal("0.10")}
    rows.append(_row(issued, second, later, card, amount=Decimal("11.90"), **figures))

    assert bulk_load.load_transactions(rows=rows) == 2
    assert bulk_load.load_lines(partner_id=issued.partner_id, carts=[(first, CART), (second, CART)]) == 4
    loaded = [LoadedCard(issued.pk, issued.customer_id, card)]
    assert bulk_load.load_points(partner_id=issued.partner_id, cards=loaded, at=later, as_it_happened=True) == 3

    assert {name: rows for name, rows in find_drift(partner_id=issued.partner_id).items() if rows} == {}
    assert PointsBalance.objects.get(pk=issued.pk).balance == 13
    assert [entry.business_key for entry in PointsEntry.objects.order_by("pk")] == [
        f"sale:{first}:earn",
        f"sale:{second}:redeem",
        f"sale:{second}:earn",
    ]
    assert PointsEntry.objects.earliest("pk").recorded_at == BEGIN


@pytest.mark.django_db
def test_a_history_is_added_to_what_a_card_holds() -> None:
    programme = CardFactory(points_expiration_days=10)
    customer = CustomerFactory(partner=programme.partner)
    issued = issue_card(actor=SYSTEM, partner=programme.partner, card=programme, customer=customer, at=BEGIN)
    sell(programme.partner, "NEW-1", "40.00", at=BEGIN, customer=customer)
    stored = [
        Lot(row.points, row.remaining, row.earned_at, row.expires_at, id=row.pk) for row in PointsLot.objects.all()
    ]
    card = CardReplay.of_stored(stored)
    (identity,) = bulk_load.draw_ids(model=Transaction, count=1)
    late = BEGIN + timedelta(days=30)
    card.sale(transaction_id=identity, at=late, awarded=12)

    bulk_load.load_transactions(rows=[_row(issued, identity, late, card)])
    bulk_load.load_lines(partner_id=issued.partner_id, carts=[(identity, CART)])
    loaded = [LoadedCard(issued.pk, issued.customer_id, card, stored)]
    bulk_load.load_points(partner_id=issued.partner_id, cards=loaded, at=late)

    assert {name: rows for name, rows in find_drift(partner_id=issued.partner_id).items() if rows} == {}
    held = PointsBalance.objects.get(pk=issued.pk)
    assert (held.balance, held.earned, held.expired, held.next_expiry_at) == (12, 52, 40, None)


@pytest.mark.django_db
def test_cards_and_customers_draw_their_ids_from_the_sequences_they_share() -> None:
    drawn = bulk_load.draw_ids(model=IssuedCard, count=3)
    assert drawn == sorted(drawn)
    assert CardFactory().pk > drawn[-1]
