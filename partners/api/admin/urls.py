from django.urls import path

from partners.api.admin.request_log import PartnerRequestLogViewSet
from partners.api.admin.verification import ApplicationViewSet, ReviewedPaperViewSet
from partners.api.admin.views import StatusViewSet

OF_PARTNER = "admin/partners/<int:id>"
PAPERS = f"{OF_PARTNER}/verification/documents"
urlpatterns = [
    path(f"{OF_PARTNER}/status", StatusViewSet.as_view({"put": "update"})),
    path(f"{OF_PARTNER}/request-log", PartnerRequestLogViewSet.as_view({"get": "list"})),
    path(f"{OF_PARTNER}/verification", ApplicationViewSet.as_view({"get": "retrieve"})),
    path(PAPERS, ReviewedPaperViewSet.as_view({"post": "create"})),
    path(f"{PAPERS}/<int:pk>", ReviewedPaperViewSet.as_view({"put": "update"})),
    path(f"{PAPERS}/<int:pk>/file", ReviewedPaperViewSet.as_view({"get": "download"})),
]
