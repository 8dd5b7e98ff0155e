from django.urls import path

from commissions.api.partner.views import CommissionLineViewSet

urlpatterns = [path("partners/commissions", CommissionLineViewSet.as_view({"get": "list"}))]
