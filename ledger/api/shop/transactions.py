"""`GET /{locale}/shop/transactions`."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from customers.api.base import ShopViewSet
from customers.models import Person
from ledger.choices import TransactionType
from ledger.models import Transaction
from ledger.selectors.own_holdings import list_own_bonuses, list_own_transactions, own_bonus_rows, own_row
from ledger.selectors.till_transactions import (
    TillFilter,
    bonus_rows,
    list_bonuses,
    list_till_transactions,
    till_row,
)
from loyalty.api.base import PAGE_PARAMETERS, Capability
from loyalty.api.envelope import ok
from loyalty.api.filters import ChoiceFilter, DayFilter, HouseFilterSet, IdFilter, TextFilter
from loyalty.api.schema import document
from loyalty.errors import ResourceNotFound, ValidationFailed
from partners.errors import ScopeInsufficient, StoreAccessDenied
from partners.selectors.shops import check_shops

REVERSALS = (TransactionType.REFUND, TransactionType.CANCELLATION)
TYPES: dict[str, tuple[str, ...]] = {
    "purchase": (TransactionType.PURCHASE,),
    "earn": (TransactionType.PURCHASE,),
    "refund": REVERSALS,
    "redeem": REVERSALS,
    "cancellation": (TransactionType.CANCELLATION,),
}


class _NamedSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()


class TillTransactionSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    type = serializers.ChoiceField(["purchase", "refund", "bonus"])
    points = serializers.IntegerField(help_text="Signed.")
    amount = serializers.DecimalField(14, 2)
    currency = serializers.CharField()
    description = serializers.CharField()
    reference_number = serializers.CharField(allow_null=True, help_text="The order id.")
    status = serializers.ChoiceField(["completed", "pending", "cancelled"])
    user = serializers.DictField(allow_null=True, required=False, help_text="Only for tills.")
    partner = serializers.DictField(required=False, help_text="Only for customers.")
    loyalty_card = serializers.DictField(allow_null=True)
    shop = _NamedSerializer(allow_null=True)
    metadata = serializers.DictField()
    transaction_date = serializers.DateTimeField()
    created_at = serializers.DateTimeField()


class TillTransactionFilters(HouseFilterSet):
    """Filters of the till's list; they only read the query, the selector does the filtering."""

    user_id = IdFilter(method="read")
    user_email = TextFilter(method="read")
    loyalty_card_id = IdFilter(method="read", help_text="The issued card.")
    card_id = IdFilter(method="read", help_text="The same, as older clients call it.")
    shop_id = IdFilter(method="read")
    staff_id = IdFilter(method="read")
    category_id = IdFilter(method="read")
    reference_number = TextFilter(method="read", help_text="Exact order id.")
    type = ChoiceFilter(choices=[(word, "") for word in (*TYPES, "bonus")], method="read")
    date_from = DayFilter(method="read", help_text="Local day of the partner, included.")
    date_to = DayFilter(method="read", help_text="Local day of the partner, included.")

    def read(self, rows: Any, _name: str, _value: Any) -> Any:
        return rows

    def wanted(self) -> TillFilter:
        """What was asked for. Raises ValidationFailed."""
        return TillFilter(
            customer_id=self.value("user_id"),
            email=self.value("user_email") or None,
            issued_card_id=self.value("loyalty_card_id") or self.value("card_id"),
            shop_id=self.value("shop_id"),
            staff_id=self.value("staff_id"),
            category_id=self.value("category_id"),
            reference_number=self.value("reference_number") or None,
            types=TYPES.get(self.value("type") or "", ()),
            date_from=self.value("date_from"),
            date_to=self.value("date_to"),
        )


class TillTransactionViewSet(ShopViewSet):
    """What the tills reported: to a till its partner's, to a person their own."""

    capabilities: ClassVar[Mapping[str, Capability]] = {"list": ("till.read", "customer.self")}
    parameters: ClassVar[Mapping[str, frozenset[str]]] = {"list": PAGE_PARAMETERS | TillTransactionFilters.names()}
    page_cap = 100

    @document(
        "List transactions of tills",
        description="With a customer's token: the customer's own, at every partner; dates are local days of each.",
        answer=TillTransactionSerializer,
        many=True,
        paginated=True,
        parameters=TillTransactionFilters.described(),
        raises=(ScopeInsufficient, ValidationFailed, ResourceNotFound, StoreAccessDenied),
        example=[
            {
                "id": 4711,
                "type": "purchase",
                "points": 15,
                "amount": 15.5,
                "currency": "EUR",
                "reference_number": "ORDER-1001",
                "status": "completed",
                "transaction_date": "2026-11-23T18:30:00Z",
            }
        ],
    )
    def list(self, request: Request, locale: str) -> Response:
        filters = TillTransactionFilters(request.query_params, Transaction.objects.none())
        wanted = filters.wanted()
        if self.person is not None:
            return self._own(self.person, filters, wanted)
        assert self.partner is not None
        if wanted.shop_id is not None:
            check_shops(partner=self.partner, shop_ids=[wanted.shop_id], reach=self.shop_ids)
        page = self.page()
        part = slice(page.offset, page.offset + page.size)
        if filters.value("type") == "bonus":
            bonuses = list_bonuses(partner=self.partner, shop_ids=self.shop_ids, wanted=wanted)
            return ok(bonus_rows(bonuses[part], self.partner.currency), meta=page.meta(bonuses.count()))
        rows = list_till_transactions(partner=self.partner, shop_ids=self.shop_ids, wanted=wanted)
        return ok([till_row(row) for row in rows[part]], meta=page.meta(rows.count()))

    def _own(self, person: Person, filters: TillTransactionFilters, wanted: TillFilter) -> Response:
        page = self.page()
        part = slice(page.offset, page.offset + page.size)
        # Whose it is, is said by the token; staff and category are the partner's own words.
        wanted = replace(wanted, customer_id=None, email=None, staff_id=None, category_id=None)
        if filters.value("type") == "bonus":
            bonuses = list_own_bonuses(person=person, partner=self.partner, wanted=wanted)
            return ok(own_bonus_rows(bonuses[part]), meta=page.meta(bonuses.count()))
        rows = list_own_transactions(person=person, partner=self.partner, wanted=wanted)
        return ok([own_row(row) for row in rows[part]], meta=page.meta(rows.count()))
