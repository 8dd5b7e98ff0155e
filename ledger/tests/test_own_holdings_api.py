"""What customers see of themselves with their own token (contract 2.1, 5.6, 5.7, 15)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cards.models import Card, IssuedCard
from cards.services.issued_cards import block_card, issue_card
from cards.tests.factories import CardFactory
from customers.models import Customer, Person
from customers.tests.callers import person_caller
from customers.tests.factories import CustomerFactory, PersonFactory
from ledger.choices import EntryKind
from ledger.services.points import Cause, post_points
from ledger.tests.tills import sell
from loyalty.services.audit import SYSTEM
from partners.models import Partner
from partners.tests.callers import Caller, credential_caller
from partners.tests.factories import PartnerFactory

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime.now(UTC) - timedelta(days=2)


class Holder:
    """Somebody with a card at two partners, and a stranger with one at the first of them."""

    def __init__(self) -> None:
        self.first, self.second = PartnerFactory(name="Kavos namai"), PartnerFactory(name="Knygynas", currency="GBP")
        self.person: Person = PersonFactory(name="Ona")
        self.at_first = self.customer(self.first, self.person)
        self.at_second = self.customer(self.second, self.person)
        self.stranger = self.customer(self.first, PersonFactory())
        self.first_programme, self.second_programme = CardFactory(partner=self.first), CardFactory(partner=self.second)
        self.one = self.card(self.first_programme, self.at_first, AT)
        self.two = self.card(self.second_programme, self.at_second, AT + timedelta(hours=1))
        self.other = self.card(self.first_programme, self.stranger, AT)
        self.app = person_caller(self.person)

    @staticmethod
    def customer(partner: Partner, person: Person) -> Customer:
        return CustomerFactory(partner=partner, person=person, phone=person.phone)

    @staticmethod
    def card(programme: Card, customer: Customer, at: datetime) -> IssuedCard:
        return issue_card(actor=SYSTEM, partner=customer.partner, card=programme, customer=customer, at=at)


@pytest.fixture
def holder() -> Holder:
    return Holder()


def ids(body: dict[str, Any]) -> list[int]:
    return [row["id"] for row in body["data"]]


# --- Cards


def test_the_list_holds_the_own_cards_of_every_partner_the_newest_first(holder: Holder) -> None:
    sell(holder.first, "A-1", "10.00", at=AT + timedelta(hours=2), customer=holder.at_first)
    body = holder.app.get("/en/shop/loyalty-cards")
    assert ids(body) == [holder.two.pk, holder.one.pk]
    assert body["meta"]["total"] == 2
    row = body["data"][1]
    assert (row["points"], row["transactions_count"], row["user_id"]) == (10, 1, holder.at_first.pk)
    assert row["partner"] == {"id": holder.first.pk, "name": "Kavos namai", "logo": None}
    assert ids(holder.app.get("/en/shop/loyalty-cards", per_page=1, page=2)) == [holder.one.pk]


def test_a_token_granted_to_a_till_shows_that_partners_card_only(holder: Holder) -> None:
    bound = person_caller(holder.person, holder.first)
    assert ids(bound.get("/en/shop/loyalty-cards")) == [holder.one.pk]
    bound.get(f"/en/shop/loyalty-cards/{holder.one.pk}")
    assert bound.get(f"/en/shop/loyalty-cards/{holder.two.pk}", 404)["code"] == "RESOURCE_NOT_FOUND"
    assert bound.get("/en/loyalty-cards/me")["data"]["id"] == holder.one.pk


def test_the_same_address_stays_the_tills_with_a_key(holder: Holder) -> None:
    till = credential_caller(holder.first)
    assert ids(till.get("/en/shop/loyalty-cards")) == [holder.first_programme.pk]
    assert till.get(f"/en/shop/loyalty-cards/{holder.other.pk}")["data"]["user_id"] == holder.stranger.pk


@pytest.mark.parametrize("path", ["shop/loyalty-cards/{}", "loyalty-cards/{}", "loyalty-cards/{}/balance"])
def test_only_the_own_cards_are_there(holder: Holder, path: str) -> None:
    own = holder.app.get(f"/en/{path.format(holder.one.pk)}")["data"]
    assert (own.get("id") or own["card_id"], own["card_number"]) == (holder.one.pk, holder.one.number)
    foreign = holder.app.get(f"/en/{path.format(holder.other.pk)}", 404)
    absent = holder.app.get(f"/en/{path.format(999_999_999)}", 404)
    programme = holder.app.get(f"/en/{path.format(holder.first_programme.pk)}", 404)
    for body in (foreign, absent, programme):
        assert (body["code"], body["message"]) == (absent["code"], absent["message"])


def test_my_card_is_the_one_used_last_or_the_newest(holder: Holder) -> None:
    assert holder.app.get("/lt/loyalty-cards/me")["data"]["id"] == holder.two.pk
    sell(holder.first, "A-1", "10.00", at=AT + timedelta(hours=2), customer=holder.at_first)
    assert holder.app.get("/lt/loyalty-cards/me")["data"]["id"] == holder.one.pk
    assert person_caller(PersonFactory()).get("/lt/loyalty-cards/me", 404)["code"] == "RESOURCE_NOT_FOUND"


def test_a_blocked_card_is_shown_as_blocked(holder: Holder) -> None:
    block_card(actor=SYSTEM, partner=holder.first, issued_card=holder.one, reason="lost", at=AT)
    row = holder.app.get(f"/en/shop/loyalty-cards/{holder.one.pk}")["data"]
    assert (row["status"], row["is_active"]) == ("blocked", False)


def test_the_balance_has_every_name_that_apps_read(holder: Holder) -> None:
    sell(holder.first, "A-1", "120.00", at=AT + timedelta(hours=2), customer=holder.at_first)
    data = holder.app.get(f"/en/loyalty-cards/{holder.one.pk}/balance")["data"]
    wanted = {"card_id": holder.one.pk, "card_number": holder.one.number, "balance": 120, "earned": 120, "spent": 0}
    wanted |= {"expired": 0, "expiring_soon": 0, "next_expiry_date": None, "points": 120}
    assert wanted.items() <= data.items()


@pytest.mark.parametrize("path", ["loyalty-cards/me", "loyalty-cards/1", "loyalty-cards/1/balance"])
def test_a_till_has_no_cards_of_its_own(holder: Holder, path: str) -> None:
    assert credential_caller(holder.first).get(f"/en/{path}", 401)["code"] == "AUTH_REQUIRED"


# --- Transactions


def test_the_own_transactions_name_the_partner_and_not_the_customer(holder: Holder) -> None:
    sell(holder.first, "A-1", "10.00", at=AT + timedelta(hours=2), customer=holder.at_first)
    sell(holder.second, "B-1", "7.00", at=AT + timedelta(hours=3), customer=holder.at_second)
    sell(holder.first, "A-2", "5.00", at=AT + timedelta(hours=4), customer=holder.stranger)
    sell(holder.first, "A-3", "5.00", at=AT + timedelta(hours=5))
    body = holder.app.get("/en/shop/transactions")
    assert [row["reference_number"] for row in body["data"]] == ["B-1", "A-1"]
    assert body["meta"]["total"] == 2
    row = body["data"][0]
    assert "user" not in row
    knygynas = {"id": holder.second.pk, "name": "Knygynas", "logo": None}
    assert row["partner"] == row["loyalty_card"]["partner"] == knygynas
    assert (row["points"], row["amount"], row["currency"]) == (7, 7.0, "GBP")
    bound = person_caller(holder.person, holder.first)
    assert [row["reference_number"] for row in bound.get("/en/shop/transactions")["data"]] == ["A-1"]


def test_filters_narrow_and_never_widen(holder: Holder) -> None:
    sell(holder.first, "A-1", "10.00", at=AT + timedelta(hours=2), customer=holder.at_first)
    foreign = sell(holder.first, "A-2", "5.00", at=AT + timedelta(hours=4), customer=holder.stranger)
    assert foreign.customer_id == holder.stranger.pk

    def orders(**query: Any) -> list[str]:
        return [row["reference_number"] for row in holder.app.get("/en/shop/transactions", **query)["data"]]

    assert orders(loyalty_card_id=holder.one.pk) == ["A-1"]
    assert orders(loyalty_card_id=holder.other.pk) == []
    assert orders(user_id=holder.stranger.pk) == ["A-1"]
    assert orders(type="refund") == []
    assert orders(date_to=str((AT - timedelta(days=2)).date())) == []
    assert orders(date_from=str((AT - timedelta(days=2)).date()), type="earn") == ["A-1"]
    holder.app.get("/en/shop/transactions", 422, date_from="yesterday")


def test_bonuses_are_listed_by_the_local_day_of_who_gave_them(holder: Holder) -> None:
    Partner.objects.filter(pk=holder.first.pk).update(time_zone="Pacific/Auckland")
    late = datetime(2026, 3, 1, 20, tzinfo=UTC)
    for issued, kind in ((holder.one, "g:1"), (holder.other, "g:2")):
        cause = Cause(EntryKind.BONUS, kind, SYSTEM, occurred_at=late, reason="Gift")
        post_points(issued_card_id=issued.pk, points=50, cause=cause, at=late)

    def gifts(day: str) -> list[tuple[int, str, int]]:
        query = {"type": "bonus", "date_from": day, "date_to": day}
        rows = holder.app.get("/en/shop/transactions", **query)["data"]
        assert all("user" not in row for row in rows)
        return [(row["points"], row["description"], row["partner"]["id"]) for row in rows]

    assert gifts("2026-03-02") == [(50, "Gift", holder.first.pk)]
    assert gifts("2026-03-01") == []


@pytest.mark.parametrize("path", ["shop/loyalty-cards", "shop/transactions", "shop/transactions?type=bonus"])
def test_lists_ask_the_same_number_of_questions_for_two_rows_and_for_twenty(path: str) -> None:
    person: Person = PersonFactory()
    app: Caller = person_caller(person)

    def add(count: int) -> None:
        for _ in range(count):
            partner = PartnerFactory()
            customer = Holder.customer(partner, person)
            issued = Holder.card(CardFactory(partner=partner, initial_bonus_points=5), customer, AT)
            sell(partner, "X-1", "10.00", at=AT + timedelta(hours=1), customer=customer)
            assert issued.pk

    def questions(rows: int) -> int:
        joint = "&" if "?" in path else "?"
        with CaptureQueriesContext(connection) as captured:
            assert len(app.get(f"/en/{path}{joint}per_page=50")["data"]) == rows
        return len(captured)

    add(2)
    app.get(f"/en/{path}")
    few = questions(2)
    add(18)
    assert questions(20) == few
