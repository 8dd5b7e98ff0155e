from django.urls import path

from partners.api.admin.views import StatusViewSet

OF_PARTNER = "admin/partners/<int:id>"
urlpatterns = [
    path(f"{OF_PARTNER}/status", StatusViewSet.as_view({"put": "update"})),
]
