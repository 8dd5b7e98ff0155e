from django.urls import path

from commissions.api.partner.payouts import PayoutViewSet
from commissions.api.partner.statements import StatementViewSet
from commissions.api.partner.views import CommissionLineViewSet

urlpatterns = [
    path("partners/commissions", CommissionLineViewSet.as_view({"get": "list"})),
    path("partners/payouts", PayoutViewSet.as_view({"get": "list"})),
    path("partners/statements", StatementViewSet.as_view({"get": "list"})),
    path("partners/statements/<int:pk>", StatementViewSet.as_view({"get": "retrieve"})),
    path("partners/statements/<int:pk>/download", StatementViewSet.as_view({"get": "download"})),
]
