"""Whose sale it is: customers, cards, shops, and what is made on the way (decision 1)."""

from typing import Any

import pytest
from django.utils import timezone

from cards.models import Card, CardShop, IssuedCard
from cards.services.issued_cards import block_card, issue_card, replace_card
from cards.tests.factories import CardFactory
from customers.models import Customer
from customers.tests.factories import CustomerFactory
from ledger.models import PointsEntry, Transaction
from ledger.tests.factories import Till, assert_sound, balance_of, issued_card_of, ledger_state
from loyalty.models import AuditEvent
from loyalty.services.audit import SYSTEM
from partners.choices import CredentialScope
from partners.tests.factories import ShopFactory

pytestmark = pytest.mark.django_db


def kinds() -> list[tuple[str, int]]:
    return list(PointsEntry.objects.order_by("pk").values_list("kind", "points"))


# --- enrolment


def test_an_unknown_email_enrols_a_customer_with_a_card_and_its_bonus() -> None:
    till = Till(initial_bonus_points=50, shop_bound=True)
    data = till.sale(user_email=" New.Buyer@Example.LT ", order_total=10).ok()
    customer = Customer.objects.get()
    assert (customer.email, customer.source, customer.shop_id) == ("new.buyer@example.lt", "till", till.shop.pk)
    assert (customer.partner_id, customer.language, customer.name) == (till.partner.pk, "lt", "")
    issued = issued_card_of(customer)
    assert (data["user_id"], data["loyalty_card_id"], data["card_number"]) == (customer.pk, issued.pk, issued.number)
    assert (data["points_awarded"], data["points_balance"]) == (10, 60)
    assert kinds() == [("bonus", 50), ("earn", 10)]
    actions = list(AuditEvent.objects.filter(actor_kind="credential").order_by("pk").values_list("action", flat=True))
    assert actions == ["customer.enrolled", "issued_card.issued"]
    assert "example" not in str(list(AuditEvent.objects.values_list("changes", flat=True))).lower()
    assert_sound()


def test_a_known_email_is_found_whatever_its_case_and_gets_the_bonus_once() -> None:
    till = Till(initial_bonus_points=50)
    first = till.sale(user_email="a@example.lt", order_total=10).ok()
    second = till.sale(user_email="A@EXAMPLE.LT", order_total=10).ok()
    assert first["user_id"] == second["user_id"]
    assert second["points_balance"] == 70
    assert kinds() == [("bonus", 50), ("earn", 10), ("earn", 10)]


def test_the_same_email_at_another_partner_is_another_customer() -> None:
    one, other = Till(), Till()
    first = one.sale(user_email="a@example.lt", order_total=10).ok()
    second = other.sale(user_email="a@example.lt", order_total=10).ok()
    assert first["user_id"] != second["user_id"]
    assert second["points_balance"] == 10


def test_a_partner_can_switch_enrolment_off() -> None:
    till = Till(partner={"enrol_unknown_emails": False})
    known = till.customer()
    before = ledger_state()
    till.sale(user_email="new@example.lt", order_total=10).refused(404, "RESOURCE_NOT_FOUND", "user_email")
    assert ledger_state() == before
    till.sale(user_email=known.email, order_total=10).ok()


def test_a_refused_sale_of_an_unknown_email_enrols_nobody() -> None:
    till = Till(initial_bonus_points=50)
    before = ledger_state()
    till.sale(user_email="new@example.lt", order_total=2, points_redeemed=200).refused(400, "INSUFFICIENT_POINTS")
    till.sale(user_email="new@example.lt", order_total=2, points_redeemed=5).refused(422, "VALIDATION_ERROR")
    till.sale(user_email="new@example.lt", order_total=2, partner_card_id=1).refused(404, "RESOURCE_NOT_FOUND")
    assert ledger_state() == before


@pytest.mark.parametrize(
    "email", ["not an address", "a@b", "@example.lt", "a@example.lt, b@example.lt", "x" * 250 + "@a.lt"]
)
def test_an_address_that_is_none_is_refused(email: str) -> None:
    till = Till()
    before = ledger_state()
    till.sale(user_email=email, order_total=10).refused(422, "VALIDATION_ERROR", "user_email")
    assert ledger_state() == before


# --- cards


