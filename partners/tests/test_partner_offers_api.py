"""Offers over the Partner API (contract 5.8)."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from loyalty.errors import LoyaltyError
from loyalty.models import AuditEvent
from loyalty.services.audit import SYSTEM
from partners.models import Offer, OfferCategory, OfferShop, Partner
from partners.services.offers import update_offer
from partners.tests.callers import Caller, credential_caller, staff_caller
from partners.tests.factories import CategoryFactory, OfferFactory, PartnerFactory, ProductFactory, ShopFactory

pytestmark = pytest.mark.django_db
OFFERS = "/en/partners/offers"
TITLE = {"en": "Half price", "lt": "Už pusę kainos"}
BODY = {"title": TITLE, "discount_type": "percentage", "discount_value": 50}
EVERY_FIELD = {
    "external_id": "SPRING-1",
    "title": TITLE,
    "description": {"lt": "Tik šiandien"},
    "terms_conditions": {"en": "While stocks last"},
    "type": "discount",
    "discount_type": "fixed_amount",
    "discount_value": 2.5,
    "points_multiplier": None,
    "points_required": 300,
    "minimum_level": "Gold",
    "usage_limit": 100,
    "user_limit": 2,
    "minimum_purchase": 10.0,
    "maximum_discount": 5.0,
    "coupon_validity_days": 30,
    "image_url": "https://pictures.example/half.png",
    "priority": 3,
    "is_featured": True,
    "is_active": False,
}


@pytest.fixture
def owner(db: None) -> Caller:
    return staff_caller(PartnerFactory())


def partner_of(caller: Caller) -> Partner:
    assert caller.staff is not None
    return caller.staff.partner


def test_an_offer_is_created_with_its_defaults_and_audited(owner: Caller) -> None:
    data = owner.post(OFFERS, BODY)["data"]
    created_at, updated_at = data.pop("created_at"), data.pop("updated_at")
    assert created_at.endswith("Z")
    assert updated_at >= created_at
    assert data == {
        "id": Offer.objects.get().pk,
        "partner_id": partner_of(owner).pk,
        "external_id": "",
        "title": TITLE,
        "description": {},
        "terms_conditions": {},
        "type": "discount",
        "discount_type": "percentage",
        "discount_value": 50.0,
        "points_multiplier": None,
        "points_required": 0,
        "minimum_level": "",
        "valid_from": None,
        "valid_until": None,
        "usage_limit": None,
        "usage_count": 0,
        "user_limit": None,
        "minimum_purchase": None,
        "maximum_discount": None,
        "coupon_validity_days": None,
        "product_id": None,
        "category_ids": [],
        "shop_ids": [],
        "card_ids": [],
        "image_url": "",
        "priority": 0,
        "is_featured": False,
        "is_active": True,
        "status": "active",
    }
    event = AuditEvent.objects.get(action="offer.created")
    assert (event.actor_kind, event.partner_id) == ("staff", partner_of(owner).pk)
    assert event.changes["title"] == [None, TITLE]
    assert event.changes["discount_value"] == [None, "50.00"]


def test_every_field_can_be_written_and_is_read_back(owner: Caller) -> None:
    partner = partner_of(owner)
    links = {
        "product_id": ProductFactory(partner=partner).pk,
        "category_ids": sorted(CategoryFactory(partner=partner).pk for _ in range(2)),
        "shop_ids": sorted(ShopFactory(partner=partner).pk for _ in range(2)),
    }
    data = owner.post(OFFERS, {**EVERY_FIELD, **links})["data"]
    assert {name: data[name] for name in EVERY_FIELD} == EVERY_FIELD
    assert {name: data[name] for name in links} == links
    assert data["status"] == "inactive"
    assert owner.get(f"{OFFERS}/{data['id']}")["data"] == data


def test_a_change_touches_what_it_names_and_nothing_else(owner: Caller) -> None:
    partner = partner_of(owner)
    shop, group = ShopFactory(partner=partner), CategoryFactory(partner=partner)
    before = owner.post(OFFERS, {**EVERY_FIELD, "shop_ids": [shop.pk], "category_ids": [group.pk]})["data"]
    after = owner.put(f"{OFFERS}/{before['id']}", {"is_active": True, "shop_ids": []})["data"]
    changed = {name for name in before if before[name] != after[name]} - {"updated_at"}
    assert changed == {"is_active", "status", "shop_ids"}
    assert not OfferShop.objects.exists()
    event = AuditEvent.objects.get(action="offer.updated")
    assert event.changes == {"is_active": [False, True], "shop_ids": [[shop.pk], []]}


def test_a_change_of_kind_drops_the_figures_of_the_old_one(owner: Caller) -> None:
    pk = owner.post(OFFERS, BODY)["data"]["id"]
    data = owner.put(f"{OFFERS}/{pk}", {"type": "points_multiplier", "points_multiplier": 3})["data"]
    assert (data["discount_type"], data["discount_value"], data["points_multiplier"]) == ("", None, 3.0)
    data = owner.put(f"{OFFERS}/{pk}", {"type": "cashback", "discount_value": 5})["data"]
    assert (data["discount_type"], data["discount_value"], data["points_multiplier"]) == ("percentage", 5.0, None)


def test_a_day_is_a_whole_day_of_the_partner() -> None:
    owner = staff_caller(PartnerFactory(time_zone="Europe/Vilnius"))
    data = owner.post(OFFERS, {**BODY, "valid_from": "2026-12-01", "valid_until": "2027-06-30"})["data"]
    assert (data["valid_from"], data["valid_until"]) == ("2026-11-30T22:00:00Z", "2027-06-30T21:00:00Z")
    data = owner.put(
        f"{OFFERS}/{data['id']}",
        {"valid_from": "2026-12-01T08:00:00", "valid_until": "2027-06-30T12:00:00-05:00"},
    )["data"]
    assert (data["valid_from"], data["valid_until"]) == ("2026-12-01T06:00:00Z", "2027-06-30T17:00:00Z")


def test_an_offer_of_one_day_is_valid_that_day(owner: Caller) -> None:
    data = owner.post(OFFERS, {**BODY, "valid_from": "2027-03-28", "valid_until": "2027-03-28"})["data"]
    # The night of the clock change has 23 hours.
    assert (data["valid_from"], data["valid_until"]) == ("2027-03-27T22:00:00Z", "2027-03-28T21:00:00Z")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": {}}, "title"),
        ({"title": "Half price"}, "title"),
        ({"title": {"de": "Halb"}}, "title"),
        ({"title": {"en": "x" * 256}}, "title"),
        ({"type": "gift"}, "type"),
        ({"discount_type": "half"}, "discount_type"),
        ({"discount_type": ""}, "discount_type"),
        ({"discount_value": None}, "discount_value"),
        ({"discount_value": 0}, "discount_value"),
        ({"discount_value": -1}, "discount_value"),
        ({"discount_value": 100.01}, "discount_value"),
        ({"discount_value": "NaN"}, "discount_value"),
        ({"type": "points_multiplier"}, "points_multiplier"),
        ({"type": "points_multiplier", "points_multiplier": 1}, "points_multiplier"),
        ({"type": "points_multiplier", "points_multiplier": 100.01}, "points_multiplier"),
        ({"type": "points_multiplier", "points_multiplier": 2, "points_required": 5}, "points_required"),
        ({"type": "points_multiplier", "points_multiplier": 2, "usage_limit": 5}, "usage_limit"),
        ({"type": "cashback", "user_limit": 1}, "user_limit"),
        ({"type": "cashback", "minimum_level": "Gold"}, "minimum_level"),
        ({"type": "cashback", "discount_type": "fixed_amount"}, "discount_type"),
        ({"points_required": -1}, "points_required"),
        ({"points_required": 1.5}, "points_required"),
        ({"minimum_level": "Diamond"}, "minimum_level"),
        ({"valid_from": "2026-12-02", "valid_until": "2026-12-01"}, "valid_until"),
        ({"valid_from": "yesterday"}, "valid_from"),
        ({"valid_from": "2026-02-30"}, "valid_from"),
        ({"valid_from": "0001-01-01T00:00:00+14:00"}, "valid_from"),
        ({"valid_until": "9999-12-31"}, "valid_until"),
        ({"valid_until": 20261231}, "valid_until"),
        ({"usage_limit": 0}, "usage_limit"),
        ({"usage_limit": True}, "usage_limit"),
        ({"maximum_discount": 0}, "maximum_discount"),
        ({"coupon_validity_days": 3651}, "coupon_validity_days"),
        ({"image_url": "javascript:alert(1)"}, "image_url"),
        ({"image_url": "ftp://pictures.example/a.png"}, "image_url"),
        ({"shop_ids": "all"}, "shop_ids"),
        ({"shop_ids": [0]}, "shop_ids"),
        ({"priority": 10_000}, "priority"),
        ({"usage_count": 0}, "usage_count"),
        ({"deleted_at": None}, "deleted_at"),
        ({"partner_id": 1}, "partner_id"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_field_and_nothing_is_stored(
    owner: Caller, change: dict[str, Any], field: str
) -> None:
    answer = owner.post(OFFERS, {**BODY, **change}, 422)
    assert answer["code"] == "VALIDATION_ERROR"
    assert field in {name.partition(".")[0] for name in answer["errors"]}, answer["errors"]
    pk = OfferFactory(partner=partner_of(owner), **BODY).pk
    before = Offer.objects.values().get(pk=pk)
    owner.put(f"{OFFERS}/{pk}", change, 422)
    assert Offer.objects.values().get(pk=pk) == before
    assert Offer.objects.count() == 1
    assert not AuditEvent.objects.filter(action__startswith="offer.").exists()


def test_the_text_of_a_refusal_is_in_the_language_of_the_path(owner: Caller) -> None:
    answer = owner.post("/lt/partners/offers", {**BODY, "minimum_level": "Diamond"}, 422)
    assert answer["errors"]["minimum_level"] == ["Nežinomas lygis. Yra: Bronze, Silver, Gold, Platinum."]


def test_a_limit_is_not_set_below_what_was_claimed(owner: Caller) -> None:
    offer = OfferFactory(partner=partner_of(owner), usage_count=7, usage_limit=10)
    answer = owner.put(f"{OFFERS}/{offer.pk}", {"usage_limit": 6}, 422)
    assert "7" in answer["errors"]["usage_limit"][0]
    owner.put(f"{OFFERS}/{offer.pk}", {"usage_limit": 7})
    assert owner.get(f"{OFFERS}/{offer.pk}")["data"]["status"] == "used_up"


def test_two_offers_never_share_a_number_of_the_feed(owner: Caller) -> None:
    owner.post(OFFERS, {**BODY, "external_id": "A"})
    assert "external_id" in owner.post(OFFERS, {**BODY, "external_id": "A"}, 422)["errors"]
    other = owner.post(OFFERS, {**BODY, "external_id": "B"})["data"]
    assert "external_id" in owner.put(f"{OFFERS}/{other['id']}", {"external_id": "A"}, 422)["errors"]


def test_a_deleted_offer_is_gone_and_its_number_is_free(owner: Caller) -> None:
    pk = owner.post(OFFERS, {**BODY, "external_id": "A"})["data"]["id"]
    answer = owner.delete(f"{OFFERS}/{pk}")
    assert (answer["success"], "data" in answer) == (True, False)
    assert Offer.objects.get().deleted_at is not None
    for call in (owner.get, owner.delete):
        call(f"{OFFERS}/{pk}", 404)
    owner.put(f"{OFFERS}/{pk}", {"is_active": False}, 404)
    assert owner.get(OFFERS)["meta"]["total"] == 0
    owner.post(OFFERS, {**BODY, "external_id": "A"})


def test_the_list_is_narrowed_by_each_filter(owner: Caller) -> None:
    partner, now = partner_of(owner), timezone.now()
    shop, other = ShopFactory(partner=partner), ShopFactory(partner=partner)
    drinks = CategoryFactory(partner=partner)
    tea = CategoryFactory(partner=partner, parent=drinks)
    everywhere = OfferFactory(partner=partner, title={"en": "Everywhere"}, is_featured=True)
    here = OfferFactory(partner=partner, kind="points_multiplier")
    OfferShop.objects.create(offer=here, shop=shop)
    OfferCategory.objects.create(offer=here, category=tea)
    off = OfferFactory(partner=partner, is_active=False)
    over = OfferFactory(partner=partner, valid_until=now)
    soon = OfferFactory(partner=partner, valid_from=now + timedelta(hours=1))
    gone = OfferFactory(partner=partner, usage_limit=1, usage_count=1)
    kettle = OfferFactory(partner=partner, product=ProductFactory(partner=partner, category=tea))

    def found(**query: Any) -> set[int]:
        return {row["id"] for row in owner.get(OFFERS, **query)["data"]}

    everything = {row.pk for row in (everywhere, here, off, over, soon, gone, kettle)}
    assert found() == everything
    assert found(type="points_multiplier") == {here.pk}
    assert found(is_active="false") == {off.pk}
    assert found(is_featured="1") == {everywhere.pk}
    assert found(available_only="true") == {everywhere.pk, here.pk, kettle.pk}
    assert found(category_id=drinks.pk) == found(category_id=tea.pk) == {here.pk, kettle.pk}
    assert found(shop_id=shop.pk) == everything
    assert found(shop_id=other.pk) == everything - {here.pk}
    assert found(search="everyw") == {everywhere.pk}
    states = {row["id"]: row["status"] for row in owner.get(OFFERS)["data"]}
    assert [states[row.pk] for row in (everywhere, off, over, soon, gone)] == [
        "active",
        "inactive",
        "expired",
        "scheduled",
        "used_up",
    ]


def test_an_unknown_parameter_is_refused(owner: Caller) -> None:
    assert owner.get(OFFERS, 400, colour="red")["code"] == "UNKNOWN_PARAMETER"


def test_the_list_takes_as_many_queries_for_twenty_offers_as_for_two(owner: Caller) -> None:
    partner = partner_of(owner)
    shops = [ShopFactory(partner=partner) for _ in range(2)]

    def cost(count: int) -> int:
        for _ in range(count):
            offer = OfferFactory(partner=partner, product=ProductFactory(partner=partner))
            OfferShop.objects.bulk_create([OfferShop(offer=offer, shop=shop) for shop in shops])
            OfferCategory.objects.create(offer=offer, category=CategoryFactory(partner=partner))
        with CaptureQueriesContext(connection) as captured:
            assert owner.get(OFFERS, per_page=100)["meta"]["total"] == Offer.objects.count()
        return len(captured)

    cost(1)
    assert cost(1) == cost(18)


def test_roles_see_and_change_what_the_table_says() -> None:
    partner = PartnerFactory()
    offer = OfferFactory(partner=partner)
    for role in ("cashier", "analyst"):
        caller = staff_caller(partner, role)
        caller.get(f"{OFFERS}/{offer.pk}")
        assert caller.post(OFFERS, BODY, 403)["code"] == "INSUFFICIENT_PARTNER_PERMISSIONS"
        assert caller.delete(f"{OFFERS}/{offer.pk}", 403)["code"] == "INSUFFICIENT_PARTNER_PERMISSIONS"
    staff_caller(partner, "manager").post(OFFERS, BODY)
    credential_caller(partner, scopes=["read", "write"]).post(OFFERS, BODY)
    assert credential_caller(partner, scopes=["read"]).post(OFFERS, BODY, 403)["code"] == "SCOPE_INSUFFICIENT"
    assert Offer.objects.count() == 3


def test_who_is_limited_to_shops_makes_and_changes_offers_of_these_only() -> None:
    partner = PartnerFactory()
    mine, other = ShopFactory(partner=partner), ShopFactory(partner=partner)
    manager = staff_caller(partner, "manager", [mine])
    everywhere = OfferFactory(partner=partner)
    for body in ({**BODY}, {**BODY, "shop_ids": [other.pk]}, {**BODY, "shop_ids": [mine.pk, other.pk]}):
        assert manager.post(OFFERS, body, 403)["code"] == "STORE_ACCESS_DENIED"
    made = manager.post(OFFERS, {**BODY, "shop_ids": [mine.pk]})["data"]
    assert manager.put(f"{OFFERS}/{made['id']}", {"shop_ids": []}, 403)["code"] == "STORE_ACCESS_DENIED"
    assert manager.put(f"{OFFERS}/{everywhere.pk}", {"is_active": False}, 403)["code"] == "STORE_ACCESS_DENIED"
    assert manager.delete(f"{OFFERS}/{everywhere.pk}", 403)["code"] == "STORE_ACCESS_DENIED"
    manager.put(f"{OFFERS}/{made['id']}", {"is_featured": True})
    manager.delete(f"{OFFERS}/{made['id']}")
    assert Offer.objects.filter(deleted_at=None, is_active=True).get() == everywhere


def test_a_repeat_under_one_key_makes_one_offer(owner: Caller) -> None:
    first = owner.post(OFFERS, BODY, 201, **{"Idempotency-Key": "once"})
    assert owner.post(OFFERS, BODY, 201, **{"Idempotency-Key": "once"})["data"] == first["data"]
    assert Offer.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_changes_at_once_both_last() -> None:
    """Each locks the row and reads it then, so neither writes the other's fields back."""
    partner = PartnerFactory()
    offer = OfferFactory(partner=partner)
    at, barrier = datetime(2026, 11, 27, tzinfo=UTC), threading.Barrier(2)
    changes = [{"priority": 5}, {"is_featured": True}]
    failed: list[LoyaltyError] = []

    def change(data: dict[str, Any]) -> None:
        try:
            barrier.wait(60)
            for _ in range(10):
                update_offer(actor=SYSTEM, partner=partner, offer_id=offer.pk, data=data, reach=None, at=at)
        except LoyaltyError as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=change, args=(data,)) for data in changes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    offer.refresh_from_db()
    assert failed == []
    assert (offer.priority, offer.is_featured) == (5, True)
    assert AuditEvent.objects.filter(action="offer.updated").count() == 2
