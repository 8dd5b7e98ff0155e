"""Offers, products and categories in the back office."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from loyalty.models import AuditEvent
from loyalty.tests.factories import AdminFactory
from partners.models import Category, Offer, Product
from partners.tests.factories import CategoryFactory, OfferFactory, PartnerFactory, ProductFactory, ShopFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(AdminFactory())
    return client


def url(model: str, page: str, *args: Any) -> str:
    return reverse(f"admin:partners_{model}_{page}", args=args)


def offer_form(**fields: Any) -> dict[str, Any]:
    return {
        "title_en": "Half price",
        "title_lt": "Už pusę kainos",
        "kind": "discount",
        "discount_type": "percentage",
        "discount_value": "50",
        "points_required": "0",
        "priority": "0",
        "is_active": "on",
        **fields,
    }


def errors(answer: Any) -> dict[str, Any]:
    return dict(answer.context["adminform"].form.errors)


def test_an_offer_is_made_with_its_texts_shops_and_goods(boss: Client) -> None:
    partner = PartnerFactory()
    shop, group = ShopFactory(partner=partner), CategoryFactory(partner=partner)
    product = ProductFactory(partner=partner)
    sent = offer_form(
        partner=partner.pk,
        valid_in=[shop.pk],
        for_goods=[group.pk],
        product=product.pk,
        valid_until_0="2030-01-01",
        valid_until_1="12:00",
        usage_limit="10",
    )
    answer = boss.post(url("offer", "add"), sent)
    assert answer.status_code == 302, errors(answer)
    offer = Offer.objects.get()
    assert (offer.title, offer.discount_value, offer.product) == (
        {"en": "Half price", "lt": "Už pusę kainos"},
        50,
        product,
    )
    assert (list(offer.shops.all()), list(offer.categories.all()), offer.usage_limit) == ([shop], [group], 10)
    event = AuditEvent.objects.get(action="offer.created")
    assert (event.actor_kind, event.partner_id) == ("admin", partner.pk)
    page = boss.get(url("offer", "changelist"))
    assert "Half price" in page.content.decode()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"title_en": "", "title_lt": ""}, "title"),
        ({"discount_value": ""}, "discount_value"),
        ({"discount_value": "101"}, "discount_value"),
        ({"kind": "points_multiplier", "points_multiplier": "1"}, "points_multiplier"),
        ({"kind": "points_multiplier", "points_multiplier": "2", "usage_limit": "5"}, "usage_limit"),
        ({"kind": "cashback", "points_required": "5"}, "points_required"),
        ({"minimum_level": "Diamond"}, "minimum_level"),
        (
            {
                "valid_from_0": "2030-01-02",
                "valid_from_1": "00:00",
                "valid_until_0": "2030-01-01",
                "valid_until_1": "00:00",
            },
            "valid_until",
        ),
    ],
)
def test_an_offer_that_cannot_be_meant_is_refused_with_a_word_at_its_field(
    boss: Client, fields: dict[str, Any], field: str
) -> None:
    answer = boss.post(url("offer", "add"), offer_form(partner=PartnerFactory().pk, **fields))
    assert list(errors(answer)) == [field]
    assert not Offer.objects.exists()


def test_an_offer_without_a_partner_is_refused_at_that_field(boss: Client) -> None:
    answer = boss.post(url("offer", "add"), offer_form(minimum_level="gold"))
    assert "partner" in errors(answer)
    assert not Offer.objects.exists()


def test_an_offer_is_tied_to_its_own_partner_s_things_only(boss: Client) -> None:
    sent = offer_form(partner=PartnerFactory().pk)
    for name, foreign in (("valid_in", ShopFactory()), ("for_goods", CategoryFactory()), ("product", ProductFactory())):
        answer = boss.post(url("offer", "add"), {**sent, name: foreign.pk})
        assert list(errors(answer)) == [name]


def test_an_offer_s_kind_is_changed_with_its_figures(boss: Client) -> None:
    offer = OfferFactory()
    sent = offer_form(kind="points_multiplier", points_multiplier="3", audit_reason="happy hour")
    answer = boss.post(url("offer", "change", offer.pk), sent)
    assert answer.status_code == 302, errors(answer)
    offer.refresh_from_db()
    assert (offer.kind, offer.points_multiplier, offer.discount_type, offer.discount_value) == (
        "points_multiplier",
        3,
        "",
        None,
    )
    event = AuditEvent.objects.filter(action="offer.updated").last()
    assert event is not None
    assert event.reason == "happy hour"


def test_a_category_finds_its_place_and_takes_those_below_along(boss: Client) -> None:
    partner = PartnerFactory()
    drinks = CategoryFactory(partner=partner, key="drinks")
    wine = CategoryFactory(partner=partner, key="wine", parent=drinks)
    sent = {"key": "drinks", "name_en": "Drinks", "is_active": "on", "parent": wine.pk, "earns_points": "on"}
    assert list(errors(boss.post(url("category", "change", drinks.pk), sent))) == ["parent"]
    foreign = CategoryFactory()
    assert "parent" in errors(boss.post(url("category", "change", drinks.pk), {**sent, "parent": foreign.pk}))
    del sent["earns_points"], sent["parent"]
    assert boss.post(url("category", "change", drinks.pk), sent).status_code == 302
    assert not Category.objects.filter(partner=partner, earns_points=True).exists()
    assert AuditEvent.objects.filter(action="category.updated", target_id=str(wine.pk)).exists()
    sent = {"key": "wine", "name_en": "Wine", "parent": drinks.pk, "earns_points": "on"}
    assert list(errors(boss.post(url("category", "change", wine.pk), sent))) == ["earns_points"]


def test_a_product_is_made_as_a_catalogue_shows_it(boss: Client) -> None:
    partner = PartnerFactory()
    main, other = CategoryFactory(partner=partner), CategoryFactory(partner=partner)
    sent = {
        "partner": partner.pk,
        "external_id": "7",
        "name": "Tea",
        "category": main.pk,
        "shown_in": [other.pk],
        "price": "5.00",
        "discounted_price": "4.00",
        "currency": "EUR",
        "availability": "limited_stock",
        "images": "https://p.example/1.png\nhttps://p.example/2.png",
        "is_active": "on",
    }
    bad = {**sent, "images": "javascript:1", "price": ""}
    assert set(errors(boss.post(url("product", "add"), bad))) == {"images", "price"}
    answer = boss.post(url("product", "add"), sent)
    assert answer.status_code == 302, errors(answer)
    product = Product.objects.get()
    assert (product.discounted_price, product.images, list(product.categories.all())) == (
        4,
        ["https://p.example/1.png", "https://p.example/2.png"],
        [other],
    )


def test_what_was_deleted_is_not_listed(boss: Client) -> None:
    for factory, model in ((OfferFactory, "offer"), (CategoryFactory, "category"), (ProductFactory, "product")):
        row = factory(deleted_at="2026-01-01T00:00:00Z")
        assert boss.get(url(model, "change", row.pk)).status_code == 302
