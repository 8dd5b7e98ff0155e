from django.urls import path

from customers.api.shop.views import CredentialViewSet, PulseViewSet, ShopListViewSet

urlpatterns = [
    path("shop/validate-credentials", CredentialViewSet.as_view({"post": "create"})),
    path("shop/system/health", PulseViewSet.as_view({"get": "list"})),
    path("shop/health", PulseViewSet.as_view({"get": "list"})),
    path("shop/shops", ShopListViewSet.as_view({"get": "list"})),
]
