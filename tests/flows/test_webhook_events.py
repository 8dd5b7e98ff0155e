"""Every event that can be listened to, from its real cause; nothing where nobody listens or the cause is undone."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cards.services.cards import create_card
from customers.models import Customer
from customers.services.customers import create_customer, update_customer
from customers.services.erasure import erase_person
from customers.tests.factories import PersonFactory
from games.models import Coupon
from games.services.coupons import Redemption, redeem_coupon
from games.services.offer_claims import claim_offer
from games.tests.factories import CouponFactory
from games.tests.players import COFFEE, TEN_POINTS, Arcade
from ledger.models import FollowedPartner, PointsEntry, Transaction
from ledger.services.adjustments import transfer_points
from ledger.services.receipts import attach_receipt
from ledger.services.reported import Caller
from ledger.tests.factories import issued_card_of
from loyalty.models import OutboxEvent
from loyalty.services.audit import SYSTEM
from loyalty.services.outbox import list_event_kinds
from messaging.tests.endpoints import EndpointFactory
from partners.tests.factories import OfferFactory

pytestmark = pytest.mark.django_db
KINDS = [kind.name for kind in list_event_kinds()]
TEXTS = {"en": "A card", "lt": "Kortelė"}
# What contract 10 names in any of its lists.
NAMED = {
    *("loyalty_card.created", "points.awarded", "points.redeemed", "offer.claimed", "game.completed"),
    *("customer.updated", "customer.registered", "coupon.redeemed", "card.created", "tier.upgraded"),
}


class Shop(Arcade):
    """A till whose partner listens to these events."""

    def __init__(self, *kinds: str, **options: Any) -> None:
        super().__init__(**options)
        if kinds:
            EndpointFactory(partner=self.partner, events=list(kinds))

    def told(self, *kinds: str) -> list[dict[str, Any]]:
        """The data of the partner's events, the oldest first."""
        rows = OutboxEvent.objects.filter(partner_id=self.partner.pk, **({"kind__in": kinds} if kinds else {}))
        return list(rows.order_by("pk").values_list("data", flat=True))


def test_all_names_of_the_contract_can_be_listened_to() -> None:
    assert set(KINDS) >= NAMED


# --- Points


def test_a_sale_tells_what_was_earned_and_spent() -> None:
    shop = Shop("points.awarded", "points.redeemed")
    buyer = shop.customer(points=500)
    answer = shop.sale(user_id=buyer.pk, order_total=40.0, points_redeemed=200, shop_id=shop.shop.pk).ok()
    common = {
        "customer_id": buyer.pk,
        "loyalty_card_id": issued_card_of(buyer).pk,
        "points_balance": answer["points_balance"],
        "transaction_id": answer["transaction_id"],
        "shop_id": shop.shop.pk,
    }
    assert answer["points_awarded"] > 0
    assert shop.told() == [
        {**common, "points": 200, "kind": "redeem"},
        {**common, "points": answer["points_awarded"], "kind": "earn"},
    ]


def test_a_repeated_sale_is_told_once() -> None:
    shop = Shop("points.awarded")
    buyer = shop.customer()
    for _ in range(2):
        shop.sale("A-1", user_id=buyer.pk, order_total=40.0).ok()
    assert len(shop.told()) == 1


def test_a_first_sale_tells_of_the_customer_the_card_and_the_points() -> None:
    shop = Shop("customer.registered", "loyalty_card.created", "points.awarded", initial_bonus_points=50)
    shop.sale(user_email="new@buyer.test", order_total=10.0, shop_id=shop.shop.pk).ok()
    buyer = Customer.objects.get(partner=shop.partner)
    card = issued_card_of(buyer)
    assert shop.told("customer.registered") == [{"customer_id": buyer.pk, "shop_id": shop.shop.pk}]
    assert shop.told("loyalty_card.created") == [
        {"loyalty_card_id": card.pk, "card_id": shop.card.pk, "customer_id": buyer.pk}
    ]
    assert [(row["kind"], row["points"]) for row in shop.told("points.awarded")] == [("bonus", 50), ("earn", 10)]
    assert "new@buyer.test" not in str(shop.told())


