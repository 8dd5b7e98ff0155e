"""What customers see of games with a token of their own: those of their partners, with their own progress."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cards.choices import IssuedCardStatus
from cards.models import IssuedCard
from cards.services.issued_cards import issue_card
from cards.tests.factories import CardFactory
from customers.models import Person
from customers.tests.callers import customer_headers, person_caller
from customers.tests.factories import CustomerFactory, PersonFactory
from games.models import Game
from games.tests.factories import GameFactory
from games.tests.players import COFFEE, Arcade
from games.tests.tills import GameTill
from ledger.tests.factories import issued_card_of
from loyalty.services.audit import SYSTEM
from partners.choices import PartnerStatus
from partners.tests.factories import ShopFactory

pytestmark = pytest.mark.django_db


def cafe(person: Person, **options: Any) -> GameTill:
    """A till with a stamp card whose buyer is this person."""
    till = GameTill(**options)
    type(till.buyer).objects.filter(pk=till.buyer.pk).update(person=person)
    return till


def ids(answer: dict[str, Any]) -> list[int]:
    return [one["id"] for one in answer["data"]]


@pytest.fixture
def person() -> Person:
    return PersonFactory()


def test_a_customer_sees_the_games_of_all_their_partners_with_their_own_progress(person: Person) -> None:
    here, there, foreign = cafe(person), cafe(person), GameTill()
    here.stamp(3).ok()
    foreign.stamp(5).ok()
    stranger = here.customer()
    here.stamp(7, card_id=issued_card_of(stranger).pk).ok()

    shown = person_caller(person).get("/en/shop/games")
    assert ids(shown) == [there.game.pk, here.game.pk]
    assert shown["meta"]["total"] == 2
    theirs, mine = shown["data"]
    assert (theirs["status"], theirs["card_id"], theirs["partner_name"]) == (
        "available",
        there.held.pk,
        there.partner.name,
    )
    assert (mine["status"], mine["card_id"], mine["user_progress"]["current_step"]) == ("active", here.held.pk, 3)


def test_partner_shop_and_type_narrow_the_list(person: Person) -> None:
    here, there, foreign = cafe(person), cafe(person), GameTill()
    wheel = GameFactory(partner=here.partner, game_type="wheel", stamps_required=None)
    other_shop = ShopFactory(partner=here.partner)
    wheel.shops.add(other_shop)
    app = person_caller(person)

    assert ids(app.get("/en/shop/games", 200, partner_id=there.partner.pk)) == [there.game.pk]
    assert ids(app.get("/en/shop/games", 200, shop_id=here.shop.pk)) == [here.game.pk]
    assert ids(app.get("/en/shop/games", 200, shop_id=other_shop.pk)) == [wheel.pk, here.game.pk]
    assert ids(app.get("/en/shop/games", 200, shop_id=foreign.shop.pk)) == []
    assert ids(app.get("/en/games", 200, type="wheel")) == [wheel.pk]
    assert app.get("/en/shop/games", 404, partner_id=foreign.partner.pk)["code"] == "PARTNER_NOT_FOUND"
    assert "type" in app.get("/en/shop/games", 422, type="darts")["errors"]
    here.get("games", partner_id=there.partner.pk).refused(404, "PARTNER_NOT_FOUND")
    assert {one["id"] for one in here.get("games", partner_id=here.partner.pk).ok()} == {here.game.pk, wheel.pk}


def test_only_what_is_or_will_be_played_is_listed(person: Person) -> None:
    till, now = cafe(person), timezone.now()
    GameFactory(partner=till.partner, is_active=False)
    GameFactory(partner=till.partner, deleted_at=now)
    GameFactory(partner=till.partner, starts_at=now - timedelta(days=2), ends_at=now - timedelta(days=1))
    coming = GameFactory(partner=till.partner, starts_at=now + timedelta(days=1))
    assert ids(person_caller(person).get("/en/shop/games")) == [coming.pk, till.game.pk]


def test_a_partner_that_may_not_act_shows_no_games(person: Person) -> None:
    till = cafe(person)
    type(till.partner).objects.filter(pk=till.partner.pk).update(status=PartnerStatus.SUSPENDED)
    app = person_caller(person)
    assert ids(app.get("/en/shop/games")) == []
    app.get(f"/en/shop/games/{till.game.pk}", 404)
    app.get("/en/shop/games", 404, partner_id=till.partner.pk)


def test_a_draft_is_nobodys_business_and_a_begun_card_stays_in_sight(person: Person) -> None:
    till, app = cafe(person), person_caller(person)
    draft = GameFactory(partner=till.partner, is_active=False)
    till.stamp(2).ok()
    Game.objects.filter(pk=till.game.pk).update(is_active=False)
    assert app.get(f"/en/shop/games/{draft.pk}", 404)["code"] == "RESOURCE_NOT_FOUND"
    assert app.get(f"/en/shop/games/{till.game.pk}")["data"]["user_progress"]["current_step"] == 2


def test_a_customer_follows_a_stamp_card_without_naming_it(person: Person) -> None:
    till = cafe(person)
    till.stamp(3).ok()
    for prefix in ("shop/games", "games"):
        shown = person_caller(person).get(f"/lt/{prefix}/{till.game.pk}/progress")["data"]
        assert (shown["card_id"], shown["status"], shown["stamps_required"]) == (till.held.pk, "active", 8)
        assert shown["progress"]["current_step"] == 3
        assert [event["value"] for event in shown["progress"]["history"]] == [3]
        assert "plays" not in shown
    till.get(f"games/{till.game.pk}/progress").refused(422, "VALIDATION_ERROR", "card_id")


def test_progress_in_a_game_that_is_played_shows_the_plays_to_both(person: Person) -> None:
    arcade = Arcade()
    customer, game = arcade.customer(person=person), arcade.wheel(COFFEE)
    arcade.spin(game, customer)
    card = issued_card_of(customer).pk
    mine = person_caller(person).get(f"/en/shop/games/{game.pk}/progress")["data"]
    assert mine == arcade.get(f"games/{game.pk}/progress", card_id=card).ok()
    assert (mine["plays"], mine["plays_won"], mine["status"], mine["stamps_required"]) == (1, 1, "completed", None)


def test_of_several_cards_the_oldest_that_works_is_meant_unless_one_is_named(person: Person) -> None:
    till, app = cafe(person), person_caller(person)
    till.stamp(2).ok()
    second = issue_card(
        actor=SYSTEM,
        partner=till.partner,
        card=CardFactory(partner=till.partner),
        customer=till.buyer,
        at=timezone.now(),
    )
    IssuedCard.objects.filter(pk=till.held.pk).update(status=IssuedCardStatus.BLOCKED)

    path = f"/en/shop/games/{till.game.pk}"
    assert app.get(path)["data"]["card_id"] == second.pk
    (row,) = app.get("/en/shop/games")["data"]
    assert (row["card_id"], row["status"]) == (second.pk, "available")
    named = app.get(path, 200, card_id=till.held.pk)["data"]
    assert (named["card_id"], named["user_progress"]["current_step"]) == (till.held.pk, 2)


def test_a_customer_without_a_card_sees_the_games_too(person: Person) -> None:
    till = GameTill()
    CustomerFactory(partner=till.partner, person=person)
    app = person_caller(person)
    (row,) = app.get("/en/shop/games")["data"]
    assert (row["id"], row["status"], row["card_id"]) == (till.game.pk, "available", None)
    assert app.get(f"/en/shop/games/{till.game.pk}")["data"]["card_id"] is None
    assert "card_id" in app.get(f"/en/shop/games/{till.game.pk}/progress", 404)["errors"]


def test_foreign_games_and_cards_are_as_good_as_absent(person: Person) -> None:
    till, elsewhere, foreign, app = cafe(person), cafe(person), GameTill(), person_caller(person)
    neighbour = issued_card_of(till.customer()).pk
    for end in ("", "/progress"):
        assert app.get(f"/en/shop/games/{foreign.game.pk}{end}", 404)["code"] == "RESOURCE_NOT_FOUND"
        # A stranger's, another customer's of the same partner, and one's own at another partner.
        for card in (foreign.held.pk, neighbour, elsewhere.held.pk):
            answer = app.get(f"/en/shop/games/{till.game.pk}{end}", 404, card_id=card)
            assert answer["errors"] == {"card_id": ["There is no such card."]}


def test_a_bound_token_and_credentials_beside_a_token_see_one_partner_only(person: Person) -> None:
    here, there = cafe(person), cafe(person)
    bound = person_caller(person, here.partner)
    assert ids(bound.get("/en/shop/games")) == [here.game.pk]
    bound.get(f"/en/shop/games/{there.game.pk}", 404)
    assert bound.get("/en/shop/games", 404, partner_id=there.partner.pk)["code"] == "PARTNER_NOT_FOUND"

    both = here.send("GET", "/en/shop/games", b"", customer_headers(person))
    assert [(one["id"], one["card_id"]) for one in both.ok()] == [(here.game.pk, here.held.pk)]


def test_customers_look_and_only_tills_give_stamps(person: Person) -> None:
    till = cafe(person)
    app = person_caller(person)
    body = {"card_id": till.held.pk, "shop_id": till.shop.pk}
    for verb in ("add-stamps", "complete", "restart"):
        assert app.post(f"/en/shop/games/{till.game.pk}/{verb}", body, 401)["code"] == "CREDENTIALS_MISSING"
    assert app.get("/en/shop/games")["data"][0]["user_progress"]["current_step"] == 0


def test_the_list_costs_the_same_for_two_games_and_for_twenty(person: Person) -> None:
    app, tills = person_caller(person), [cafe(person), cafe(person)]

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            app.get("/en/shop/games", 200, per_page=50)
        return len(captured)

    def more(count: int) -> None:
        for till in tills:
            for game in GameFactory.create_batch(count, partner=till.partner):
                till.stamp(1, game=game).ok()

    more(1)
    cost()
    before = cost()
    more(9)
    assert cost() == before
