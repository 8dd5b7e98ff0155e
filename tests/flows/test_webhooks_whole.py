"""Every event of webhooks: caused over HTTP, brought to a real receiver, verified by the official library."""

import json
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from customers.models import Customer
from customers.tests.callers import person_caller
from customers.tests.factories import PersonFactory
from games.models import Coupon
from games.tests.players import COFFEE, Arcade
from ledger.tests.factories import issued_card_of
from loyalty.outbound.tests.servers import FeedServer, serving, status
from messaging.tests.endpoints import open_to, run_relay
from partners.tests.callers import Caller, staff_caller
from partners.tests.factories import OfferFactory

pytestmark = pytest.mark.django_db
TEXTS = {"en": "A card", "lt": "Kortelė"}
CARD = {"title": TEXTS, "description": TEXTS, "terms_conditions": TEXTS, "card_design": {}}
PERSONAL = ("Ona Petraitė", "ona@buyer.test", "+37060000042", "till@buyer.test")


class Day:
    """One day of a partner who listens to everything, told by what its own system must hear of it."""

    def __init__(self, server: FeedServer) -> None:
        self.shop = Arcade(partner={"levels": {"Silver": 1_000}})
        self.owner: Caller = staff_caller(self.shop.partner)
        kinds = self.owner.get("/en/partners/webhooks/events")["data"]
        self.catalogue = {row["event"]: row["example"] for row in kinds}
        body = {"url": server.url(), "events": list(self.catalogue)}
        self.secret = self.owner.post("/en/partners/webhooks", body)["data"]["secret"]
        self.server = server
        self.expected: list[tuple[str, dict[str, Any]]] = []
        self.seen: set[str] = set()

    def must_hear(self, event: str, **data: Any) -> None:
        self.expected.append((event, data))

    def heard(self) -> list[tuple[str, dict[str, Any]]]:
        """What came since the last look, each proven to be ours."""
        self.server.told.clear()
        run_relay()
        told = []
        for headers, body in self.server.told:
            event = Webhook(self.secret).verify(body, dict(headers))
            assert event == json.loads(body)
            assert (event["type"], event["id"]) == (event["event"], headers["webhook-id"])
            assert set(event) == set(self.catalogue[event["type"]]) == {"id", "type", "event", "created_at", "data"}
            assert set(event["data"]) == set(self.catalogue[event["type"]]["data"]), event["type"]
            assert not [word for word in PERSONAL if word in body.decode()]
            told.append((event["type"], event["data"]))
        return told

    def check(self) -> None:
        """Exactly what was expected, in whatever order."""
        assert sorted(map(_plain, self.heard())) == sorted(map(_plain, self.expected))
        self.seen |= {event for event, _data in self.expected}
        self.expected.clear()


def _plain(heard: tuple[str, dict[str, Any]]) -> str:
    return json.dumps(heard, sort_keys=True)


def _programme(day: Day) -> None:
    made = day.owner.post("/en/partners/cards", CARD)["data"]
    day.must_hear("card.created", card_id=made["id"])
    day.owner.put(f"/en/partners/cards/{made['id']}", {"is_active": False})


def _people(day: Day) -> None:
    body = {"name": "Ona Petraitė", "email": "ona@buyer.test"}
    made = day.owner.post("/en/partners/customers", body)["data"]
    day.must_hear("customer.registered", customer_id=made["id"], shop_id=None)
    card = issued_card_of(Customer.objects.get(pk=made["id"]))
    ids = {"loyalty_card_id": card.pk, "card_id": day.shop.card.pk, "customer_id": made["id"]}
    day.must_hear("loyalty_card.created", **ids)
    changed = {"phone": "+37060000042"}
    day.owner.put(f"/en/partners/customers/{made['id']}", changed)
    day.must_hear("customer.updated", customer_id=made["id"], fields=["phone"])