def test_a_customer_without_a_card_gets_the_first_auto_assigned_one_that_is_valid_at_the_shop() -> None:
    till = Till(auto_assign=False)
    elsewhere = CardFactory(partner=till.partner)
    CardShop.objects.create(card=elsewhere, shop=ShopFactory(partner=till.partner))
    CardFactory(partner=till.partner, is_active=False)
    CardFactory(partner=till.partner, deleted_at=timezone.now())
    wanted = CardFactory(partner=till.partner, initial_bonus_points=7)
    CardFactory(partner=till.partner)
    customer = CustomerFactory(partner=till.partner)
    data = till.sale(user_id=customer.pk, order_total=10, shop_id=till.shop.pk).ok()
    assert issued_card_of(customer).card_id == wanted.pk
    assert data["points_balance"] == 17


def test_without_an_auto_assigned_programme_the_sale_is_recorded_without_points() -> None:
    till = Till(auto_assign=False)
    customer = CustomerFactory(partner=till.partner)
    data = till.sale(user_id=customer.pk, order_total=10, points=40).ok()
    assert (data["points_awarded"], data["points_balance"]) == (0, 0)
    assert (data["loyalty_card_id"], data["card_number"], data["user_id"]) == (None, None, customer.pk)
    assert not IssuedCard.objects.exists()
    assert_sound()


def test_the_till_can_ask_for_a_programme_and_it_is_issued() -> None:
    till = Till()
    gold = CardFactory(partner=till.partner, auto_assign=False, points_per_currency=3)
    customer = till.customer()
    data = till.sale(user_id=customer.pk, order_total=10, partner_card_id=gold.pk).ok()
    assert data["points_awarded"] == 30
    assert IssuedCard.objects.get(pk=data["loyalty_card_id"]).card_id == gold.pk
    again = till.sale(user_id=customer.pk, order_total=10, partner_card_id=gold.pk).ok()
    assert (again["loyalty_card_id"], again["points_balance"]) == (data["loyalty_card_id"], 60)
    assert IssuedCard.objects.filter(customer=customer).count() == 2


@pytest.mark.parametrize("who", ["nobody", "customer", "card", "email"])
def test_another_partners_programme_does_not_exist(who: str) -> None:
    till, foreign = Till(), CardFactory()
    customer = till.customer()
    body = {
        "nobody": {},
        "customer": {"user_id": customer.pk},
        "card": {"card_number": issued_card_of(customer).number},
        "email": {"user_email": "new@example.lt"},
    }[who]
    before = ledger_state()
    for programme in (foreign.pk, 2**62, 2**80):
        answer = till.sale(order_total=10, partner_card_id=programme, **body)
        answer.refused(404, "RESOURCE_NOT_FOUND", "partner_card_id")
    assert ledger_state() == before


def test_holders_of_a_programme_that_ended_get_the_one_that_follows_it() -> None:
    till = Till()
    customer = till.customer(500)
    Card.objects.filter(pk=till.card.pk).update(is_active=False)
    following = CardFactory(partner=till.partner, initial_bonus_points=7)
    # Points of the old card can still be spent; only then is the old one used.
    data = till.sale(user_id=customer.pk, order_total=10, points_redeemed=100).ok()
    assert (data["points_awarded"], data["points_balance"]) == (0, 400)
    data = till.sale(user_id=customer.pk, order_total=10).ok()
    assert (data["points_awarded"], data["points_balance"]) == (10, 17)
    assert IssuedCard.objects.get(pk=data["loyalty_card_id"]).card_id == following.pk
    named = till.sale(order_total=10, card_number=IssuedCard.objects.get(card=till.card).number).ok()
    assert (named["points_awarded"], named["points_balance"]) == (0, 400)
    assert_sound()


def names_of(issued: IssuedCard) -> list[dict[str, Any]]:
    """Every way to name an issued card."""
    uuid = str(issued.qr_value)
    return [
        {"loyalty_card_id": issued.pk},
        {"loyalty_card_id": str(issued.pk)},
        {"card_id": issued.pk},
        {"card_number": issued.number},
        {"card_number": issued.number.replace("-", " ")},
        {"card_number": issued.number.replace("-", "")},
        {"card_number": f"  {issued.number} "},
        {"card_number": uuid},
        {"card_number": uuid.upper()},
        {"card_number": uuid.replace("-", "")},
        {"qr_code": uuid},
        {"loyalty_card_id": issued.pk, "card_number": issued.number},
        {"user_id": issued.customer_id},
        {"user_id": str(issued.customer_id), "card_number": uuid},
        {"user_email": issued.customer.email.upper()},
    ]


