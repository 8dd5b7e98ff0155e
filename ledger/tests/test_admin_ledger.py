"""What staff do in the back office about customers, cards, points and receipts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cards.models import IssuedCard, RetiredCardNumber
from cards.services.issued_cards import issue_card
from cards.tests.factories import CardFactory
from customers.models import Customer
from customers.tests.factories import CustomerFactory
from ledger.models import PointsBalance, PointsEntry, Transaction
from ledger.selectors import backoffice
from ledger.tests.tills import sell, take_back
from loyalty.models import AuditEvent
from loyalty.services.audit import SYSTEM
from loyalty.tests.browser import form_values
from loyalty.tests.factories import AdminFactory
from partners.tests.factories import PartnerFactory

NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)


@pytest.fixture
def boss(db: None, client: Client) -> Client:
    client.force_login(AdminFactory())
    return client


@pytest.fixture
def card(db: None) -> IssuedCard:
    """A customer's card with 100 points."""
    programme = CardFactory(initial_bonus_points=100)
    customer = CustomerFactory(partner=programme.partner, name="Ona", email="ona@example.test")
    return issue_card(actor=SYSTEM, partner=programme.partner, card=programme, customer=customer, at=NOW)


def _do(boss: Client, action: str, subject: Any, **sent: Any) -> Any:
    return boss.post(reverse(f"admin:{subject._meta.label_lower.replace('.', '_')}_{action}", args=[subject.pk]), sent)


def _held(card: IssuedCard) -> int:
    return PointsBalance.objects.get(issued_card=card).balance


def _last_audit() -> tuple[Any, ...]:
    event = AuditEvent.objects.order_by("-id")[0]
    return event.action, event.actor_kind, event.partner_id, event.target_id, event.changes, event.reason


def test_points_are_added_and_taken_with_a_reason(boss: Client, card: IssuedCard) -> None:
    assert _do(boss, "adjust_points", card, points="50", reason="Goodwill").status_code == 302
    assert _do(boss, "adjust_points", card, points="-30", reason="Mistake").status_code == 302
    assert _held(card) == 120
    entries = PointsEntry.objects.filter(kind="adjust").order_by("id").values_list("points", "reason", "actor_kind")
    assert list(entries) == [(50, "Goodwill", "admin"), (-30, "Mistake", "admin")]
    changes = {"balance": [150, 120], "debt": [0, 0]}
    assert _last_audit() == ("points.adjusted", "admin", card.partner_id, str(card.pk), changes, "Mistake")


@pytest.mark.parametrize("points", ["0", "", "many", "-101", "10000001"])
def test_a_wrong_adjustment_says_so_and_changes_nothing(boss: Client, card: IssuedCard, points: str) -> None:
    before = AuditEvent.objects.count()
    answer = _do(boss, "adjust_points", card, points=points, reason="x")
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert (_held(card), AuditEvent.objects.count()) == (100, before)


def test_points_move_to_a_card_of_the_same_partner_only(boss: Client, card: IssuedCard) -> None:
    customer = CustomerFactory(partner=card.partner)
    target = issue_card(actor=SYSTEM, partner=card.partner, card=card.card, customer=customer, at=NOW)
    stranger = CardFactory()
    foreign = issue_card(
        actor=SYSTEM,
        partner=stranger.partner,
        card=stranger,
        customer=CustomerFactory(partner=stranger.partner),
        at=NOW,
    )
    answer = _do(boss, "transfer_points", card, number=foreign.number, points="10", reason="x")
    assert "number" in answer.context["form"].errors
    number = target.number.replace("-", "")
    assert _do(boss, "transfer_points", card, number=number, points="40", reason="Same family").status_code == 302
    assert (_held(card), _held(target)) == (60, 140)
    answer = _do(boss, "transfer_points", card, number=target.number, points="61", reason="x")
    assert answer.status_code == 200
    assert (_held(card), _held(target)) == (60, 140)


def test_a_replaced_card_keeps_its_points_and_its_sales(boss: Client, card: IssuedCard) -> None:
    sell(card.partner, "A-1", "10.00", at=NOW, customer=card.customer)
    old = card.number
    assert _do(boss, "replace", card, reason="Lost in a tram").status_code == 302
    card.refresh_from_db()
    assert card.number != old
    assert _held(card) == 110
    assert Transaction.objects.get(order_id="A-1").issued_card_id == card.pk
    assert RetiredCardNumber.objects.get().number == old
    changes = {"number": [old, card.number]}
    assert _last_audit() == (
        "issued_card.replaced",
        "admin",
        card.partner_id,
        str(card.pk),
        changes,
        "Lost in a tram",
    )


