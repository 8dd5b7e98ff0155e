"""`/{locale}/games…`: games and plays as the customer's app reaches them without `/shop` (contract 15)."""

from collections.abc import Mapping
from typing import ClassVar

from games.api.shop.games import ShopGameViewSet
from games.api.shop.play_sessions import GameSessionViewSet
from games.api.shop.plays import GamePlayViewSet
from loyalty.api.base import Capability


class OwnGameViewSet(ShopGameViewSet):
    """The same games as under `/shop`, for a person only."""

    capabilities: ClassVar[Mapping[str, Capability]] = dict.fromkeys(ShopGameViewSet.capabilities, "customer.self")
    ignores_unknown_parameters = False


class OwnPlayViewSet(GamePlayViewSet):
    """The same calls as under `/shop`, for a person only."""

    capabilities: ClassVar[Mapping[str, str | tuple[str, ...]]] = dict.fromkeys(
        GamePlayViewSet.capabilities, "customer.self"
    )
    ignores_unknown_parameters = False


class OwnSessionViewSet(GameSessionViewSet):
    """The same history as under `/shop`, for a person only."""

    capabilities: ClassVar[Mapping[str, str | tuple[str, ...]]] = dict.fromkeys(
        GameSessionViewSet.capabilities, "customer.self"
    )
    ignores_unknown_parameters = False
