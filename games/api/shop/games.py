"""Games at the till: what is played, how far a card has come, stamps (contract 6)."""

from collections.abc import Mapping
from typing import Any, ClassVar

import orjson
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from cards.errors import CardBlocked
from customers.api.base import TillViewSet
from customers.api.till import TillCall, call_of, till_call
from games.api.shop import examples, game_answers
from games.api.shop.game_serializers import (
    AddStampsSerializer,
    CardGameSerializer,
    CompletedSerializer,
    CompleteGameSerializer,
    GameHistorySerializer,
    GameProgressSerializer,
    RestartedSerializer,
    RestartGameSerializer,
    ShopGameSerializer,
    StampedSerializer,
)
from games.choices import GameType
from games.errors import (
    GameEnded,
    GameHasNoStamps,
    GameInactive,
    GameNotAtShop,
    GameNotStarted,
    OperationNotAllowed,
)
from games.models import Game
from games.rules.answers import Stamped
from games.selectors.shop_games import (
    ACTIVE,
    AVAILABLE,
    COMPLETED,
    get_held_card,
    get_shop_game,
    get_stamp_card,
    history_of,
    list_card_games,
    list_shop_games,
    list_stamp_events,
)
from games.services.stamps import Stamps, add_stamps, complete_game, restart_game
from ledger.services.reported import Caller
from loyalty.api.base import PAGE_PARAMETERS, fingerprint, once
from loyalty.api.envelope import ok
from loyalty.api.filters import ChoiceFilter, HouseFilterSet, IdFilter
from loyalty.api.forms import Reader
from loyalty.api.json import dumps
from loyalty.api.pagination import read_page
from loyalty.api.schema import document
from loyalty.errors import IdempotencyInFlight, IdempotencyKeyReused, ResourceNotFound, ValidationFailed
from loyalty.services.idempotency import Stored
from partners.errors import ScopeInsufficient, StoreAccessDenied
from partners.selectors.shops import check_shops

READS = (ScopeInsufficient, ValidationFailed, ResourceNotFound, StoreAccessDenied)
PLAYS = (*READS, CardBlocked, GameInactive, GameNotStarted, GameEnded, GameNotAtShop, GameHasNoStamps)
CARD_ID = OpenApiParameter("card_id", int, description="The issued card: shows its progress too.")
REPEATED = (
    "Without an Idempotency-Key, an equal call within a few seconds is taken for a client's retry and gets the first "
    "answer with `Idempotency-Replayed: true`; whoever means it twice sends two keys."
)


class GameFilters(HouseFilterSet):
    """Which games of a shop; they only read the query, the selector does the filtering."""

    shop_id = IdFilter(method="read", help_text="Played at this shop.")
    type = ChoiceFilter(choices=GameType, method="read", help_text="Only games of this type.")

    def read(self, rows: Any, _name: str, _value: Any) -> Any:
        return rows


class HistoryFilters(HouseFilterSet):
    """Which lines of a card's history."""

    shop_id = IdFilter(method="read", help_text="Played at this shop.")
    status = ChoiceFilter(choices=[(word, word) for word in (AVAILABLE, ACTIVE, COMPLETED)], method="read")

    def read(self, rows: Any, _name: str, _value: Any) -> Any:
        return rows


