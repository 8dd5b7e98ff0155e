"""Products and the tree of categories over the Partner API."""

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from loyalty.errors import LoyaltyError, ValidationFailed
from loyalty.models import AuditEvent
from loyalty.services.audit import SYSTEM
from partners.models import Category, Partner, Product, ProductCategory
from partners.services.categories import update_category
from partners.tests.callers import Caller, credential_caller, staff_caller
from partners.tests.factories import CategoryFactory, PartnerFactory, ProductFactory, ShopFactory

pytestmark = pytest.mark.django_db
CATEGORIES, PRODUCTS = "/en/partners/categories", "/en/partners/products"
CAKES = {"en": "Cakes", "lt": "Tortai"}
EVERY_FIELD = {
    "external_id": "K-104",
    "xml_id": "104",
    "name": "Napoleonas",
    "description": "With vanilla",
    "earns_points": False,
    "brand": "Kavos namai",
    "model": "Large",
    "sku": "CAKE-104",
    "ean": "4770001234567",
    "price": 4.5,
    "discounted_price": 3.9,
    "currency": "EUR",
    "availability": "limited_stock",
    "stock_quantity": 3,
    "weight": "1 kg",
    "color": "golden",
    "size": "L",
    "delivery_info": "Tomorrow",
    "warranty_info": "None",
    "image_url": "https://pictures.example/104.png",
    "images": ["https://pictures.example/104-b.png"],
    "external_url": "https://shop.example/104",
    "is_featured": True,
    "is_active": False,
}


@pytest.fixture
def owner(db: None) -> Caller:
    return staff_caller(PartnerFactory())


def partner_of(caller: Caller) -> Partner:
    assert caller.staff is not None
    return caller.staff.partner


# --- categories


def test_a_category_takes_its_key_and_slug_from_its_name(owner: Caller) -> None:
    data = owner.post(CATEGORIES, {"name": {"en": "Fine  Cakes", "lt": "Puikūs  TORTAI"}})["data"]
    # Tills of this partner speak Lithuanian.
    assert (data["key"], data["slug"], data["parent_id"], data["earns_points"]) == (
        "puikūs tortai",
        "fine-cakes",
        None,
        True,
    )
    again = owner.post(CATEGORIES, {"name": {"en": "Fine cakes"}, "key": "Other"})["data"]
    assert (again["key"], again["slug"]) == ("other", "fine-cakes-2")
    assert AuditEvent.objects.filter(action="category.created").count() == 2


def test_a_key_or_slug_names_one_category(owner: Caller) -> None:
    owner.post(CATEGORIES, {"name": CAKES, "key": "cake", "slug": "cake"})
    assert list(owner.post(CATEGORIES, {"name": CAKES, "key": " CAKE "}, 409)["errors"]) == ["key"]
    assert list(owner.post(CATEGORIES, {"name": CAKES, "key": "b", "slug": "cake"}, 409)["errors"]) == ["slug"]
    other = owner.post(CATEGORIES, {"name": CAKES, "key": "b"})["data"]
    assert list(owner.put(f"{CATEGORIES}/{other['id']}", {"key": "cake"}, 409)["errors"]) == ["key"]
    assert Category.objects.count() == 2


def test_a_tree_has_no_ring_and_at_most_eight_levels(owner: Caller) -> None:
    partner = partner_of(owner)
    chain = [CategoryFactory(partner=partner)]
    for _ in range(7):
        chain.append(CategoryFactory(partner=partner, parent=chain[-1]))
    body = {"name": CAKES, "key": "ninth", "parent_id": chain[-1].pk}
    assert list(owner.post(CATEGORIES, body, 422)["errors"]) == ["parent_id"]
    for below in chain:
        answer = owner.put(f"{CATEGORIES}/{chain[0].pk}", {"parent_id": below.pk}, 422)
        assert list(answer["errors"]) == ["parent_id"]
    # A branch of two levels does not fit below the seventh.
    top = CategoryFactory(partner=partner)
    CategoryFactory(partner=partner, parent=top)
    owner.put(f"{CATEGORIES}/{top.pk}", {"parent_id": chain[6].pk}, 422)
    owner.put(f"{CATEGORIES}/{top.pk}", {"parent_id": chain[5].pk})