def test_an_anonymous_sale_tells_nothing_until_it_is_somebodys() -> None:
    shop = Shop("points.awarded")
    buyer = shop.customer()
    shop.sale("A-1", order_total=40.0).ok()
    assert shop.told() == []
    sale = Transaction.objects.get(partner=shop.partner, order_id="A-1")
    at = timezone.now()
    attach_receipt(actor=SYSTEM, partner=shop.partner, transaction=sale, customer=buyer, at=at, reason="showed it")
    assert [(row["points"], row["transaction_id"]) for row in shop.told()] == [(40, sale.pk)]


def test_refunds_corrections_and_transfers_are_told_with_their_sign() -> None:
    shop = Shop("points.adjusted", "points.redeemed")
    buyer, friend = shop.customer(points=500), shop.customer()
    shop.sale("A-1", user_id=buyer.pk, order_total=40.0, points_redeemed=100).ok()
    shop.refund("A-1").ok()
    transfer_points(
        actor=SYSTEM,
        partner=shop.partner,
        source=issued_card_of(buyer),
        target=issued_card_of(friend),
        points=30,
        reason="asked",
        at=timezone.now(),
    )
    told = [(row["kind"], row["points"]) for row in shop.told("points.adjusted")]
    assert told[0] == ("adjust", 500)
    assert set(told[1:3]) == {("take_back", -39), ("give_back", 100)}
    assert told[3:] == [("transfer_out", -30), ("transfer_in", 30)]
    assert [row["points"] for row in shop.told("points.redeemed")] == [100]


def test_events_of_points_add_up_to_the_ledger() -> None:
    shop = Shop("points.awarded", "points.redeemed", "points.adjusted", initial_bonus_points=20)
    buyer = shop.customer(points=300)
    for number, total in enumerate((10.0, 25.5, 99.99)):
        shop.sale(f"A-{number}", user_id=buyer.pk, order_total=total, points_redeemed=100).ok()
    shop.refund("A-1", order_total=5.0).ok()
    shop.sale("A-2", type="cancellation").ok()
    signed = [
        -row.data["points"] if row.kind == "points.redeemed" else row.data["points"]
        for row in OutboxEvent.objects.filter(partner_id=shop.partner.pk).order_by("pk")
    ]
    entries = PointsEntry.objects.filter(partner=shop.partner).order_by("pk").values_list("points", flat=True)
    assert sorted(signed) == sorted(entries)
    assert len(signed) > 8


def test_a_level_is_told_when_it_is_reached_and_not_again() -> None:
    shop = Shop("tier.upgraded", partner={"levels": {"Silver": 100, "Gold": 200}})
    buyer = shop.customer(points=5_000)  # corrections are not earned
    for total in (99.0, 1.0, 50.0, 60.0):
        shop.sale(user_id=buyer.pk, order_total=total).ok()
    assert shop.told() == [
        {"customer_id": buyer.pk, "from": None, "to": "Silver"},
        {"customer_id": buyer.pk, "from": "Silver", "to": "Gold"},
    ]


# --- Everything else


def _register(shop: Shop) -> None:
    create_customer(actor=SYSTEM, partner=shop.partner, data={"name": "New"}, at=timezone.now())


def _update(shop: Shop) -> None:
    data = {"name": "Other", "email": "other@buyer.test"}
    buyer = shop.customer()
    update_customer(actor=SYSTEM, partner=shop.partner, customer_id=buyer.pk, data=data, at=timezone.now())


def _erase(shop: Shop) -> None:
    person = PersonFactory()
    shop.customer(person=person)
    erase_person(actor=SYSTEM, person=person, reason="asked", at=timezone.now())


def _programme(shop: Shop) -> None:
    data = {"title": TEXTS, "description": TEXTS, "terms_conditions": TEXTS, "card_design": {}}
    create_card(actor=SYSTEM, partner=shop.partner, data=data, reach=None, at=timezone.now())


def _level(shop: Shop) -> None:
    shop.sale(user_id=shop.customer().pk, order_total=100_000.0).ok()


def _claim(shop: Shop) -> None:
    offer = OfferFactory(partner=shop.partner, points_required=100)
    buyer = shop.customer(points=500)
    claim_offer(actor=SYSTEM, partner=shop.partner, offer_id=offer.pk, customer=buyer, at=timezone.now())


def _spin(shop: Shop) -> None:
    shop.spin(shop.wheel(COFFEE), shop.customer())


