"""Offers over the Shop API: written under many names, read by tills and customers, claimed for points."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cards.models import IssuedCard
from customers.models import Customer
from customers.tests.callers import person_caller
from customers.tests.factories import CustomerFactory, PersonFactory
from games.models import Coupon
from games.services.offer_claims import claim_offer
from ledger.models import PointsEntry
from ledger.tests.factories import Till, assert_sound, balance_of, issued_card_of
from loyalty.errors import LoyaltyError
from loyalty.models import AuditEvent
from loyalty.services.audit import SYSTEM
from partners.models import Offer, OfferCategory, OfferShop
from partners.tests.callers import Caller, credential_caller
from partners.tests.factories import CategoryFactory, OfferFactory, PartnerFactory, ProductFactory

pytestmark = pytest.mark.django_db
OFFERS = "/en/shop/offers"


@pytest.fixture
def till(db: None) -> Till:
    return Till(partner={"time_zone": "Europe/Vilnius"})


@pytest.fixture
def key(till: Till) -> Caller:
    return credential_caller(till.partner, scopes=["read", "write"])


def app_of(customer: Customer) -> Caller:
    """The customer's own app."""
    customer.person = PersonFactory(phone=customer.phone or f"+3706{customer.pk % 10_000_000:07}")
    customer.save()
    return person_caller(customer.person)


# --- written


def test_the_readme_s_body_makes_an_offer(key: Caller) -> None:
    data = key.post(
        OFFERS,
        {
            "title": "Vasaros išpardavimas",
            "description": "Viskam",
            "discount_type": "percentage",
            "discount_value": 20,
            "start_date": "2026-06-01",
            "end_date": "2026-08-31",
        },
    )["data"]
    assert (data["title"], data["description"]) == ({"lt": "Vasaros išpardavimas"}, {"lt": "Viskam"})
    assert (data["type"], data["discount_type"], data["discount_value"]) == ("discount", "percentage", 20.0)
    assert (data["discount_percentage"], data["discount_amount"]) == (20.0, None)
    assert data["valid_from"] == data["starts_at"] == "2026-05-31T21:00:00Z"
    assert data["valid_until"] == data["ends_at"] == data["expires_at"] == "2026-08-31T21:00:00Z"
    assert (data["start_date"], data["end_date"]) == ("2026-06-01", "2026-08-31")
    assert key.get(f"{OFFERS}/{data['id']}")["data"] == data


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ({"type": "freebie"}, {"type": "free_item", "discount_type": "", "discount_value": None}),
        ({"type": "coupon", "discount_percentage": 15}, {"type": "discount", "discount_type": "percentage"}),
        ({"discount_amount": 5}, {"discount_type": "fixed_amount", "discount_amount": 5.0}),
        ({"discount_type": "fixed", "discount_value": 5}, {"discount_type": "fixed_amount"}),
        ({"points_multiplier": 2}, {"type": "points_multiplier", "points_multiplier": 2.0, "discount_value": 2.0}),
        ({"type": "points_multiplier", "discount_value": 3}, {"points_multiplier": 3.0}),
        ({"type": "cashback", "discount_value": 5}, {"type": "cashback", "discount_percentage": 5.0}),
        ({"discount_amount": 5, "points_cost": 70}, {"points_required": 70, "points_cost": 70, "minimum_points": 70}),
        ({"discount_amount": 5, "minimum_points": 70}, {"points_required": 70}),
        ({"discount_amount": 5, "maximum_uses": 9}, {"usage_limit": 9, "max_coupons": 9, "maximum_uses": 9}),
        ({"discount_amount": 5, "terms_and_conditions": "x"}, {"terms_conditions": {"lt": "x"}}),
        ({"discount_amount": 5, "image": "https://p.example/1.png"}, {"image_url": "https://p.example/1.png"}),
        ({"discount_amount": 5, "title": {"en": "Hello"}, "colour": "red"}, {"title": {"en": "Hello"}}),
        ({"discount_amount": 5, "usage_limit": None, "shop_ids": None}, {"usage_limit": None, "shop_ids": []}),
    ],
)
def test_a_field_is_understood_under_each_of_its_names(
    key: Caller, sent: dict[str, Any], found: dict[str, Any]
) -> None:
    data = key.post(OFFERS, {"title": "Offer", **sent})["data"]
    assert {name: data[name] for name in found} == found