def test_what_hangs_below_a_category_that_earns_nothing_earns_nothing(owner: Caller) -> None:
    partner = partner_of(owner)
    drinks = CategoryFactory(partner=partner, key="drinks")
    wine = CategoryFactory(partner=partner, key="wine", parent=drinks)
    red = CategoryFactory(partner=partner, key="red", parent=wine)
    owner.put(f"{CATEGORIES}/{drinks.pk}", {"earns_points": False})
    assert set(Category.objects.filter(earns_points=False)) == {drinks, wine, red}
    assert AuditEvent.objects.filter(action="category.updated").count() == 3
    answer = owner.put(f"{CATEGORIES}/{red.pk}", {"earns_points": True}, 422)
    assert list(answer["errors"]) == ["earns_points"]
    made = owner.post(CATEGORIES, {"name": CAKES, "key": "rosé", "parent_id": wine.pk})["data"]
    assert made["earns_points"] is False
    tea = owner.post(CATEGORIES, {"name": CAKES, "key": "tea"})["data"]
    assert owner.put(f"{CATEGORIES}/{tea['id']}", {"parent_id": wine.pk})["data"]["earns_points"] is False


def test_only_an_empty_category_is_deleted_and_it_comes_back_under_its_key(owner: Caller) -> None:
    partner = partner_of(owner)
    drinks = CategoryFactory(partner=partner, key="drinks", earns_points=False)
    wine = CategoryFactory(partner=partner, parent=drinks)
    bottle = ProductFactory(partner=partner, category=wine)
    for row in (drinks, wine):
        assert owner.delete(f"{CATEGORIES}/{row.pk}", 409)["code"] == "CATEGORY_IN_USE"
    owner.delete(f"{PRODUCTS}/{bottle.pk}")
    owner.delete(f"{CATEGORIES}/{wine.pk}")
    owner.delete(f"{CATEGORIES}/{drinks.pk}")
    owner.get(f"{CATEGORIES}/{drinks.pk}", 404)
    assert owner.get(CATEGORIES)["meta"]["total"] == 0
    back = owner.post(CATEGORIES, {"name": CAKES, "key": "Drinks"})["data"]
    assert (back["id"], back["earns_points"], back["name"]) == (drinks.pk, True, CAKES)


def test_categories_are_listed_by_key_and_narrowed(owner: Caller) -> None:
    partner = partner_of(owner)
    food = CategoryFactory(partner=partner, key="food")
    bread = CategoryFactory(partner=partner, key="bread", parent=food, name={"lt": "Duona"})
    wine = CategoryFactory(partner=partner, key="wine", earns_points=False, is_active=False)
    CategoryFactory()

    def found(**query: Any) -> list[int]:
        return [row["id"] for row in owner.get(CATEGORIES, **query)["data"]]

    assert found() == [bread.pk, food.pk, wine.pk]
    assert found(parent_id=food.pk) == found(search="duon") == [bread.pk]
    assert found(is_active="false") == found(earns_points="false") == [wine.pk]


