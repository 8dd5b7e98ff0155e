from django.db.models import QuerySet

from cards.models import Card
from cards.selectors.cards import valid_in_shop
from loyalty.api.filters import BooleanFilter, HouseFilterSet, IdFilter
from partners.selectors.shops import check_shops


class CardFilters(HouseFilterSet):
    """Filters of the card list; `context` holds `partner` and `reach`."""

    is_active = BooleanFilter(field_name="is_active", help_text="Only running, or only stopped programmes.")
    shop_id = IdFilter(method="in_shop", help_text="Valid in this shop, cards without shops included.")

    def in_shop(self, rows: QuerySet[Card], _name: str, shop_id: int) -> QuerySet[Card]:
        check_shops(partner=self.context["partner"], shop_ids=[shop_id], reach=self.context["reach"])
        return valid_in_shop(rows, shop_id)
