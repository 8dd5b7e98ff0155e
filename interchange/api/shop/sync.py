"""How far the catalogue is in step with its feed."""

from collections.abc import Mapping
from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from customers.api.base import TillViewSet
from interchange.api.shop.serializers import OfferSyncSerializer, ProductSyncSerializer
from interchange.selectors.feed_imports import last_import
from loyalty.api.envelope import ok
from loyalty.api.schema import document
from partners.errors import ScopeInsufficient
from partners.selectors.catalog import product_figures
from partners.selectors.offers import offer_counts


class SyncViewSet(TillViewSet):
    """Counts, and when the last import succeeded."""

    capabilities: ClassVar[Mapping[str, str]] = {"offers": "till.read", "products": "till.read"}

    @document(
        "Get the state of offers",
        answer=OfferSyncSerializer,
        raises=(ScopeInsufficient,),
        example={"total_offers": 4, "active_offers": 3, "expired_offers": 1, "last_sync": "2026-11-27T05:00:02Z"},
    )
    def offers(self, request: Request, locale: str) -> Response:
        counts = offer_counts(partner=self.partner, at=self.now)
        shown = {f"{name}_offers": counts[name] for name in ("total", "active", "expired")}
        return ok({**shown, "last_sync": last_import(partner=self.partner)})

    @document(
        "Get the state of products",
        answer=ProductSyncSerializer,
        raises=(ScopeInsufficient,),
        example={
            "total_products": 120,
            "active_products": 118,
            "inactive_products": 2,
            "products_with_discount": 12,
            "products_in_stock": 97,
            "categories_used": 14,
            "last_sync": "2026-11-27T05:00:02Z",
        },
    )
    def products(self, request: Request, locale: str) -> Response:
        figures = product_figures(partner=self.partner)
        return ok(
            {
                "total_products": figures["total"],
                "active_products": figures["active"],
                "inactive_products": figures["inactive"],
                "products_with_discount": figures["discounted"],
                "products_in_stock": figures["in_stock"],
                "categories_used": figures["categories"],
                "last_sync": last_import(partner=self.partner),
            }
        )