def test_shops_and_categories_come_as_ids_objects_or_words(till: Till, key: Caller) -> None:
    cake = CategoryFactory(partner=till.partner, key="cake", slug="cakes", name={"lt": "Tortai"})
    for category in (cake.pk, [cake.pk], [{"id": cake.pk}], "cakes", "CAKE"):
        field = "category" if isinstance(category, str) else "categories"
        body = {"title": "x", "discount_amount": 1, field: category, "shops": [{"id": till.shop.pk}]}
        data = key.post(OFFERS, body)["data"]
        assert (data["category_ids"], data["shop_ids"], data["category"]) == ([cake.pk], [till.shop.pk], "Tortai")
    assert data["categories"] == [{"id": cake.pk, "name": {"lt": "Tortai"}, "slug": "cakes"}]
    assert data["shops"] == [{"id": till.shop.pk, "name": till.shop.name}]
    assert list(key.post(OFFERS, {"title": "x", "discount_amount": 1, "category": "pie"}, 404)["errors"]) == [
        "category"
    ]


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"title": None}, "title"),
        ({"discount_amount": -1}, "discount_amount"),
        ({"discount_percentage": "a lot"}, "discount_percentage"),
        ({"start_date": "soon"}, "start_date"),
        ({"maximum_uses": 0}, "maximum_uses"),
        ({"points_cost": -1}, "points_cost"),
        ({"image": "javascript:1"}, "image"),
        ({"shops": [None]}, "shops"),
        ({"type": "gift"}, "type"),
    ],
)
def test_a_complaint_names_the_field_as_it_was_sent(key: Caller, sent: dict[str, Any], field: str) -> None:
    answer = key.post(OFFERS, {"title": "Offer", "discount_amount": 5, **sent}, 422)
    assert list(answer["errors"]) == [field], answer["errors"]
    assert not Offer.objects.exists()


def test_an_offer_is_changed_and_deleted(key: Caller) -> None:
    pk = key.post(OFFERS, {"title": "Offer", "discount_amount": 5})["data"]["id"]
    data = key.put(f"{OFFERS}/{pk}", {"discount_percentage": 10, "end_date": "2030-01-01", "title": None})["data"]
    assert (data["discount_type"], data["discount_value"], data["title"]) == ("percentage", 10.0, {"lt": "Offer"})
    answer = key.delete(f"{OFFERS}/{pk}")
    assert (answer["success"], "data" in answer) == (True, False)
    key.get(f"{OFFERS}/{pk}", 404)
    key.put(f"{OFFERS}/{pk}", {"discount_amount": 1}, 404)


def test_a_key_that_only_reads_writes_nothing_and_a_shop_s_key_only_its_own(till: Till) -> None:
    reader = credential_caller(till.partner, scopes=["read"])
    assert reader.post(OFFERS, {"title": "x", "discount_amount": 1}, 403)["code"] == "SCOPE_INSUFFICIENT"
    bound = credential_caller(till.partner, till.shop, scopes=["read", "write"])
    assert bound.post(OFFERS, {"title": "x", "discount_amount": 1}, 403)["code"] == "STORE_ACCESS_DENIED"
    bound.post(OFFERS, {"title": "x", "discount_amount": 1, "shop_ids": [till.shop.pk]})


# --- read


def test_a_till_sees_all_offers_and_narrows_them(till: Till, key: Caller) -> None:
    partner = till.partner
    cake = CategoryFactory(partner=partner, slug="cakes")
    plain, off = OfferFactory(partner=partner, is_featured=True), OfferFactory(partner=partner, is_active=False)
    double = OfferFactory(partner=partner, kind="points_multiplier")
    OfferCategory.objects.create(offer=double, category=cake)
    OfferFactory()

    def found(**query: Any) -> list[int]:
        answer = key.get(OFFERS, **query)
        assert answer["meta"]["total"] == len(answer["data"])
        return [row["id"] for row in answer["data"]]

    assert found() == [double.pk, off.pk, plain.pk]
    assert found(type="points_multiplier") == found(category="cakes") == found(category_id=cake.pk) == [double.pk]
    assert found(is_active="True") == [double.pk, plain.pk]
    assert found(is_featured=1) == [plain.pk]
    assert found(partner_id=partner.pk, available_only="true") == [double.pk, plain.pk]
    assert key.get(OFFERS, 404, partner_id=PartnerFactory().pk)["code"] == "PARTNER_NOT_FOUND"
    row = key.get(f"{OFFERS}/{plain.pk}")["data"]
    assert (row["user_claimed_count"], row["user_can_claim"]) == (None, None)