def test_a_card_is_blocked_and_unblocked_and_only_the_possible_is_offered(boss: Client, card: IssuedCard) -> None:
    page = reverse("admin:cards_issuedcard_change", args=[card.pk])
    assert "/block/" in boss.get(page).content.decode()
    assert "/unblock/" not in boss.get(page).content.decode()
    assert _do(boss, "block", card, reason="Lost").status_code == 302
    assert _do(boss, "block", card, reason="Lost").status_code == 404
    assert "/unblock/" in boss.get(page).content.decode()
    assert _do(boss, "unblock", card, reason="Found").status_code == 302
    card.refresh_from_db()
    assert (card.status, _held(card)) == ("active", 100)


def test_a_forgotten_receipt_goes_to_its_customer_once(boss: Client, card: IssuedCard) -> None:
    sale = sell(card.partner, "A-1", "25.00", at=NOW)
    answer = _do(boss, "attach_receipt", sale, customer="nobody@example.test", reason="x")
    assert "customer" in answer.context["form"].errors
    assert _do(boss, "attach_receipt", sale, customer="ONA@example.test", reason="Forgot the card").status_code == 302
    sale.refresh_from_db()
    assert (sale.customer_id, sale.points_awarded, _held(card)) == (card.customer_id, 25, 125)
    assert _last_audit()[0] == "receipt.attached"
    assert _do(boss, "attach_receipt", sale, customer="ona@example.test", reason="again").status_code == 404
    assert _held(card) == 125


def test_a_receipt_cannot_go_to_another_partners_customer(boss: Client, card: IssuedCard) -> None:
    sale = sell(PartnerFactory(), "A-1", "25.00", at=NOW)
    for text in ("ona@example.test", str(card.customer_id), card.number):
        answer = _do(boss, "attach_receipt", sale, customer=text, reason="x")
        assert "customer" in answer.context["form"].errors
    assert Transaction.objects.get().customer_id is None


def test_cards_are_issued_by_staff_with_the_bonus(boss: Client, card: IssuedCard) -> None:
    other = CardFactory(partner=card.partner, initial_bonus_points=7)
    sent = {"partner": card.partner_id, "card": other.pk, "customer": card.customer_id}
    assert boss.post(reverse("admin:cards_issuedcard_add"), sent).status_code == 302
    issued = IssuedCard.objects.get(card=other)
    assert _held(issued) == 7
    foreign = CustomerFactory()
    answer = boss.post(reverse("admin:cards_issuedcard_add"), sent | {"customer": foreign.pk})
    assert "customer" in answer.context["adminform"].form.errors


def test_a_new_customer_gets_the_partners_card(boss: Client) -> None:
    programme = CardFactory(initial_bonus_points=5)
    sent = {
        "partner": programme.partner_id,
        "name": "Jonas",
        "email": "Jonas@Example.test",
        "phone": "+370 600 00001",
        "is_active": "on",
    }
    assert boss.post(reverse("admin:customers_customer_add"), sent).status_code == 302
    customer = Customer.objects.get()
    assert (customer.email, customer.phone, customer.source) == ("jonas@example.test", "+37060000001", "staff")
    assert _held(IssuedCard.objects.get(customer=customer)) == 5
    event = AuditEvent.objects.get(action="customer.created")
    assert "onas" not in str(event.changes)
    assert "600" not in str(event.changes["phone"])


def test_two_customers_with_one_address_are_refused_with_a_message(boss: Client, card: IssuedCard) -> None:
    other = CustomerFactory(partner=card.partner)
    url = reverse("admin:customers_customer_change", args=[other.pk])
    answer = boss.post(url, form_values(boss, url) | {"email": "ONA@example.test"})
    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == ["email"]
    assert Customer.objects.get(pk=other.pk).email == other.email


