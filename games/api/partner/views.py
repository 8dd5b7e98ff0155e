"""Games: `/{locale}/partners/games`."""

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from games.api.partner import examples
from games.api.partner.answers import (
    CollectionItemAnswer,
    GameAnswer,
    GameListAnswer,
    shown_game,
    shown_item,
    shown_row,
)
from games.api.partner.filters import GameFilters
from games.api.partner.forms import GameForm
from games.api.partner.parts import StampSettingsForm
from games.choices import GameType
from games.errors import GameTypeMismatch, MultipleActiveCoupons
from games.selectors.games import find_game, games_of, get_game, list_collection_items, list_games
from games.selectors.stamp_settings import shown_stamp_settings
from games.services.games import create_game, delete_game, toggle_game, update_game
from loyalty.api import envelope
from loyalty.api.base import PAGE_PARAMETERS
from loyalty.api.schema import document
from loyalty.errors import MalformedRequest, ResourceNotFound, UnknownParameter, ValidationFailed
from partners.api.base import PartnerViewSet
from partners.errors import InsufficientPartnerPermissions, ScopeInsufficient, StoreAccessDenied

REFUSED = (InsufficientPartnerPermissions, ScopeInsufficient)
WRITE = (*REFUSED, StoreAccessDenied, ResourceNotFound, ValidationFailed, MalformedRequest)
TEXTS = "A text is plain, or an object with a text for each language; it is answered as it was written. "

PAGES = (
    OpenApiParameter("page", OpenApiTypes.INT, description="Page, from 1.", default=1),
    OpenApiParameter("per_page", OpenApiTypes.INT, description="Rows a page; above the cap it is clamped."),
)


class ToggleForm(serializers.Serializer):
    is_active = serializers.BooleanField(required=False, help_text="Left out: the other way round.")


class GameViewSet(PartnerViewSet):
    """The games that a partner sets up; customers play them."""

    capabilities = {
        "list": "games.view",
        "retrieve": "games.view",
        "stamps": "games.view",
        "collection_items": "games.view",
        "create": "games.edit",
        "update": "games.edit",
        "toggle": "games.edit",
        "destroy": "games.edit",
    }
    parameters = {"list": PAGE_PARAMETERS | GameFilters.names()}
    page_default = 20
    page_cap = 100

    @document(
        "List games",
        answer=GameListAnswer,
        parameters=[*GameFilters.described(), *PAGES],
        raises=(*REFUSED, ValidationFailed, UnknownParameter),
        example={
            "games": [examples.ROW],
            "pagination": {"current_page": 1, "last_page": 1, "per_page": 20, "total": 1, "from": 1, "to": 1},
        },
        description="Newest first. The page's figures stand in `data.pagination`; at most 100 games a page.",
    )
    def list(self, request: Request, locale: str) -> Response:
        filters = GameFilters(request.query_params, games_of(self.partner))
        page = self.page()
        rows, total = list_games(partner=self.partner, filtered=filters.narrowed, page=page)
        return envelope.ok({"games": [shown_row(row) for row in rows], "pagination": page.meta(total)})

    @document(
        "Create a game",
        answer=GameAnswer,
        body=GameForm,
        code=201,
        raises=WRITE,
        example=examples.GAME,
        body_example=examples.BODY,
        description=TEXTS + "A day as `start_date` begins at midnight, as `end_date` ends a second before the next, in "
        "the partner's time zone. Prizes belong to `wheel` and `scratch`, questions to `quiz`, pairs to `memory`, "
        "items to `collection`, stamp settings to `stamps`; without them the game is not ready to be played.",
    )
    def create(self, request: Request, locale: str) -> Response:
        detail = create_game(
            actor=self.actor,
            partner=self.partner,
            data=self.validated(GameForm),
            reach=self.shop_ids,
            at=self.now,
        )
        return envelope.created(shown_game(detail))

    @document(
        "Get a game with its settings", answer=GameAnswer, raises=(*REFUSED, ResourceNotFound), example=examples.GAME
    )
    def retrieve(self, request: Request, locale: str, pk: int) -> Response:
        return envelope.ok(shown_game(get_game(partner=self.partner, game_id=pk, at=self.now)))

    @document(
        "Change a game",
        answer=GameAnswer,
        body=GameForm,
        raises=(*WRITE, MultipleActiveCoupons),
        example=examples.GAME,
        body_example={"name": "Nine coffees", "coupon_validity_days": None, "stamp_settings": {"stamps_required": 9}},
        description=TEXTS + "Every field is optional; what is not named stays. Lists are replaced as a whole: a prize "
        "with its `id` is changed and keeps what was given away, one that is left out is not drawn any more. "
        "`allow_multiple_active_coupons` cannot be switched off while customers hold several unused coupons: `details` "
        "says how many.",
    )
    def update(self, request: Request, locale: str, pk: int) -> Response:
        detail = update_game(
            actor=self.actor,
            partner=self.partner,
            game_id=pk,
            data=self.validated(GameForm, partial=True),
            reach=self.shop_ids,
            at=self.now,
        )
        return envelope.ok(shown_game(detail))

    @document(
        "Switch a game on or off",
        answer=GameAnswer,
        body=ToggleForm,
        raises=WRITE,
        example=examples.GAME,
        body_example={"is_active": False},
        description="Without a body it becomes what it is not now; with `is_active` a repeat has no further effect.",
    )
    def toggle(self, request: Request, locale: str, pk: int) -> Response:
        detail = toggle_game(
            actor=self.actor,
            partner=self.partner,
            game_id=pk,
            is_active=self.validated(ToggleForm).get("is_active"),
            reach=self.shop_ids,
            at=self.now,
        )
        return envelope.ok(shown_game(detail))

    @document(
        "Delete a game",
        raises=(*REFUSED, StoreAccessDenied, ResourceNotFound),
        description="Nobody plays it any more; coupons that were won keep their worth.",
    )
    def destroy(self, request: Request, locale: str, pk: int) -> Response:
        delete_game(actor=self.actor, partner=self.partner, game_id=pk, reach=self.shop_ids, at=self.now)
        return envelope.acknowledged(_("The game was deleted. Customers keep their coupons."))

    @document(
        "Stamp settings of a game",
        answer=StampSettingsForm,
        raises=(*REFUSED, ResourceNotFound, GameTypeMismatch),
        example=examples.STAMP_SETTINGS,
    )
    def stamps(self, request: Request, locale: str, pk: int) -> Response:
        game = find_game(partner=self.partner, game_id=pk)
        if game.game_type != GameType.STAMPS:
            raise GameTypeMismatch
        return envelope.ok(shown_stamp_settings(game))

    @document(
        "Items of a collection",
        answer=CollectionItemAnswer,
        many=True,
        raises=(*REFUSED, ResourceNotFound, GameTypeMismatch),
        example=examples.ITEMS,
        description="With each item's chance and how often it was found.",
    )
    def collection_items(self, request: Request, locale: str, pk: int) -> Response:
        game = find_game(partner=self.partner, game_id=pk)
        if game.game_type != GameType.COLLECTION:
            raise GameTypeMismatch
        return envelope.ok([shown_item(row) for row in list_collection_items(partner=self.partner, game=game)])
