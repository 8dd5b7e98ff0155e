from django.urls import path

from messaging.api.admin.emails import PartnerEmailViewSet
from messaging.api.admin.messages import PartnerMessageViewSet

OF_PARTNER = "admin/partners/<int:id>"
MESSAGES = f"{OF_PARTNER}/messages"
urlpatterns = [
    path(MESSAGES, PartnerMessageViewSet.as_view({"get": "list", "post": "create"})),
    path(f"{MESSAGES}/<int:message_id>", PartnerMessageViewSet.as_view({"get": "retrieve"})),
    path(f"{MESSAGES}/<int:message_id>/read", PartnerMessageViewSet.as_view({"post": "read"})),
    path(
        f"{MESSAGES}/<int:message_id>/attachment/<int:attachment_id>",
        PartnerMessageViewSet.as_view({"get": "attachment"}),
    ),
    path(f"{OF_PARTNER}/send-email", PartnerEmailViewSet.as_view({"post": "send"})),
    path(f"{OF_PARTNER}/emails", PartnerEmailViewSet.as_view({"get": "list"})),
    path(f"{OF_PARTNER}/emails/<int:email_id>", PartnerEmailViewSet.as_view({"get": "retrieve"})),
]
