"""Customers and transactions of a partner: their rows carry points, so the ledger serves them (decision 20)."""

from django.urls import path

from ledger.api.partner.customers import CustomerViewSet
from ledger.api.partner.transactions import TransactionViewSet

urlpatterns = [
    path("partners/customers", CustomerViewSet.as_view({"get": "list", "post": "create"})),
    path("partners/customers/<int:pk>", CustomerViewSet.as_view({"get": "retrieve", "put": "update"})),
    path("partners/transactions", TransactionViewSet.as_view({"get": "list"})),
    path("partners/transactions/<int:pk>", TransactionViewSet.as_view({"get": "retrieve"})),
]