def _sales(day: Day) -> Customer:
    """A customer whom the till enrols buys, spends, rises, and brings something back."""
    shop = day.shop
    first = shop.sale("A-1", user_email="till@buyer.test", order_total=900.0, shop_id=shop.shop.pk).ok()
    buyer = Customer.objects.get(pk=first["user_id"])
    card = issued_card_of(buyer)
    common = {"customer_id": buyer.pk, "loyalty_card_id": card.pk, "shop_id": shop.shop.pk}
    day.must_hear("customer.registered", customer_id=buyer.pk, shop_id=shop.shop.pk)
    day.must_hear("loyalty_card.created", loyalty_card_id=card.pk, card_id=shop.card.pk, customer_id=buyer.pk)
    sold = {**common, "transaction_id": first["transaction_id"], "points_balance": 900}
    day.must_hear("points.awarded", **sold, points=900, kind="earn")
    body = {"user_id": buyer.pk, "order_total": 200.0, "points_redeemed": 100, "shop_id": shop.shop.pk}
    second = shop.sale("A-2", **body).ok()
    sold = {**common, "transaction_id": second["transaction_id"], "points_balance": second["points_balance"]}
    day.must_hear("points.redeemed", **sold, points=100, kind="redeem")
    day.must_hear("points.awarded", **sold, points=second["points_awarded"], kind="earn")
    day.must_hear("tier.upgraded", customer_id=buyer.pk, **{"from": None, "to": "Silver"})
    assert shop.sale("A-2", **body).is_replay
    back = shop.refund("A-1").ok()
    sold = {**common, "transaction_id": back["transaction_id"], "points_balance": back["points_balance"]}
    day.must_hear("points.adjusted", **sold, points=-900, kind="take_back")
    return buyer


def _play(day: Day, buyer: Customer) -> None:
    wheel = day.shop.wheel(COFFEE)
    day.shop.spin(wheel, buyer)
    coupon = Coupon.objects.get(customer=buyer)
    card = issued_card_of(buyer)
    day.must_hear("coupon.issued", coupon_id=coupon.pk, customer_id=buyer.pk)
    day.must_hear(
        "game.completed",
        game_id=wheel.pk,
        customer_id=buyer.pk,
        loyalty_card_id=card.pk,
        coupon_id=coupon.pk,
    )
    day.shop.post({"coupon_id": coupon.pk, "shop_id": day.shop.shop.pk}, path="coupons/redeem").ok()
    day.must_hear("coupon.redeemed", coupon_id=coupon.pk, customer_id=buyer.pk, transaction_id=None)


def _claim_and_leave(day: Day) -> None:
    """Somebody with the app claims an offer for points, then deletes the account."""
    person = PersonFactory()
    buyer = day.shop.customer(points=500, person=person)
    card = issued_card_of(buyer)
    day.heard()  # registered and given points by hand
    app = person_caller(person)
    offer = OfferFactory(partner=day.shop.partner, points_required=300)
    claimed = app.post(f"/en/shop/offers/{offer.pk}/claim", {}, 201)["data"]
    coupon = Coupon.objects.get(customer=buyer)
    assert claimed
    day.must_hear("offer.claimed", offer_id=offer.pk, customer_id=buyer.pk, coupon_id=coupon.pk, points=300)
    day.must_hear("coupon.issued", coupon_id=coupon.pk, customer_id=buyer.pk)
    day.must_hear(
        "points.redeemed",
        customer_id=buyer.pk,
        loyalty_card_id=card.pk,
        points=300,
        kind="redeem",
        points_balance=200,
        transaction_id=None,
        shop_id=None,
    )
    day.check()
    app.delete("/en/shop/auth/account")
    day.must_hear("customer.erased", customer_id=buyer.pk)


def test_a_partner_hears_everything_that_happens_and_nothing_else(monkeypatch: Any, settings: Any) -> None:
    with serving(status(200)) as server:
        open_to(monkeypatch, settings, server)
        day = Day(server)
        for step in (_programme, _people):
            step(day)
            day.check()
        buyer = _sales(day)
        day.check()
        _play(day, buyer)
        day.check()
        _claim_and_leave(day)
        day.check()
    assert day.seen == set(day.catalogue)
