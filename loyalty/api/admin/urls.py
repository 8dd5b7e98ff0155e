from django.urls import path

from loyalty.api.admin.accounts import AdminAccountViewSet, AdminMeViewSet

urlpatterns = [
    path("admin/login", AdminAccountViewSet.as_view({"post": "login"})),
    path("admin/refresh", AdminAccountViewSet.as_view({"post": "refresh"})),
    path("admin/logout", AdminAccountViewSet.as_view({"post": "logout"})),
    path("admin/forgot-password", AdminAccountViewSet.as_view({"post": "forgot_password"})),
    path("admin/reset-password", AdminAccountViewSet.as_view({"post": "reset_password"})),
    path("admin/me", AdminMeViewSet.as_view({"get": "me"})),
]