class ShopGameViewSet(TillViewSet):
    """Games of the partner, and the stamp cards among them."""

    capabilities: ClassVar[Mapping[str, str]] = {
        "list": "till.read",
        "retrieve": "till.read",
        "progress": "till.read",
        "add_stamps": "till.sell",
        "complete": "till.sell",
        "restart": "till.sell",
    }
    parameters: ClassVar[Mapping[str, frozenset[str]]] = {
        "list": PAGE_PARAMETERS | GameFilters.names(),
        "retrieve": frozenset({"card_id"}),
        "progress": frozenset({"card_id"}),
    }
    repeatable = frozenset({"complete", "restart"})
    page_cap = 100

    @document(
        "List games of a shop",
        description="What is or will be played; games that are switched off or over are left out.",
        answer=ShopGameSerializer,
        many=True,
        paginated=True,
        parameters=GameFilters.described(),
        raises=READS,
        example=[examples.GAME],
    )
    def list(self, request: Request, locale: str) -> Response:
        page = self.page()
        wanted = GameFilters(request.query_params, Game.objects.none())
        games = list_shop_games(
            partner=self.partner,
            at=self.now,
            shop_id=self._shop(wanted.value("shop_id")),
            game_type=wanted.value("type"),
        )
        rows = games[page.offset : page.offset + page.size]
        return ok([game_answers.game_answer(game, self.partner) for game in rows], meta=page.meta(games.count()))

    @document(
        "Get a game",
        answer=CardGameSerializer,
        parameters=[CARD_ID],
        raises=READS,
        example=examples.CARD_GAME,
    )
    def retrieve(self, request: Request, locale: str, pk: int) -> Response:
        game = get_shop_game(partner=self.partner, game_id=pk)
        card_id = _card_id(request)
        if card_id is None:
            return ok(game_answers.game_answer(game, self.partner))
        card = get_held_card(partner=self.partner, card_id=card_id)
        (row,) = list_card_games(partner=self.partner, issued_card=card, games=[game])
        return ok(game_answers.card_game_answer(row, self.partner))

    @document(
        "Get a card's progress in a game",
        answer=GameProgressSerializer,
        parameters=[OpenApiParameter("card_id", int, required=True, description="The issued card.")],
        raises=READS,
        example=examples.PROGRESS,
    )
    def progress(self, request: Request, locale: str, pk: int) -> Response:
        card_id = _card_id(request)
        if card_id is None:
            raise ValidationFailed(errors={"card_id": [_("This field is required.")]})
        game = get_shop_game(partner=self.partner, game_id=pk)
        card = get_held_card(partner=self.partner, card_id=card_id)
        progress = get_stamp_card(partner=self.partner, game=game, issued_card=card)
        history = []
        if progress is not None:
            history = list_stamp_events(partner=self.partner, progress_ids=[progress.pk])[progress.pk]
        return ok(game_answers.stamp_game_answer(game, self.partner, progress, history))

    @document(
        "Add stamps to a card",
        description="The last stamp completes the card and gives its reward. " + REPEATED,
        body=AddStampsSerializer,
        answer=StampedSerializer,
        raises=(*PLAYS, IdempotencyInFlight, IdempotencyKeyReused),
        body_example={"card_id": 1042, "shop_id": 3, "stamps_count": 1},
        example=examples.STAMPED,
    )
    def add_stamps(self, request: Request, locale: str, pk: int) -> Response:
        """The documented way; the address is served by `put_stamps`, which answers the same bytes."""
        data, headers = _add_stamps(call_of(self, pk=pk))
        response = ok(data)
        for name, value in headers.items():
            response.headers[name] = value
        return response

    add_stamps.keeps_its_own_key = True

    @document(
        "Complete a game",
        description="Completes a begun stamp card by hand; a full one is told of again, without a second reward. "
        + REPEATED,
        body=CompleteGameSerializer,
        answer=CompletedSerializer,
        raises=(*PLAYS, OperationNotAllowed),
        body_example={"card_id": 1042},
        example=examples.COMPLETED,
    )
    def complete(self, request: Request, locale: str, pk: int) -> Response:
        reader = Reader(request.data)
        card_id = required_id(reader, "card_id")
        shop_id = reader.identifier("shop_id")
        reader.finish()
        done = complete_game(
            caller=self._caller(),
            partner=self.partner,
            game_id=pk,
            card_id=card_id,
            shop_id=shop_id or self.credential.shop_id,
            at=self.now,
        )
        return ok(game_answers.completed_answer(done, self.partner, get_language() or "en"))

    @document(
        "Restart a game",
        description="Empties the stamp card for good; coupons that were won stay.",
        body=RestartGameSerializer,
        answer=RestartedSerializer,
        raises=PLAYS,
        body_example={"card_id": 1042, "shop_id": 3},
        example=examples.RESTARTED,
    )
    def restart(self, request: Request, locale: str, pk: int) -> Response:
        reader = Reader(request.data)
        card_id = required_id(reader, "card_id")
        shop_id = required_shop(reader, self.credential.shop_id)
        reader.finish()
        progress = restart_game(
            caller=self._caller(), partner=self.partner, game_id=pk, card_id=card_id, shop_id=shop_id, at=self.now
        )
        return ok(game_answers.restarted_answer(progress, _("The stamp card is empty again."), self.now))

    def _shop(self, shop_id: int | None) -> int | None:
        if shop_id is None:
            return self.credential.shop_id
        check_shops(partner=self.partner, shop_ids=[shop_id], reach=self.shop_ids)
        return shop_id

    def _caller(self) -> Caller:
        return Caller(self.actor, credential_id=self.credential.pk, shop_ids=self.shop_ids)


