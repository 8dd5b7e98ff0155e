from django.urls import path

from partners.api.partner.accounts import MeViewSet, StaffAccountViewSet
from partners.api.partner.profile import PartnerProfileViewSet

urlpatterns = [
    path("partners/auth/login", StaffAccountViewSet.as_view({"post": "login"})),
    path("partners/auth/refresh", StaffAccountViewSet.as_view({"post": "refresh"})),
    path("partners/auth/logout", StaffAccountViewSet.as_view({"post": "logout"})),
    path("partners/auth/forgot-password", StaffAccountViewSet.as_view({"post": "forgot_password"})),
    path("partners/auth/reset-password", StaffAccountViewSet.as_view({"post": "reset_password"})),
    path("partners/auth/me", MeViewSet.as_view({"get": "me"})),
    path("partners/<int:id>", PartnerProfileViewSet.as_view({"get": "retrieve", "put": "update"})),
]
