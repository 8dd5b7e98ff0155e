from django.urls import path

from ledger.api.shop.cards import IssuedCardViewSet, LoyaltyCardViewSet
from ledger.api.shop.own import OwnCardViewSet
from ledger.api.shop.qr_cards import QrCardAppViewSet, QrCardViewSet
from ledger.api.shop.transactions import TillTransactionViewSet
from ledger.api.shop.wallet import WalletViewSet

urlpatterns = [
    path("shop/loyalty-cards", LoyaltyCardViewSet.as_view({"get": "list"})),
    path("shop/loyalty-cards/info", IssuedCardViewSet.as_view({"get": "info"})),
    path("shop/loyalty-cards/balance", IssuedCardViewSet.as_view({"get": "balance"})),
    path("shop/loyalty-cards/<int:pk>", LoyaltyCardViewSet.as_view({"get": "retrieve"})),
    path("shop/transactions", TillTransactionViewSet.as_view({"get": "list"})),
    path("shop/qr-card/generate", QrCardViewSet.as_view({"post": "generate"})),
    path("shop/qr-card/status/<str:session_id>", QrCardViewSet.as_view({"get": "status"})),
    path("shop/qr-card/scan", QrCardAppViewSet.as_view({"post": "scan"})),
    path("auth/qr-card/scan", QrCardAppViewSet.as_view({"post": "scan"})),
    path("shop/issued-cards/<int:pk>/pass.pkpass", WalletViewSet.as_view({"get": "apple"})),
    path("shop/issued-cards/<int:pk>/google-wallet", WalletViewSet.as_view({"get": "google"})),
    path("shop/issued-cards/<int:pk>/card.svg", WalletViewSet.as_view({"get": "printed"})),
    path("loyalty-cards/me", OwnCardViewSet.as_view({"get": "main"})),
    path("loyalty-cards/<int:pk>", OwnCardViewSet.as_view({"get": "retrieve"})),
    path("loyalty-cards/<int:pk>/balance", OwnCardViewSet.as_view({"get": "balance"})),
]