def test_a_customers_page_leads_to_cards_sales_and_back(boss: Client, card: IssuedCard) -> None:
    sale = sell(card.partner, "A-1", "10.00", at=NOW, customer=card.customer)
    refund = take_back(card.partner, "A-1", "4.00", at=NOW)
    page = boss.get(reverse("admin:customers_customer_change", args=[card.customer_id])).content.decode()
    assert reverse("admin:cards_issuedcard_change", args=[card.pk]) in page
    assert reverse("admin:ledger_transaction_change", args=[sale.pk]) in page
    page = boss.get(reverse("admin:ledger_transaction_change", args=[sale.pk])).content.decode()
    assert reverse("admin:ledger_transaction_change", args=[refund.pk]) in page
    assert reverse("admin:customers_customer_change", args=[card.customer_id]) in page
    entry = PointsEntry.objects.get(transaction=sale)
    assert reverse("admin:ledger_pointsentry_change", args=[entry.pk]) in page
    assert "+10" in page


@pytest.mark.parametrize(
    "text", ["A-1", "number", "digits", "ona@example.test", "id"], ids=["order", "card", "digits", "e-mail", "id"]
)
def test_transactions_are_found_by_what_people_hold_in_hand(boss: Client, card: IssuedCard, text: str) -> None:
    sale = sell(card.partner, "A-1", "10.00", at=NOW, customer=card.customer)
    sell(PartnerFactory(), "B-1", "10.00", at=NOW)
    values = {"number": card.number, "digits": card.number.replace("-", ""), "id": str(sale.pk)}
    answer = boss.get(reverse("admin:ledger_transaction_changelist"), {"q": values.get(text, text)})
    assert list(answer.context["cl"].result_list) == [sale]


@pytest.mark.parametrize("text", ["On", "ona@exam", "+3706", "number", "id"])
def test_customers_are_found_by_a_part_of_what_is_known(boss: Client, card: IssuedCard, text: str) -> None:
    CustomerFactory(name="Petras", email="p@other.test", phone="+4917000001")
    values = {"number": card.number, "id": str(card.customer_id)}
    answer = boss.get(reverse("admin:customers_customer_changelist"), {"q": values.get(text, text)})
    assert list(answer.context["cl"].result_list) == [card.customer]


@pytest.mark.django_db
def test_a_percent_sign_in_a_search_is_only_a_percent_sign(boss: Client) -> None:
    CustomerFactory(name="Petras")
    answer = boss.get(reverse("admin:customers_customer_changelist"), {"q": "%"})
    assert list(answer.context["cl"].result_list) == []


def test_todays_numbers_follow_each_partners_own_midnight(card: IssuedCard) -> None:
    at = datetime(2026, 6, 1, 23, 30, tzinfo=UTC)  # 2 June in Vilnius, 1 June on the Azores
    west = PartnerFactory(time_zone="Atlantic/Azores", currency="GBP")
    sell(card.partner, "yesterday", "10.00", at=datetime(2026, 6, 1, 20, 0, tzinfo=UTC), customer=card.customer)
    sell(card.partner, "today", "7.00", at=at, customer=card.customer)
    sell(west, "this morning", "3.00", at=datetime(2026, 6, 1, 8, 0, tzinfo=UTC))
    found = [(row.currency, row.sales, str(row.amount), row.points) for row in backoffice.sum_today_across_partners(at)]
    assert sorted(found) == [("EUR", 1, "7.00", 7), ("GBP", 1, "3.00", 0)]


_YEAR = """
INSERT INTO ledger_transaction (
    partner_id, type, status, source, order_id, order_total, amount, points_discount_amount, currency, points_awarded,
    points_redeemed, points_balance, points_debt, category, items_count, description, meta_data, occurred_at, local_on,
    recorded_at, fingerprint
) SELECT %(partner)s, 'purchase', 'completed', 'till', 'Y' || n, 10, 10, 0, 'EUR', 0, 0, 0, 0, '', 0, '', '{}', moment,
         moment::date, moment, sha256(n::text::bytea)
FROM generate_series(1, 20000) n, LATERAL (SELECT %(at)s - make_interval(mins => n * 26) AS moment) m
"""


def test_todays_numbers_do_not_read_the_year(card: IssuedCard) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_YEAR, {"partner": card.partner_id, "at": NOW})
        cursor.execute("ANALYZE ledger_transaction")
    with CaptureQueriesContext(connection) as captured:
        backoffice.sum_today_across_partners(NOW)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {captured[0]['sql']}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Seq Scan on ledger_transaction" not in plan, plan
