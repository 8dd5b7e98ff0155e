from django.urls import path

from customers.api.shop.account import AccountViewSet
from customers.api.shop.app_links import AppLinkViewSet
from customers.api.shop.catalog import CategoryTreeViewSet, ShopProductViewSet
from customers.api.shop.doors import CodeViewSet
from customers.api.shop.qr_logins import QrLoginAppViewSet, QrLoginViewSet
from customers.api.shop.realtime import RealtimeConfigViewSet
from customers.api.shop.views import CredentialViewSet, PulseViewSet, ShopListViewSet

urlpatterns = [
    path("shop/validate-credentials", CredentialViewSet.as_view({"post": "create"})),
    path("shop/system/health", PulseViewSet.as_view({"get": "list"})),
    path("shop/health", PulseViewSet.as_view({"get": "list"})),
    path("shop/auth/request-otp", CodeViewSet.as_view({"post": "request_otp"})),
    path("shop/auth/login", CodeViewSet.as_view({"post": "login"})),
    path("shop/auth/register", CodeViewSet.as_view({"post": "register"})),
    path("shop/auth/verify-otp", CodeViewSet.as_view({"post": "verify_otp"})),
    path("shop/auth/refresh", CodeViewSet.as_view({"post": "refresh"})),
    path("shop/auth/logout", CodeViewSet.as_view({"post": "logout"})),
    path("shop/auth/me", AccountViewSet.as_view({"get": "me"})),
    path("shop/auth/profile", AccountViewSet.as_view({"get": "me", "put": "profile"})),
    path("shop/auth/preferences", AccountViewSet.as_view({"get": "preferences", "put": "change_preferences"})),
    path("shop/auth/statistics", AccountViewSet.as_view({"get": "statistics"})),
    path("shop/auth/account", AccountViewSet.as_view({"get": "export", "delete": "destroy"})),
    path("shop/auth/send-app-link", AppLinkViewSet.as_view({"post": "create"})),
    path("shop/auth/qr-login/generate", QrLoginViewSet.as_view({"post": "generate"})),
    path("shop/auth/qr-login/poll/<str:session_id>", QrLoginViewSet.as_view({"post": "poll"})),
    path("shop/auth/qr-login/scan/<str:qr_code>", QrLoginAppViewSet.as_view({"post": "scan"})),
    path("shop/auth/qr-login/confirm/<str:session_id>", QrLoginAppViewSet.as_view({"post": "confirm"})),
    path("shop/auth/qr-login/reject/<str:session_id>", QrLoginAppViewSet.as_view({"post": "reject"})),
    path("shop/realtime/config", RealtimeConfigViewSet.as_view({"get": "list"})),
    path("shop/shops", ShopListViewSet.as_view({"get": "list"})),
    path("shop/categories", CategoryTreeViewSet.as_view({"get": "list"})),
    path("shop/products/categories", CategoryTreeViewSet.as_view({"get": "for_products"})),
    path("shop/products", ShopProductViewSet.as_view({"get": "list"})),
    path("shop/products/<int:pk>", ShopProductViewSet.as_view({"get": "retrieve"})),
]
