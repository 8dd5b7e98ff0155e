"""Filters of the lists of offers, products and categories."""

from typing import Any

from django.db.models import F, Q

from loyalty.api.filters import BooleanFilter, ChoiceFilter, HouseFilterSet, IdFilter, MoneyFilter, TextFilter
from partners.choices import Availability, OfferKind
from partners.selectors.catalog import check_categories, with_descendants
from partners.selectors.offers import available, valid_in_shops
from partners.selectors.programmes import check_programmes
from partners.selectors.shops import check_shops


class OfferFilters(HouseFilterSet):
    """`context` holds `partner`, `reach` and `at`."""

    type = ChoiceFilter(choices=OfferKind, field_name="kind")
    is_active = BooleanFilter(field_name="is_active", help_text="Switched on or off.")
    is_featured = BooleanFilter(field_name="is_featured")
    available_only = BooleanFilter(method="only_available", help_text="On, its time, and something left of it.")
    category_id = IdFilter(method="of_category", help_text="For goods of this category or of one below it.")
    shop_id = IdFilter(method="in_shop", help_text="Valid in this shop, offers without shops included.")
    card_id = IdFilter(method="of_programme", help_text="For cards of this programme, offers for all cards included.")
    search = TextFilter(method="titled", help_text="In titles and descriptions.")

    def only_available(self, rows: Any, _name: str, value: bool) -> Any:
        return available(rows, self.context["at"]) if value else rows

    def of_category(self, rows: Any, name: str, category_id: int) -> Any:
        partner = self.context["partner"]
        check_categories(partner=partner, category_ids=[category_id], field=name)
        wanted = with_descendants(partner=partner, category_ids=[category_id])
        return rows.filter(Q(pk__in=rows.filter(categories__in=wanted).values("pk")) | Q(product__category__in=wanted))

    def in_shop(self, rows: Any, _name: str, shop_id: int) -> Any:
        check_shops(partner=self.context["partner"], shop_ids=[shop_id], reach=self.context["reach"])
        return valid_in_shops(rows, frozenset({shop_id}))

    def of_programme(self, rows: Any, name: str, card_id: int) -> Any:
        if self.context["partner"] is not None:
            check_programmes(partner=self.context["partner"], card_ids=[card_id], field=name)
        return rows.filter(Q(card_ids=[]) | Q(card_ids__contains=[card_id]))

    def titled(self, rows: Any, _name: str, value: str) -> Any:
        found = Q()
        for field in ("title", "description"):
            for language in ("en", "lt"):
                found |= Q(**{f"{field}__{language}__icontains": value})
        return rows.filter(found)


class CategoryFilters(HouseFilterSet):
    """`context` holds `partner`."""

    parent_id = IdFilter(method="below", help_text="Directly below this category.")
    is_active = BooleanFilter(field_name="is_active")
    earns_points = BooleanFilter(field_name="earns_points")
    search = TextFilter(method="named", help_text="In keys and names.")

    def below(self, rows: Any, name: str, parent_id: int) -> Any:
        check_categories(partner=self.context["partner"], category_ids=[parent_id], field=name)
        return rows.filter(parent_id=parent_id)

    def named(self, rows: Any, _name: str, value: str) -> Any:
        return rows.filter(Q(key__icontains=value) | Q(name__en__icontains=value) | Q(name__lt__icontains=value))


class ProductFilters(HouseFilterSet):
    """`context` holds `partner`."""

    category_id = IdFilter(method="in_category", help_text="In this category or one below it.")
    is_active = BooleanFilter(field_name="is_active")
    is_featured = BooleanFilter(field_name="is_featured")
    availability = ChoiceFilter(choices=Availability, field_name="availability")
    discounted = BooleanFilter(method="cheaper", help_text="Members pay less than the regular price.")
    min_price = MoneyFilter(field_name="price", lookup_expr="gte")
    max_price = MoneyFilter(field_name="price", lookup_expr="lte")
    sku = TextFilter(field_name="sku", help_text="Exactly this.")
    ean = TextFilter(field_name="ean", help_text="Exactly this.")
    external_number = TextFilter(field_name="external_id", help_text="Exactly this number at the till.")
    search = TextFilter(method="named", help_text="In name, brand, SKU, EAN and the till's number.")

    def in_category(self, rows: Any, name: str, category_id: int) -> Any:
        partner = self.context["partner"]
        check_categories(partner=partner, category_ids=[category_id], field=name)
        wanted = with_descendants(partner=partner, category_ids=[category_id])
        return rows.filter(Q(category__in=wanted) | Q(pk__in=rows.filter(categories__in=wanted).values("pk")))

    def cheaper(self, rows: Any, _name: str, value: bool) -> Any:
        discounted = Q(discounted_price__lt=F("price"))
        return rows.filter(discounted) if value else rows.exclude(discounted)

    def named(self, rows: Any, _name: str, value: str) -> Any:
        fields = ("name", "brand", "sku", "ean", "external_id")
        found = Q()
        for field in fields:
            found |= Q(**{f"{field}__icontains": value})
        return rows.filter(found)
