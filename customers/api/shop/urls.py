from django.urls import path

from customers.api.shop.catalog import CategoryTreeViewSet, ShopProductViewSet
from customers.api.shop.views import CredentialViewSet, PulseViewSet, ShopListViewSet

urlpatterns = [
    path("shop/validate-credentials", CredentialViewSet.as_view({"post": "create"})),
    path("shop/system/health", PulseViewSet.as_view({"get": "list"})),
    path("shop/health", PulseViewSet.as_view({"get": "list"})),
    path("shop/shops", ShopListViewSet.as_view({"get": "list"})),
    path("shop/categories", CategoryTreeViewSet.as_view({"get": "list"})),
    path("shop/products/categories", CategoryTreeViewSet.as_view({"get": "for_products"})),
    path("shop/products", ShopProductViewSet.as_view({"get": "list"})),
    path("shop/products/<int:pk>", ShopProductViewSet.as_view({"get": "retrieve"})),
]