def test_a_customer_sees_the_running_offers_of_their_own_partners(till: Till) -> None:
    customer = till.customer()
    app = app_of(customer)
    other = CustomerFactory(person=customer.person, phone=customer.phone)
    now = timezone.now()
    mine, theirs = OfferFactory(partner=till.partner), OfferFactory(partner=other.partner)
    hidden = [
        OfferFactory(),
        OfferFactory(partner=till.partner, is_active=False),
        OfferFactory(partner=till.partner, valid_from=now + timedelta(hours=1)),
        OfferFactory(partner=till.partner, valid_until=now - timedelta(hours=1)),
        OfferFactory(partner=till.partner, deleted_at=now),
    ]
    answer = app.get(OFFERS)
    assert [row["id"] for row in answer["data"]] == [theirs.pk, mine.pk]
    assert answer["data"][1]["partner"]["id"] == till.partner.pk
    assert [row["id"] for row in app.get(OFFERS, partner_id=till.partner.pk)["data"]] == [mine.pk]
    assert (answer["data"][0]["user_claimed_count"], answer["data"][0]["user_can_claim"]) == (0, True)
    assert app.get(f"{OFFERS}/{mine.pk}")["data"]["title"] == mine.title
    for offer in hidden:
        assert app.get(f"{OFFERS}/{offer.pk}", 404)["code"] == "RESOURCE_NOT_FOUND"
        app.post(f"{OFFERS}/{offer.pk}/claim", {}, 404)
    # A token that was granted to one partner's till shows that partner's only.
    granted = person_caller(customer.person, till.partner)
    assert [row["id"] for row in granted.get(OFFERS)["data"]] == [mine.pk]
    granted.get(f"{OFFERS}/{theirs.pk}", 404)
    # Customers write none.
    app.post(OFFERS, {"title": "x", "discount_amount": 1}, 401)
    app.delete(f"{OFFERS}/{mine.pk}", 401)
    type(till.partner).objects.filter(pk=till.partner.pk).update(status="suspended")
    assert [row["id"] for row in app.get(OFFERS)["data"]] == [theirs.pk]


@pytest.mark.parametrize("is_customer", [True, False])
def test_a_list_takes_as_many_queries_for_twenty_offers_as_for_two(till: Till, key: Caller, is_customer: bool) -> None:
    caller = app_of(till.customer()) if is_customer else key

    def cost(count: int) -> int:
        for _ in range(count):
            offer = OfferFactory(partner=till.partner, product=ProductFactory(partner=till.partner))
            OfferShop.objects.create(offer=offer, shop=till.shop)
            OfferCategory.objects.create(offer=offer, category=CategoryFactory(partner=till.partner))
        with CaptureQueriesContext(connection) as captured:
            caller.get(OFFERS, per_page=50)
        return len(captured)

    cost(1)
    assert cost(1) == cost(18)


# --- claimed


def test_a_customer_claims_an_offer_for_points(till: Till) -> None:
    customer = till.customer(500)
    app = app_of(customer)
    ends = (timezone.now() + timedelta(days=10)).replace(microsecond=0)
    offer = OfferFactory(
        partner=till.partner,
        points_required=200,
        valid_until=ends,
        minimum_purchase=5,
        maximum_discount=3,
        user_limit=1,
    )
    data = app.post(f"{OFFERS}/{offer.pk}/claim", {})["data"]
    coupon = Coupon.objects.get()
    assert data == {
        "coupon_id": coupon.pk,
        "coupon_code": coupon.code,
        "offer_id": offer.pk,
        "offer_title": offer.title,
        "discount_type": "percentage",
        "discount_value": 10.0,
        "qr_code": str(coupon.qr_value),
        "expires_at": ends.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "points_deducted": 200,
        "points_balance": 300,
        "card_id": issued_card_of(customer).pk,
        "created_at": data["created_at"],
    }
    assert (coupon.customer, coupon.offer, coupon.reward_type, coupon.status) == (
        customer,
        offer,
        "percentage",
        "active",
    )
    assert (coupon.minimum_purchase, coupon.maximum_discount, coupon.points_spent) == (5, 3, 200)
    assert balance_of(customer) == (300, 0)
    entry = PointsEntry.objects.get(kind="redeem")
    assert (entry.points, entry.actor_kind, entry.actor_id) == (-200, "person", customer.person.pk)
    offer.refresh_from_db()
    assert offer.usage_count == 1
    row = app.get(f"{OFFERS}/{offer.pk}")["data"]
    assert (row["user_claimed_count"], row["user_can_claim"]) == (1, False)
    event = AuditEvent.objects.get(action="offer.claimed")
    assert event.changes == {"offer": [None, offer.pk], "points_spent": [None, 200]}
    assert_sound()


