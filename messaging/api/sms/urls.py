from django.urls import path

from messaging.api.sms.views import SmsInboundViewSet, SmsMessageViewSet, SmsReceiptViewSet

urlpatterns = [
    path("sms/send", SmsMessageViewSet.as_view({"post": "send"})),
    path("sms/status/<uuid:message_id>", SmsMessageViewSet.as_view({"get": "status"})),
    path("sms/consent", SmsMessageViewSet.as_view({"post": "consent"})),
    path("sms/receipts/<str:token>", SmsReceiptViewSet.as_view({"post": "create"})),
    path("sms/inbound/<str:token>", SmsInboundViewSet.as_view({"post": "create"})),
]