class CardGameViewSet(TillViewSet):
    """Games in the eyes of one issued card."""

    capabilities: ClassVar[Mapping[str, str]] = {"list": "till.read", "history": "till.read"}
    parameters: ClassVar[Mapping[str, frozenset[str]]] = {
        "list": GameFilters.names(),
        "history": HistoryFilters.names() | PAGE_PARAMETERS,
    }
    page_cap = 100
    most_games: ClassVar[int] = 200

    @document(
        "List games of a card",
        answer=CardGameSerializer,
        many=True,
        parameters=GameFilters.described(),
        raises=READS,
        example=[examples.CARD_GAME],
    )
    def list(self, request: Request, locale: str, pk: int) -> Response:
        wanted = GameFilters(request.query_params, Game.objects.none())
        card = get_held_card(partner=self.partner, card_id=pk)
        games = list_shop_games(
            partner=self.partner,
            at=self.now,
            shop_id=self._shop(wanted.value("shop_id")),
            game_type=wanted.value("type"),
        )
        rows = list_card_games(partner=self.partner, issued_card=card, games=[*games[: self.most_games]])
        return ok([game_answers.card_game_answer(row, self.partner) for row in rows])

    @document(
        "List the game history of a card",
        description="`meta` is there only where `page` or `per_page` is asked for.",
        answer=GameHistorySerializer,
        many=True,
        parameters=[
            *HistoryFilters.described(),
            OpenApiParameter("page", int, description="Page, from 1."),
            OpenApiParameter("per_page", int, description="Rows a page; above the cap it is clamped."),
        ],
        raises=READS,
        example=[examples.HISTORY],
    )
    def history(self, request: Request, locale: str, pk: int) -> Response:
        wanted = HistoryFilters(request.query_params, Game.objects.none())
        is_paged = any(request.query_params.get(name) for name in PAGE_PARAMETERS)
        page = read_page(request.query_params, default=self.page_default if is_paged else self.page_cap, cap=100)
        card = get_held_card(partner=self.partner, card_id=pk)
        rows = history_of(
            partner=self.partner,
            issued_card=card,
            status=wanted.value("status"),
            shop_id=self._shop(wanted.value("shop_id")),
        )
        shown = [*rows[page.offset : page.offset + page.size]]
        events = list_stamp_events(partner=self.partner, progress_ids=[row.pk for row in shown])
        answer = [game_answers.history_answer(row, self.partner, events[row.pk]) for row in shown]
        return ok(answer, meta=page.meta(rows.count()) if is_paged else None)

    def _shop(self, shop_id: int | None) -> int | None:
        if shop_id is not None:
            check_shops(partner=self.partner, shop_ids=[shop_id], reach=self.shop_ids)
        return shop_id


@till_call(ShopGameViewSet, "add_stamps")
def put_stamps(call: TillCall) -> tuple[Any, Mapping[str, str]]:
    """Put stamps on a card."""
    return _add_stamps(call)


def _add_stamps(call: TillCall) -> tuple[Any, Mapping[str, str]]:
    reader = Reader(call.data)
    card_id = required_id(reader, "card_id")
    shop_id = required_shop(reader, call.credential.shop_id)
    count = reader.integer("stamps_count", least=1, most=10)
    order_id = reader.text("order_id", most=100)
    reader.finish()
    game_id, key = call.slots["pk"], call.idempotency_key
    stamps = Stamps(
        game_id=game_id,
        card_id=card_id,
        shop_id=shop_id,
        count=1 if count is None else count,
        order_id=order_id,
        fingerprint=fingerprint(call.data) if key is None else None,
    )
    caller = Caller(call.actor, credential_id=call.credential.pk, shop_ids=call.shop_ids)

    def run() -> Stamped:
        return add_stamps(caller=caller, partner=call.partner, stamps=stamps, at=call.at)

    if key is None:
        done = run()
        return game_answers.stamped_answer(done), REPLAYED if done.is_replay else {}
    stored, is_replay = once(
        scope=f"credential:{call.credential.pk} POST games/{game_id}/add-stamps",
        key=key,
        method="POST",
        path=f"games/{game_id}/add-stamps",
        data=call.data,
        at=call.at,
        run=lambda: Stored(200, dumps(game_answers.stamped_answer(run())).decode()),
    )
    return orjson.loads(stored.body), REPLAYED if is_replay else {}


REPLAYED = {"Idempotency-Replayed": "true"}


def required_id(reader: Reader, name: str) -> int:
    """An id of ours that must be there; `reader.finish()` refuses a missing one."""
    found = reader.identifier(name)
    if found is None and name not in reader.errors:
        reader.refuse(name, _("This field is required."))
    return found or 0


def required_shop(reader: Reader, own: int | None) -> int:
    """The shop of a call: as sent, or else the only one of the key."""
    if reader.value("shop_id")[1] is None and own is not None:
        return own
    return required_id(reader, "shop_id")


def _card_id(request: Request) -> int | None:
    reader = Reader({name: value for name, value in request.query_params.items() if value})
    found = reader.identifier("card_id")
    reader.finish()
    return found