def _redeem(shop: Shop) -> None:
    coupon = CouponFactory(partner=shop.partner, issued_card=issued_card_of(shop.customer()))
    _use(shop, coupon)


def _use(shop: Shop, coupon: Coupon) -> None:
    redeem_coupon(
        caller=Caller(SYSTEM),
        partner=shop.partner,
        coupon_id=coupon.pk,
        redemption=Redemption(shop.shop.pk),
        at=timezone.now(),
    )


def _sale(shop: Shop) -> None:
    shop.sale(user_id=shop.customer(points=500).pk, order_total=40.0, points_redeemed=100).ok()


CAUSES: dict[str, Callable[[Shop], object]] = {
    "customer.registered": _register,
    "customer.updated": _update,
    "customer.erased": _erase,
    "card.created": _programme,
    "loyalty_card.created": lambda shop: shop.customer(),
    "points.awarded": _sale,
    "points.redeemed": _sale,
    "points.adjusted": _sale,
    "tier.upgraded": _level,
    "offer.claimed": _claim,
    "coupon.issued": _spin,
    "coupon.redeemed": _redeem,
    "game.completed": _spin,
}


def test_every_event_has_a_cause_here() -> None:
    assert sorted(CAUSES) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_its_cause_writes_an_event_whose_data_look_like_the_example(kind: str) -> None:
    shop = Shop(kind)
    CAUSES[kind](shop)
    (data,) = shop.told()
    example = next(one for one in list_event_kinds() if one.name == kind).example
    assert set(data) == set(example)
    assert OutboxEvent.objects.get(partner_id=shop.partner.pk).kind == kind


@pytest.mark.parametrize("kind", KINDS)
def test_where_nobody_listens_nothing_is_written(kind: str) -> None:
    other = Shop(*KINDS)
    shop = Shop()
    CAUSES[kind](shop)
    assert shop.told() == other.told() == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_cause_that_is_undone_leaves_no_event(kind: str) -> None:
    shop = Shop(kind)
    with transaction.atomic():
        CAUSES[kind](shop)
        assert shop.told()
        transaction.set_rollback(True)
    assert shop.told() == []


def test_nothing_personal_is_told() -> None:
    shop = Shop(*KINDS)
    for cause in CAUSES.values():
        cause(shop)
    told = str(shop.told())
    for customer in Customer.objects.filter(partner=shop.partner):
        for value in (customer.name, customer.email, customer.phone, customer.external_id):
            assert not value or value not in told


def test_points_won_in_a_game_are_told() -> None:
    shop = Shop("points.awarded")
    shop.spin(shop.wheel(TEN_POINTS), shop.customer())
    assert [(row["kind"], row["points"]) for row in shop.told()] == [("bonus", 10)]


# --- What it costs


def _statements(call: Callable[[], Any]) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        call()
    return [query["sql"] for query in captured if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]


def test_a_sale_of_a_partner_who_does_not_listen_to_points_stays_one_statement() -> None:
    shop = Shop("customer.registered", "coupon.redeemed")
    Shop("points.awarded")
    assert not FollowedPartner.objects.filter(partner=shop.partner).exists()
    buyer = shop.customer()
    shop.sale(user_id=buyer.pk, order_total=10.0).ok()
    sales = _statements(lambda: shop.sale(user_id=buyer.pk, order_total=10.0).ok())
    assert len([sql for sql in sales if "ledger_sell" in sql]) == 1
    assert not [sql for sql in sales if "outbox" in sql]
    assert len(sales) == 1


@pytest.mark.django_db(transaction=True)
def test_a_coupon_that_nobody_asks_about_is_used_in_one_statement_without_a_transaction() -> None:
    quiet, loud = Shop(), Shop("coupon.redeemed")
    coupons = [
        CouponFactory(partner=shop.partner, issued_card=issued_card_of(shop.customer())) for shop in (quiet, loud)
    ]
    with CaptureQueriesContext(connection) as captured:
        _use(quiet, coupons[0])
    assert [query["sql"].split("(")[0] for query in captured] == ["SELECT * FROM games_redeem_coupon"]
    with CaptureQueriesContext(connection) as captured:
        _use(loud, coupons[1])
    assert captured[0]["sql"] == "BEGIN"
    assert captured[-1]["sql"] == "COMMIT"
    assert "loyalty_outboxevent" in captured[-2]["sql"]
