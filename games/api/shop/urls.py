"""Games, coupons and plays as tills and apps reach them."""

from django.urls import path

from games.api.shop.games import CardGameViewSet, ShopGameViewSet, put_stamps
from games.api.shop.play_sessions import GameSessionViewSet
from games.api.shop.plays import GamePlayViewSet

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
    # --- plays
    path("shop/games/<int:pk>/start", GamePlayViewSet.as_view({"post": "start"})),
    path("shop/games/<int:pk>/spin-wheel", GamePlayViewSet.as_view({"post": "spin"})),
    path("shop/games/<int:pk>/scratch-ticket", GamePlayViewSet.as_view({"post": "scratch"})),
    path("shop/games/<int:pk>/quiz-questions", GamePlayViewSet.as_view({"get": "questions"})),
    path("shop/games/<int:pk>/answer-question", GamePlayViewSet.as_view({"post": "answer"})),
    path("shop/games/<int:pk>/match-pair", GamePlayViewSet.as_view({"post": "match"})),
    path("shop/games/<int:pk>/collect-item", GamePlayViewSet.as_view({"post": "collect"})),
    path("shop/games/<int:pk>/collection-progress", GamePlayViewSet.as_view({"get": "collection"})),
    path("shop/games/<int:pk>/claim-reward", GamePlayViewSet.as_view({"post": "claim"})),
    path("shop/game-sessions", GameSessionViewSet.as_view({"get": "list"})),
    path("shop/game-sessions/<uuid:session_key>", GameSessionViewSet.as_view({"get": "retrieve"})),
    path("shop/game-sessions/<uuid:session_key>/cancel", GameSessionViewSet.as_view({"post": "cancel"})),
]
