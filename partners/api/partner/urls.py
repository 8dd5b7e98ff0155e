from typing import Any

from django.urls import path

from partners.api.partner.accounts import MeViewSet, StaffAccountViewSet
from partners.api.partner.catalog import CategoryViewSet, ProductViewSet
from partners.api.partner.offers import OfferViewSet
from partners.api.partner.platform import PartnersViewSet
from partners.api.partner.profile import PartnerProfileViewSet
from partners.api.partner.request_log import RequestLogViewSet
from partners.api.partner.verification import PaperViewSet, VerificationViewSet

MANY: dict[str, Any] = {"get": "list", "post": "create"}
ONE: dict[str, Any] = {"get": "retrieve", "put": "update", "delete": "destroy"}

urlpatterns = [
    path("partners/auth/login", StaffAccountViewSet.as_view({"post": "login"})),
    path("partners/auth/refresh", StaffAccountViewSet.as_view({"post": "refresh"})),
    path("partners/auth/logout", StaffAccountViewSet.as_view({"post": "logout"})),
    path("partners/auth/forgot-password", StaffAccountViewSet.as_view({"post": "forgot_password"})),
    path("partners/auth/reset-password", StaffAccountViewSet.as_view({"post": "reset_password"})),
    path("partners/auth/me", MeViewSet.as_view({"get": "me"})),
    path("partners/request-log", RequestLogViewSet.as_view({"get": "list"})),
    path("partners/offers", OfferViewSet.as_view(MANY)),
    path("partners/offers/<int:pk>", OfferViewSet.as_view(ONE)),
    path("partners/products", ProductViewSet.as_view(MANY)),
    path("partners/products/<int:pk>", ProductViewSet.as_view(ONE)),
    path("partners/categories", CategoryViewSet.as_view(MANY)),
    path("partners/categories/<int:pk>", CategoryViewSet.as_view(ONE)),
    path("partners/verification", VerificationViewSet.as_view({"get": "retrieve", "post": "create"})),
    path("partners/verification/documents", PaperViewSet.as_view(MANY)),
    path("partners/verification/documents/<int:pk>/file", PaperViewSet.as_view({"get": "download"})),
    path("partners", PartnersViewSet.as_view(MANY)),
    path("partners/<int:id>", PartnerProfileViewSet.as_view(ONE)),
]