@pytest.mark.parametrize(
    ("fields", "reward"),
    [
        ({"discount_type": "fixed_amount", "discount_value": 4}, ("fixed", 4, "")),
        ({"kind": "free_item", "title": {"lt": "Kava"}}, ("free_product", None, "Kava")),
        ({"kind": "free_item", "product": True}, ("free_product", None, "Cup")),
    ],
)
def test_each_kind_becomes_its_coupon(till: Till, key: Caller, fields: dict[str, Any], reward: tuple[Any, ...]) -> None:
    if "product" in fields:
        fields = {**fields, "product": ProductFactory(partner=till.partner, name="Cup")}
    offer = OfferFactory(partner=till.partner, coupon_validity_days=7, **fields)
    key.post(f"{OFFERS}/{offer.pk}/claim", {"user_id": till.customer().pk})
    coupon = Coupon.objects.get()
    assert (coupon.reward_type, coupon.reward_value, coupon.reward_product_name) == reward
    assert coupon.expires_at - coupon.issued_at == timedelta(days=7)


def test_a_till_claims_for_a_customer_it_names(till: Till, key: Caller) -> None:
    customer = till.customer(100)
    card = issued_card_of(customer)
    offer = OfferFactory(partner=till.partner, points_required=10)
    path = f"{OFFERS}/{offer.pk}/claim"
    assert key.post(path, {"card_id": card.pk}, **{"Idempotency-Key": "a"})["data"]["points_balance"] == 90
    assert key.post(path, {"user_id": customer.pk}, **{"Idempotency-Key": "b"})["data"]["points_balance"] == 80
    assert list(key.post(path, {}, 422)["errors"]) == ["user_id"]
    stranger = Till().customer(100)
    for body, field in (
        ({"user_id": stranger.pk}, "user_id"),
        ({"card_id": issued_card_of(stranger).pk}, "card_id"),
        ({"card_id": issued_card_of(stranger).pk, "user_id": customer.pk}, "card_id"),
    ):
        assert list(key.post(path, body, 404)["errors"]) == [field]
    assert Coupon.objects.count() == 2


def test_a_claim_that_is_repeated_at_once_is_one_and_with_keys_two(till: Till) -> None:
    customer = till.customer(100)
    app = app_of(customer)
    offer = OfferFactory(partner=till.partner, points_required=10)
    path = f"{OFFERS}/{offer.pk}/claim"
    first = app.post(path, {})["data"]
    assert app.post(path, {})["data"] == first
    assert balance_of(customer) == (90, 0)
    keyed = app.post(path, {}, 201, **{"Idempotency-Key": "x"})["data"]
    assert app.post(path, {}, 201, **{"Idempotency-Key": "x"})["data"] == keyed
    assert (keyed["coupon_id"] != first["coupon_id"], balance_of(customer)) == (True, (80, 0))


NOW = timezone.now()


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"points_required": 501}, 400, "INSUFFICIENT_POINTS"),
        ({"valid_until": NOW - timedelta(minutes=1)}, 400, "OFFER_EXPIRED"),
        ({"valid_from": NOW + timedelta(hours=1)}, 400, "OFFER_NOT_AVAILABLE"),
        ({"is_active": False}, 400, "OFFER_NOT_AVAILABLE"),
        ({"kind": "points_multiplier"}, 400, "OFFER_NOT_AVAILABLE"),
        ({"kind": "cashback"}, 400, "OFFER_NOT_AVAILABLE"),
        ({"usage_limit": 3, "usage_count": 3}, 409, "OFFER_USED_UP"),
        ({"minimum_level": "Gold"}, 403, "TIER_REQUIREMENT_NOT_MET"),
        ({"deleted_at": NOW}, 404, "RESOURCE_NOT_FOUND"),
    ],
)
def test_a_claim_that_may_not_be_gets_its_code_and_changes_nothing(
    till: Till, key: Caller, fields: dict[str, Any], status: int, code: str
) -> None:
    customer = till.customer(500)
    offer = OfferFactory(partner=till.partner, **fields)
    before = Offer.objects.values().get(pk=offer.pk)
    assert key.post(f"{OFFERS}/{offer.pk}/claim", {"user_id": customer.pk}, status)["code"] == code
    assert (Coupon.objects.count(), balance_of(customer)) == (0, (500, 0))
    assert Offer.objects.values().get(pk=offer.pk) == before
    assert not AuditEvent.objects.filter(action="offer.claimed").exists()


