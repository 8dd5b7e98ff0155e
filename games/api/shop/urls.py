"""Games, coupons and plays as tills and apps reach them."""

from django.urls import path

from games.api.shop.play_sessions import GameSessionViewSet
from games.api.shop.plays import GamePlayViewSet

urlpatterns = [
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