def test_a_card_is_found_by_every_name_it_has() -> None:
    till = Till()
    customer = till.customer()
    till.customer()
    issued = issued_card_of(customer)
    for names in names_of(issued):
        data = till.sale(order_total=1, **names).ok()
        assert (data["loyalty_card_id"], data["user_id"]) == (issued.pk, customer.pk), names
    assert balance_of(customer) == (len(names_of(issued)), 0)
    assert_sound()


@pytest.mark.parametrize(
    ("names", "field"),
    [
        ({"user_id": 999_999_999}, "user_id"),
        ({"user_id": 2**63}, "user_id"),
        ({"user_id": 10**30}, "user_id"),
        ({"loyalty_card_id": 999_999_999}, "loyalty_card_id"),
        ({"loyalty_card_id": 2**70}, "loyalty_card_id"),
        ({"card_number": "999-999-998"}, "card_number"),
        ({"card_number": "00000000-0000-4000-8000-000000000000"}, "card_number"),
        ({"card_number": "no card at all"}, "card_number"),
        ({"card_number": "-"}, "card_number"),
        ({"qr_code": "١٢٣٤٥٦٧٨٩"}, "card_number"),
    ],
)
def test_an_unknown_customer_or_card_is_404(names: dict[str, Any], field: str) -> None:
    till = Till()
    before = ledger_state()
    till.sale(order_total=10, **names).refused(404, "RESOURCE_NOT_FOUND", field)
    assert ledger_state() == before


def test_another_partners_customer_or_card_is_404_as_if_absent() -> None:
    till, other = Till(), Till()
    customer = other.customer(500)
    before = ledger_state()
    for names in names_of(issued_card_of(customer)):
        if "user_email" not in names:
            till.sale(order_total=10, **names).refused(404, "RESOURCE_NOT_FOUND")
    assert ledger_state() == before


def test_a_template_id_is_no_issued_card_and_a_person_no_customer() -> None:
    till = Till()
    till.customer()
    till.sale(order_total=1, loyalty_card_id=till.card.pk).refused(404, "RESOURCE_NOT_FOUND", "loyalty_card_id")


def test_a_card_of_another_customer_is_refused() -> None:
    till = Till()
    one, other = till.customer(), till.customer()
    card = issued_card_of(other)
    before = ledger_state()
    for who in ({"user_id": one.pk}, {"user_email": one.email}, {"user_email": "new@example.lt"}):
        for named in ({"loyalty_card_id": card.pk}, {"card_number": card.number}):
            till.sale(order_total=10, **who, **named).refused(422, "VALIDATION_ERROR", "loyalty_card_id")
    assert ledger_state() == before


def test_two_names_for_two_different_cards_are_refused() -> None:
    till = Till()
    one, other = issued_card_of(till.customer()), issued_card_of(till.customer())
    before = ledger_state()
    answer = till.sale(order_total=10, loyalty_card_id=one.pk, card_number=other.number)
    answer.refused(404, "RESOURCE_NOT_FOUND")
    assert ledger_state() == before


def test_a_blocked_card_is_refused_when_named_and_earns_nothing_otherwise() -> None:
    till = Till()
    customer = till.customer(500)
    issued = issued_card_of(customer)
    block_card(actor=SYSTEM, partner=till.partner, issued_card=issued, reason="lost", at=timezone.now())
    before = ledger_state()
    till.sale(order_total=10, loyalty_card_id=issued.pk).refused(400, "BUSINESS_CARD_BLOCKED")
    till.sale(order_total=10, card_number=issued.number).refused(400, "BUSINESS_CARD_BLOCKED")
    till.sale(order_total=10, user_id=customer.pk, points_redeemed=100).refused(400, "BUSINESS_CARD_BLOCKED")
    assert ledger_state() == before
    data = till.sale(order_total=10, user_id=customer.pk).ok()
    assert (data["points_awarded"], data["points_balance"]) == (0, 500)


def test_of_two_cards_the_one_that_works_is_used() -> None:
    till = Till()
    customer = till.customer()
    second = CardFactory(partner=till.partner, points_per_currency=2)
    issued = issue_card(actor=SYSTEM, partner=till.partner, card=second, customer=customer, at=timezone.now())
    first = IssuedCard.objects.get(customer=customer, card=till.card)
    assert till.sale(order_total=10, user_id=customer.pk).ok()["loyalty_card_id"] == first.pk
    block_card(actor=SYSTEM, partner=till.partner, issued_card=first, reason="lost", at=timezone.now())
    assert till.sale(order_total=10, user_id=customer.pk).ok()["loyalty_card_id"] == issued.pk
    assert till.get("loyalty-cards/balance", user_id=customer.pk).ok()["card_id"] == issued.pk