def test_the_level_is_that_of_points_earned_ever(till: Till, key: Caller) -> None:
    customer = till.customer()
    offer = OfferFactory(partner=till.partner, minimum_level="Silver")
    path, body = f"{OFFERS}/{offer.pk}/claim", {"user_id": customer.pk}
    till.sale(user_id=customer.pk, order_total=999).ok()
    assert key.post(path, body, 403)["code"] == "TIER_REQUIREMENT_NOT_MET"
    till.sale(user_id=customer.pk, order_total=1).ok()
    key.post(path, body)


def test_a_blocked_card_claims_nothing_and_a_customer_without_one_gets_one(till: Till, key: Caller) -> None:
    offer = OfferFactory(partner=till.partner)
    blocked = till.customer()
    IssuedCard.objects.filter(customer=blocked).update(status="blocked")
    assert key.post(f"{OFFERS}/{offer.pk}/claim", {"user_id": blocked.pk}, 400)["code"] == "BUSINESS_CARD_BLOCKED"
    fresh = CustomerFactory(partner=till.partner)
    key.post(f"{OFFERS}/{offer.pk}/claim", {"user_id": fresh.pk})
    assert IssuedCard.objects.filter(customer=fresh).count() == 1
    type(till.card).objects.update(auto_assign=False)
    another = CustomerFactory(partner=till.partner)
    assert list(key.post(f"{OFFERS}/{offer.pk}/claim", {"user_id": another.pk}, 404)["errors"]) == ["card_id"]


def test_a_cancelled_coupon_does_not_count_for_the_customer_s_limit(till: Till, key: Caller) -> None:
    customer = till.customer()
    offer = OfferFactory(partner=till.partner, user_limit=1)
    path, body = f"{OFFERS}/{offer.pk}/claim", {"user_id": customer.pk}
    key.post(path, body, **{"Idempotency-Key": "1"})
    assert key.post(path, body, 409, **{"Idempotency-Key": "2"})["code"] == "OFFER_ALREADY_CLAIMED"
    Coupon.objects.update(status="cancelled", ended_at=NOW)
    key.post(path, body, **{"Idempotency-Key": "3"})


# --- at once


def _together(acts: list[Any]) -> Counter[str]:
    barrier = threading.Barrier(8)

    def work(share: list[Any]) -> list[str]:
        try:
            barrier.wait(60)
            return [_outcome(act) for act in share]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        return Counter(one for part in pool.map(work, [acts[n::8] for n in range(8)]) for one in part)


def _outcome(act: Any) -> str:
    try:
        act()
    except LoyaltyError as refusal:
        return refusal.code
    return "claimed"


def _claim(till: Till, offer: Offer, customer: Customer) -> Any:
    return lambda: claim_offer(
        actor=SYSTEM,
        partner=till.partner,
        offer_id=offer.pk,
        customer=customer,
        at=timezone.now(),
        is_keyless=False,
    )


@pytest.mark.django_db(transaction=True)
def test_a_hundred_claims_of_an_offer_with_ten_left_give_ten() -> None:
    till = Till()
    offer = OfferFactory(partner=till.partner, points_required=5, usage_limit=12, usage_count=2)
    customers = [till.customer(20) for _ in range(25)]
    outcomes = _together([_claim(till, offer, customers[number % 25]) for number in range(100)])
    assert outcomes == {"claimed": 10, "OFFER_USED_UP": 90}
    offer.refresh_from_db()
    assert (offer.usage_count, Coupon.objects.count()) == (12, 10)
    assert sum(20 - balance_of(customer)[0] for customer in customers) == 50
    assert_sound()


@pytest.mark.django_db(transaction=True)
def test_a_customer_s_limit_and_points_hold_however_many_claim_at_once() -> None:
    till = Till()
    customer, poor = till.customer(1_000), till.customer(35)
    limited = OfferFactory(partner=till.partner, points_required=10, user_limit=3)
    dear = OfferFactory(partner=till.partner, points_required=10)
    acts = [_claim(till, limited, customer) for _ in range(32)] + [_claim(till, dear, poor) for _ in range(32)]
    assert _together(acts) == {"claimed": 6, "OFFER_ALREADY_CLAIMED": 29, "INSUFFICIENT_POINTS": 29}
    assert (balance_of(customer), balance_of(poor)) == ((970, 0), (5, 0))
    assert_sound()
