from django.urls import path

from messaging.api.admin.sms_template_views import SmsTemplateViewSet
from messaging.api.admin.sms_views import SmsAccountViewSet

OF_PARTNER = "admin/partners/<int:id>"
ONE = f"{OF_PARTNER}/sms-accounts/<int:pk>"
TEMPLATES = f"{OF_PARTNER}/sms/templates"
urlpatterns = [
    path(f"{OF_PARTNER}/sms-accounts", SmsAccountViewSet.as_view({"get": "list", "post": "create"})),
    path(ONE, SmsAccountViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"})),
    path(f"{ONE}/test-connection", SmsAccountViewSet.as_view({"post": "test_connection"})),
    path(f"{ONE}/top-up", SmsAccountViewSet.as_view({"post": "add_money"})),
    path(f"{OF_PARTNER}/sms-stats", SmsAccountViewSet.as_view({"get": "stats"})),
    path(TEMPLATES, SmsTemplateViewSet.as_view({"get": "list", "post": "create"})),
    path(f"{TEMPLATES}/preview", SmsTemplateViewSet.as_view({"post": "preview"})),
    path(
        f"{TEMPLATES}/<int:pk>",
        SmsTemplateViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"}),
    ),
]
