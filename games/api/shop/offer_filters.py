"""How offers are narrowed on the Shop API."""

from typing import Any

from loyalty.api.filters import IdFilter, TextFilter
from partners.api.partner.catalog_filters import OfferFilters
from partners.errors import PartnerNotFound
from partners.models import Category
from partners.selectors.offers import valid_in_shops


class ShopOfferFilters(OfferFilters):
    """The Partner API's filters, and those of older pages; `context` holds `partners` too."""

    partner_id = IdFilter(method="of_partner", help_text="One of the partners that the caller may see.")
    category = TextFilter(method="of_word", help_text="A category's slug, key or name.")

    def of_partner(self, rows: Any, _name: str, partner_id: int) -> Any:
        if not self.context["partners"].filter(pk=partner_id).exists():
            raise PartnerNotFound
        return rows.filter(partner_id=partner_id)

    def of_word(self, rows: Any, _name: str, value: str) -> Any:
        word = value.strip()
        groups = Category.objects.filter(partner__in=self.context["partners"], deleted_at=None)
        named = groups.filter(slug=word.lower()) | groups.filter(key=word.casefold())
        named |= groups.filter(name__en__iexact=word) | groups.filter(name__lt__iexact=word)
        return rows.filter(pk__in=rows.filter(categories__in=named).values("pk"))

    def of_category(self, rows: Any, name: str, category_id: int) -> Any:
        if self.context["partner"] is not None:
            return super().of_category(rows, name, category_id)
        return rows.filter(pk__in=rows.filter(categories=category_id).values("pk"))

    def in_shop(self, rows: Any, name: str, shop_id: int) -> Any:
        if self.context["partner"] is not None:
            return super().in_shop(rows, name, shop_id)
        return valid_in_shops(rows.filter(partner__shops=shop_id), frozenset({shop_id}))
