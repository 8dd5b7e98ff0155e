"""Offers that are for the cards of some programmes only (contract 5.8): written, found, claimed."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cards.models import Card, IssuedCard
from cards.services.issued_cards import issue_card
from cards.tests.factories import CardFactory
from customers.models import Customer
from games.models import Coupon
from ledger.tests.factories import Till
from loyalty.models import AuditEvent
from loyalty.services.audit import SYSTEM
from loyalty.tests.factories import AdminFactory
from partners.models import Offer
from partners.tests.callers import Caller, staff_caller
from partners.tests.factories import OfferFactory

OFFERS = "/en/shop/offers"


@pytest.fixture
def till(db: None) -> Till:
    return Till()


@pytest.fixture
def key(till: Till) -> Caller:
    return Caller(till.headers)


@pytest.fixture
def gold(till: Till) -> Card:
    card: Card = CardFactory(partner=till.partner)
    return card


def hold(till: Till, card: Card, customer: Customer) -> IssuedCard:
    return issue_card(actor=SYSTEM, partner=till.partner, card=card, customer=customer, at=timezone.now())


@pytest.mark.parametrize("name", ["card_ids", "cards", "card_id", "loyalty_card_id"])
def test_programmes_are_named_in_the_usual_ways(key: Caller, gold: Card, name: str) -> None:
    given = {"card_ids": [gold.pk, gold.pk], "cards": [{"id": gold.pk}]}.get(name, gold.pk)
    body = {"title": "Gold", "discount_percentage": 10, name: given}
    made = key.post(OFFERS, body, 201)["data"]
    assert made["card_ids"] == [gold.pk]
    assert Offer.objects.get().card_ids == [gold.pk]


def test_staff_name_programmes_of_their_own_only(till: Till, gold: Card) -> None:
    staff, foreign = staff_caller(till.partner), CardFactory()
    deleted = CardFactory(partner=till.partner, deleted_at=timezone.now())
    body = {"title": {"en": "Gold"}, "discount_type": "percentage", "discount_value": 10}
    for wrong in (foreign.pk, deleted.pk, 999_999):
        refused = staff.post("/en/partners/offers", {**body, "card_ids": [gold.pk, wrong]}, 404)
        assert (refused["code"], list(refused["errors"])) == ("RESOURCE_NOT_FOUND", ["card_ids"])
    assert not Offer.objects.exists()
    made = staff.post("/en/partners/offers", {**body, "card_ids": [gold.pk]})["data"]
    assert made["card_ids"] == [gold.pk]
    path = f"/en/partners/offers/{made['id']}"
    staff.put(path, {"card_ids": [foreign.pk]}, 404)
    assert staff.put(path, {"priority": 3})["data"]["card_ids"] == [gold.pk]
    assert staff.put(path, {"card_ids": []})["data"]["card_ids"] == []


def test_offers_are_found_by_programme(till: Till, key: Caller, gold: Card) -> None:
    everybody, golden = OfferFactory(partner=till.partner), OfferFactory(partner=till.partner, card_ids=[gold.pk])
    for path in (OFFERS, "/en/partners/offers"):
        caller = key if path == OFFERS else staff_caller(till.partner)
        found = {
            card.pk: [row["id"] for row in caller.get(path, 200, card_id=card.pk)["data"]] for card in (gold, till.card)
        }
        assert found == {gold.pk: [golden.pk, everybody.pk], till.card.pk: [everybody.pk]}
        caller.get(path, 404, card_id=CardFactory().pk)


def test_the_back_office_chooses_programmes_by_name(till: Till, gold: Card, client: Client) -> None:
    client.force_login(AdminFactory())
    offer, foreign = OfferFactory(partner=till.partner), CardFactory()
    url = reverse("admin:partners_offer_change", args=[offer.pk])
    page = client.get(url)
    choices = dict(page.context["adminform"].form.fields["card_ids"].choices)
    assert choices == {till.card.pk: str(till.card), gold.pk: str(gold)}
    sent = {
        "partner": till.partner.pk,
        "title_en": "Half price",
        "kind": "discount",
        "discount_type": "percentage",
        "discount_value": "50",
        "points_required": "0",
        "priority": "0",
        "is_active": "on",
    }
    answer = client.post(url, {**sent, "card_ids": [foreign.pk]})
    assert list(answer.context["adminform"].form.errors) == ["card_ids"]
    offer.refresh_from_db()
    assert offer.card_ids == []
    assert client.post(url, {**sent, "card_ids": [gold.pk]}).status_code == 302
    offer.refresh_from_db()
    assert offer.card_ids == [gold.pk]
    assert "card_ids" in AuditEvent.objects.get(action="offer.updated").changes
    # Nothing chosen: everybody's again.
    assert client.post(url, sent).status_code == 302
    offer.refresh_from_db()
    assert offer.card_ids == []


def test_a_claim_takes_a_card_of_the_programme_or_is_refused(till: Till, key: Caller, gold: Card) -> None:
    customer = till.customer(points=500)
    offer = OfferFactory(partner=till.partner, card_ids=[gold.pk])
    path = f"{OFFERS}/{offer.pk}/claim"
    assert key.post(path, {"user_id": customer.pk}, 400)["code"] == "OFFER_NOT_AVAILABLE"
    plain = IssuedCard.objects.get(customer=customer)
    golden = hold(till, gold, customer)
    assert key.post(path, {"card_id": plain.pk}, 400)["code"] == "OFFER_NOT_AVAILABLE"
    assert not Coupon.objects.exists()
    offer.refresh_from_db()
    assert offer.usage_count == 0
    # The richer card is not the one.
    assert key.post(path, {"user_id": customer.pk}, 201)["data"]["card_id"] == golden.pk