def _move(child: Category, parent: Category, barrier: threading.Barrier, refused: list[LoyaltyError]) -> None:
    try:
        barrier.wait(60)
        update_category(
            actor=SYSTEM,
            partner=child.partner,
            category_id=child.pk,
            data={"parent_id": parent.pk},
            at=datetime(2026, 11, 27, tzinfo=UTC),
        )
    except LoyaltyError as error:
        refused.append(error)
    finally:
        connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_two_moves_at_once_never_make_a_ring() -> None:
    partner = PartnerFactory()
    for _ in range(5):
        one, two = CategoryFactory(partner=partner), CategoryFactory(partner=partner)
        barrier = threading.Barrier(2)
        refused: list[LoyaltyError] = []

        pairs = ((one, two), (two, one))
        threads = [threading.Thread(target=_move, args=(*pair, barrier, refused)) for pair in pairs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert [type(error) for error in refused] == [ValidationFailed]
        assert Category.objects.filter(pk__in=[one.pk, two.pk], parent=None).count() == 1


# --- products


def test_every_field_of_a_product_can_be_written_and_is_read_back(owner: Caller) -> None:
    partner = partner_of(owner)
    food = CategoryFactory(partner=partner)
    cake = CategoryFactory(partner=partner, parent=food)
    data = owner.post(PRODUCTS, {**EVERY_FIELD, "category_ids": [cake.pk]})["data"]
    assert {name: data[name] for name in EVERY_FIELD} == EVERY_FIELD
    # The first group is the main one; those above are added.
    assert (data["category_id"], data["category_ids"]) == (cake.pk, [food.pk, cake.pk])
    assert owner.get(f"{PRODUCTS}/{data['id']}")["data"] == data
    event = AuditEvent.objects.get(action="product.created")
    assert event.changes["name"] == [None, "Napoleonas"]


def test_a_product_has_the_partner_s_currency_and_is_in_stock(db: None) -> None:
    owner = staff_caller(PartnerFactory(currency="GBP"))
    data = owner.post(PRODUCTS, {"external_id": "1", "name": "Tea"})["data"]
    assert (data["currency"], data["availability"], data["earns_points"], data["price"]) == (
        "GBP",
        "in_stock",
        True,
        None,
    )


def test_a_change_of_main_group_keeps_the_others_and_adds_those_above(owner: Caller) -> None:
    partner = partner_of(owner)
    old, top = CategoryFactory(partner=partner), CategoryFactory(partner=partner)
    new = CategoryFactory(partner=partner, parent=top)
    pk = owner.post(PRODUCTS, {"external_id": "1", "name": "Tea", "category_id": old.pk})["data"]["id"]
    data = owner.put(f"{PRODUCTS}/{pk}", {"category_id": new.pk})["data"]
    assert (data["category_id"], data["category_ids"]) == (new.pk, sorted([old.pk, top.pk, new.pk]))
    data = owner.put(f"{PRODUCTS}/{pk}", {"category_ids": [], "category_id": None})["data"]
    assert (data["category_id"], data["category_ids"]) == (None, [])
    assert not ProductCategory.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"external_id": ""}, "external_id"),
        ({"external_id": "x" * 101}, "external_id"),
        ({"name": ""}, "name"),
        ({"price": -0.01}, "price"),
        ({"price": 1.005}, "price"),
        ({"price": 10**10}, "price"),
        ({"discounted_price": 1, "price": None}, "price"),
        ({"currency": "euro"}, "currency"),
        ({"availability": "maybe"}, "availability"),
        ({"stock_quantity": -1}, "stock_quantity"),
        ({"image_url": "data:text/html,x"}, "image_url"),
        ({"images": ["javascript:x"]}, "images"),
        ({"images": ["https://a.example/1"] * 51}, "images"),
        ({"external_url": "//evil.example"}, "external_url"),
        ({"category_ids": "1"}, "category_ids"),
        ({"feed": "x"}, "feed"),
    ],
)
def test_a_product_that_cannot_be_meant_is_refused(owner: Caller, change: dict[str, Any], field: str) -> None:
    answer = owner.post(PRODUCTS, {"external_id": "1", "name": "Tea", **change}, 422)
    assert {name.partition(".")[0] for name in answer["errors"]} == {field}
    assert not Product.objects.exists()


