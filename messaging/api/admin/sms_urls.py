from django.urls import path

from messaging.api.admin.sms_views import SmsAccountViewSet

OF_PARTNER = "admin/partners/<int:id>"
ONE = f"{OF_PARTNER}/sms-accounts/<int:pk>"
urlpatterns = [
    path(f"{OF_PARTNER}/sms-accounts", SmsAccountViewSet.as_view({"get": "list", "post": "create"})),
    path(ONE, SmsAccountViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"})),
    path(f"{ONE}/test-connection", SmsAccountViewSet.as_view({"post": "test_connection"})),
    path(f"{ONE}/top-up", SmsAccountViewSet.as_view({"post": "add_money"})),
    path(f"{OF_PARTNER}/sms-stats", SmsAccountViewSet.as_view({"get": "stats"})),
]
