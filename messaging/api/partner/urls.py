from django.urls import path

from messaging.api.partner.messages import MessageViewSet

INBOX = "partners/messages"
urlpatterns = [
    path(INBOX, MessageViewSet.as_view({"get": "list", "post": "create"})),
    path(f"{INBOX}/unread", MessageViewSet.as_view({"get": "unread"})),
    path(f"{INBOX}/<int:pk>", MessageViewSet.as_view({"get": "retrieve"})),
    path(f"{INBOX}/<int:pk>/reply", MessageViewSet.as_view({"post": "reply"})),
    path(f"{INBOX}/<int:pk>/read", MessageViewSet.as_view({"post": "read"})),
    path(f"{INBOX}/<int:pk>/attachment/<int:attachment_id>", MessageViewSet.as_view({"get": "attachment"})),
]