def test_a_replaced_number_is_refused_and_the_new_one_holds_the_balance() -> None:
    till = Till()
    customer = till.customer(500)
    old = issued_card_of(customer)
    new = replace_card(actor=SYSTEM, partner=till.partner, issued_card=old, reason="lost", at=timezone.now())
    before = ledger_state()
    for name in (old.number, str(old.qr_value)):
        till.sale(order_total=10, card_number=name).refused(400, "BUSINESS_CARD_BLOCKED")
        till.sale(order_total=10, card_number=name, user_id=customer.pk).refused(400, "BUSINESS_CARD_BLOCKED")
        till.get("loyalty-cards/info", card_number=name).refused(400, "BUSINESS_CARD_BLOCKED")
    assert ledger_state() == before
    data = till.sale(order_total=10, card_number=new.number).ok()
    assert (data["card_number"], data["points_balance"]) == (new.number, 510)


# --- nobody


def test_a_sale_to_nobody_is_recorded_without_points() -> None:
    till = Till()
    data = till.sale(order_total=10, points=40).ok()
    assert (data["points_awarded"], data["points_balance"], data["points_debt"]) == (0, 0, 0)
    assert (data["user_id"], data["loyalty_card_id"], data["card_number"]) == (None, None, None)
    assert (data["order_total"], data["currency"]) == (10.0, "EUR")
    assert not PointsEntry.objects.exists()


def test_nobody_cannot_spend_points() -> None:
    till = Till()
    before = ledger_state()
    till.sale(order_total=10, points_redeemed=100).refused(422, "VALIDATION_ERROR", "points_redeemed")
    assert ledger_state() == before


# --- shops


def test_another_partners_shop_does_not_exist_and_ones_own_may_be_out_of_reach() -> None:
    till = Till(shop_bound=True)
    own, foreign = ShopFactory(partner=till.partner), ShopFactory()
    before = ledger_state()
    till.sale(order_total=10, shop_id=foreign.pk).refused(404, "RESOURCE_NOT_FOUND", "shop_id")
    till.sale(order_total=10, shop_id=2**64).refused(404, "RESOURCE_NOT_FOUND", "shop_id")
    till.sale(order_total=10, shop_id=own.pk).refused(403, "STORE_ACCESS_DENIED", "shop_id")
    assert ledger_state() == before
    till.use_key()
    before = ledger_state()
    till.sale(order_total=10, shop_id=foreign.pk).refused(404, "RESOURCE_NOT_FOUND", "shop_id")
    assert ledger_state() == before
    till.sale(order_total=10, shop_id=own.pk).ok()


def test_a_key_of_one_shop_sells_there_without_saying_so() -> None:
    till = Till(shop_bound=True)
    data = till.sale(order_total=10).ok()
    assert Transaction.objects.get(pk=data["transaction_id"]).shop_id == till.shop.pk
    till.use_key()
    data = till.sale(order_total=10).ok()
    assert Transaction.objects.get(pk=data["transaction_id"]).shop_id is None


def test_a_key_that_may_only_read_cannot_sell() -> None:
    till = Till()
    till.use_key(scopes=[CredentialScope.READ])
    before = ledger_state()
    till.sale(order_total=10).refused(403, "SCOPE_INSUFFICIENT")
    assert ledger_state() == before


@pytest.mark.parametrize("currency", ["USD", "eur ", "EU", "€", 7])
def test_another_currency_is_refused(currency: Any) -> None:
    till = Till()
    before = ledger_state()
    answer = till.sale(order_total=10, currency=currency)
    if currency == "eur ":
        answer.ok()
        return
    answer.refused(422, "VALIDATION_ERROR", "currency")
    assert ledger_state() == before


def test_a_deleted_programme_keeps_its_points_and_lets_them_be_spent() -> None:
    till = Till()
    customer = till.customer(500)
    Card.objects.filter(pk=till.card.pk).update(is_active=False, deleted_at=timezone.now())
    data = till.sale(user_id=customer.pk, order_total=10, points_redeemed=200).ok()
    assert (data["points_awarded"], data["points_balance"], data["order_total"]) == (0, 300, 8.0)
