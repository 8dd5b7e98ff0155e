"""Games of a partner."""

from django.urls import path

from games.api.partner.batches import CouponBatchViewSet
from games.api.partner.offer_uploads import OfferImageViewSet
from games.api.partner.statistics import GameStatisticsViewSet
from games.api.partner.uploads import StampImageViewSet
from games.api.partner.views import GameViewSet

urlpatterns = [
    # --- games as the partner sets them up
    path("partners/games", GameViewSet.as_view({"get": "list", "post": "create"})),
    path("partners/games/<int:pk>", GameViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"})),
    path("partners/games/<int:pk>/toggle-status", GameViewSet.as_view({"put": "toggle"})),
    path("partners/games/<int:pk>/stamps", GameViewSet.as_view({"get": "stamps"})),
    path("partners/games/<int:pk>/collection-items", GameViewSet.as_view({"get": "collection_items"})),
    path("partners/games/<int:pk>/statistics", GameStatisticsViewSet.as_view({"get": "retrieve"})),
    path("partners/games/<int:pk>/upload-stamp-image", StampImageViewSet.as_view({"post": "create"})),
    path("partners/offers/<int:pk>/upload-image", OfferImageViewSet.as_view({"post": "create"})),
    # --- coupon codes by the thousand
    path("partners/coupon-batches", CouponBatchViewSet.as_view({"get": "list", "post": "create"})),
    path("partners/coupon-batches/<int:pk>", CouponBatchViewSet.as_view({"get": "retrieve"})),
    path("partners/coupon-batches/<int:pk>/codes.csv", CouponBatchViewSet.as_view({"get": "codes"})),
]
