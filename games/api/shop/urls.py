from django.urls import path

from games.api.shop.games import CardGameViewSet, ShopGameViewSet, put_stamps

# Stamps first: patterns are tried one by one, and a till waits.
urlpatterns = [
    path("shop/games/<int:pk>/add-stamps", put_stamps),
    path("shop/games", ShopGameViewSet.as_view({"get": "list"})),
    path("shop/games/<int:pk>", ShopGameViewSet.as_view({"get": "retrieve"})),
    path("shop/games/<int:pk>/progress", ShopGameViewSet.as_view({"get": "progress"})),
    path("shop/games/<int:pk>/complete", ShopGameViewSet.as_view({"post": "complete"})),
    path("shop/games/<int:pk>/restart", ShopGameViewSet.as_view({"post": "restart"})),
    path("shop/cards/<int:pk>/games", CardGameViewSet.as_view({"get": "list"})),
    path("shop/cards/<int:pk>/games/history", CardGameViewSet.as_view({"get": "history"})),
]