def test_the_till_s_number_is_one_product_and_a_deleted_one_comes_back(owner: Caller) -> None:
    first = owner.post(PRODUCTS, {"external_id": "1", "name": "Tea", "brand": "Old"})["data"]
    assert list(owner.post(PRODUCTS, {"external_id": "1", "name": "Other"}, 409)["errors"]) == ["external_id"]
    second = owner.post(PRODUCTS, {"external_id": "2", "name": "Other"})["data"]
    owner.put(f"{PRODUCTS}/{second['id']}", {"external_id": "1"}, 409)
    owner.delete(f"{PRODUCTS}/{first['id']}")
    owner.get(f"{PRODUCTS}/{first['id']}", 404)
    back = owner.post(PRODUCTS, {"external_id": "1", "name": "Green tea"})["data"]
    assert (back["id"], back["name"], back["brand"]) == (first["id"], "Green tea", "")


def test_products_are_narrowed_by_each_filter(owner: Caller) -> None:
    partner = partner_of(owner)
    drinks = CategoryFactory(partner=partner)
    tea = CategoryFactory(partner=partner, parent=drinks)
    green = ProductFactory(partner=partner, name="Green tea", price=5, discounted_price=4, category=tea, sku="G1")
    black = ProductFactory(partner=partner, name="Black tea", price=3, ean="477", availability="out_of_stock")
    ProductCategory.objects.create(product=black, category=drinks)
    cup = ProductFactory(partner=partner, name="Cup", is_active=False, is_featured=True, external_id="CUP")

    def found(**query: Any) -> set[int]:
        return {row["id"] for row in owner.get(PRODUCTS, **query)["data"]}

    assert found() == {green.pk, black.pk, cup.pk}
    assert found(category_id=drinks.pk) == {green.pk, black.pk}
    assert found(category_id=tea.pk) == found(discounted="true") == found(sku="G1") == found(min_price=4) == {green.pk}
    assert found(discounted="false") == {black.pk, cup.pk}
    assert found(availability="out_of_stock") == found(ean="477") == found(max_price=4) == {black.pk}
    assert found(is_active="false") == found(is_featured="true") == found(external_number="CUP") == {cup.pk}
    assert found(search="TEA") == {green.pk, black.pk}


@pytest.mark.parametrize("path", [CATEGORIES, PRODUCTS])
def test_a_list_takes_as_many_queries_for_twenty_rows_as_for_two(owner: Caller, path: str) -> None:
    partner = partner_of(owner)

    def cost(count: int) -> int:
        for _ in range(count):
            group = CategoryFactory(partner=partner, parent=CategoryFactory(partner=partner))
            ProductCategory.objects.create(product=ProductFactory(partner=partner, category=group), category=group)
        with CaptureQueriesContext(connection) as captured:
            owner.get(path)
        return len(captured)

    cost(1)
    assert cost(1) == cost(18)


def test_who_is_limited_to_shops_sees_the_catalogue_and_changes_none_of_it() -> None:
    """What earns points is the whole chain's: a till of one shop must not decide it for the others."""
    partner = PartnerFactory()
    shop, group, product = (
        ShopFactory(partner=partner),
        CategoryFactory(partner=partner),
        ProductFactory(partner=partner),
    )
    manager = staff_caller(partner, role="manager", shops=[shop])
    till = credential_caller(partner, shop, scopes=["read", "write"])
    before = [list(model.objects.order_by("pk").values()) for model in (Category, Product)]
    for caller in (manager, till):
        for path, pk, body in (
            (CATEGORIES, group.pk, {"name": CAKES, "earns_points": False}),
            (PRODUCTS, product.pk, {"external_id": "NEW-1", "name": "Tea", "earns_points": False}),
        ):
            assert caller.get(f"{path}/{pk}")["data"]["id"] == pk
            assert caller.post(path, body, 403)["code"] == "STORE_ACCESS_DENIED"
            assert caller.put(f"{path}/{pk}", {"earns_points": False}, 403)["code"] == "STORE_ACCESS_DENIED"
            assert caller.delete(f"{path}/{pk}", 403)["code"] == "STORE_ACCESS_DENIED"
    assert [list(model.objects.order_by("pk").values()) for model in (Category, Product)] == before
