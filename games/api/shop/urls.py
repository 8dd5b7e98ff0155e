"""Games, coupons and plays as tills and apps reach them."""

from django.urls import path

from games.api.shop.card_games import CardGameViewSet
from games.api.shop.coupon_uses import CouponUseViewSet
from games.api.shop.coupons import CouponViewSet
from games.api.shop.discounts import DiscountViewSet
from games.api.shop.games import ShopGameViewSet
from games.api.shop.offers import ShopOfferViewSet
from games.api.shop.own_coupons import CouponListViewSet, OwnCouponViewSet
from games.api.shop.own_games import OwnGameViewSet, OwnPlayViewSet, OwnSessionViewSet
from games.api.shop.play_sessions import GameSessionViewSet
from games.api.shop.plays import GamePlayViewSet
from games.api.shop.stamps import StampViewSet

urlpatterns = [
    path("shop/games", ShopGameViewSet.as_view({"get": "list"})),
    path("shop/games/<int:pk>", ShopGameViewSet.as_view({"get": "retrieve"})),
    path("shop/games/<int:pk>/progress", ShopGameViewSet.as_view({"get": "progress"})),
    path("shop/games/<int:pk>/complete", StampViewSet.as_view({"post": "complete"})),
    path("shop/games/<int:pk>/restart", StampViewSet.as_view({"post": "restart"})),
    path("shop/cards/<int:pk>/games", CardGameViewSet.as_view({"get": "list"})),
    path("shop/cards/<int:pk>/games/history", CardGameViewSet.as_view({"get": "history"})),
    # --- plays
    path("shop/games/<int:pk>/start", GamePlayViewSet.as_view({"post": "start"})),
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
    # --- the same for the customer's app, which calls without /shop (contract 15)
    path("games", OwnGameViewSet.as_view({"get": "list"})),
    path("games/<int:pk>", OwnGameViewSet.as_view({"get": "retrieve"})),
    path("games/<int:pk>/progress", OwnGameViewSet.as_view({"get": "progress"})),
    path("games/<int:pk>/start", OwnPlayViewSet.as_view({"post": "start"})),
    path("games/<int:pk>/spin-wheel", OwnPlayViewSet.as_view({"post": "spin"})),
    path("games/<int:pk>/scratch-ticket", OwnPlayViewSet.as_view({"post": "scratch"})),
    path("games/<int:pk>/quiz-questions", OwnPlayViewSet.as_view({"get": "questions"})),
    path("games/<int:pk>/answer-question", OwnPlayViewSet.as_view({"post": "answer"})),
    path("games/<int:pk>/match-pair", OwnPlayViewSet.as_view({"post": "match"})),
    path("games/<int:pk>/collect-item", OwnPlayViewSet.as_view({"post": "collect"})),
    path("games/<int:pk>/collection-progress", OwnPlayViewSet.as_view({"get": "collection"})),
    path("games/<int:pk>/claim-reward", OwnPlayViewSet.as_view({"post": "claim"})),
    path("game-sessions", OwnSessionViewSet.as_view({"get": "list"})),
    path("game-sessions/<uuid:session_key>", OwnSessionViewSet.as_view({"get": "retrieve"})),
    path("game-sessions/<uuid:session_key>/cancel", OwnSessionViewSet.as_view({"post": "cancel"})),
    # --- coupons
    path("shop/coupons", CouponListViewSet.as_view({"get": "list"})),
    path("shop/coupons/card", CouponViewSet.as_view({"get": "card"})),
    path("shop/coupons/products", CouponViewSet.as_view({"get": "products"})),
    path("shop/coupons/calculate-discount", DiscountViewSet.as_view({"post": "calculate"})),
    path("shop/coupons/pending", CouponUseViewSet.as_view({"post": "pending"})),
    path("shop/coupons/cancel-pending", CouponUseViewSet.as_view({"post": "cancel_pending"})),
    path("shop/coupons/expiring", OwnCouponViewSet.as_view({"get": "expiring"})),
    path("shop/coupons/statistics", OwnCouponViewSet.as_view({"get": "statistics"})),
    path("shop/coupons/<int:pk>", OwnCouponViewSet.as_view({"get": "retrieve"})),
    path("shop/coupons/<int:pk>/redeem", OwnCouponViewSet.as_view({"post": "redeem"})),
    path("shop/coupons/<int:pk>/cancel", OwnCouponViewSet.as_view({"post": "cancel"})),
    # --- offers
    path("shop/offers", ShopOfferViewSet.as_view({"get": "list", "post": "create"})),
    path("shop/offers/<int:pk>", ShopOfferViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"})),
    path("shop/offers/<int:pk>/claim", ShopOfferViewSet.as_view({"post": "claim"})),
]
