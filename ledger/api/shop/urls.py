from django.urls import path

from ledger.api.shop.cards import LoyaltyCardViewSet
from ledger.api.shop.sales import create_transaction
from ledger.api.shop.transactions import TillTransactionViewSet

# The sale first: patterns are tried one by one.
urlpatterns = [
    path("shop/transactions/create", create_transaction),
    path("shop/transactions/award-points", create_transaction),
    path("shop/loyalty-cards", LoyaltyCardViewSet.as_view({"get": "list"})),
    path("shop/loyalty-cards/info", LoyaltyCardViewSet.as_view({"get": "info"})),
    path("shop/loyalty-cards/balance", LoyaltyCardViewSet.as_view({"get": "balance"})),
    path("shop/loyalty-cards/<int:pk>", LoyaltyCardViewSet.as_view({"get": "retrieve"})),
    path("shop/transactions", TillTransactionViewSet.as_view({"get": "list"})),
]
