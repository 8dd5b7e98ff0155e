"""Stamp cards at the till: stamps, completing and emptying a card (contract 6)."""

from collections.abc import Mapping
from typing import Any, ClassVar

import orjson
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from cards.errors import CardBlocked
from customers.api.till import TillCall, call_of, till_call
from games.api.shop import examples, game_answers
from games.api.shop.game_serializers import (
    AddStampsSerializer,
    CompletedSerializer,
    CompleteGameSerializer,
    RestartedSerializer,
    RestartGameSerializer,
    StampedSerializer,
)
from games.api.shop.till_base import READS, REPEATED, REPLAYED, GamesTillViewSet, required_id, required_shop
from games.errors import (
    GameEnded,
    GameHasNoStamps,
    GameInactive,
    GameNotAtShop,
    GameNotStarted,
    OperationNotAllowed,
)
from games.rules.answers import Stamped
from games.services.stamps import Stamps, add_stamps, complete_game, restart_game
from ledger.services.reported import Caller
from loyalty.api.base import once
from loyalty.api.envelope import ok
from loyalty.api.fingerprint import fingerprint
from loyalty.api.forms import Reader
from loyalty.api.json import dumps
from loyalty.api.schema import document
from loyalty.errors import IdempotencyInFlight, IdempotencyKeyReused
from loyalty.services.idempotency import Stored

PLAYS = (*READS, CardBlocked, GameInactive, GameNotStarted, GameEnded, GameNotAtShop, GameHasNoStamps)


class StampViewSet(GamesTillViewSet):
    """The stamp cards of the partner."""

    capabilities: ClassVar[Mapping[str, str]] = dict.fromkeys(("add_stamps", "complete", "restart"), "till.sell")
    repeatable = frozenset({"complete", "restart"})

    @document(
        "Add stamps to a card",
        description="The last stamp completes the card and gives its reward. " + REPEATED,
        body=AddStampsSerializer,
        answer=StampedSerializer,
        raises=(*PLAYS, OperationNotAllowed, IdempotencyInFlight, IdempotencyKeyReused),
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
        reader = Reader(dict(request.data))
        card_id = required_id(reader, "card_id")
        shop_id = reader.identifier("shop_id")
        reader.finish()
        done = complete_game(
            caller=self.caller,
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
        reader = Reader(dict(request.data))
        card_id = required_id(reader, "card_id")
        shop_id = required_shop(reader, self.credential.shop_id)
        reader.finish()
        progress = restart_game(
            caller=self.caller, partner=self.partner, game_id=pk, card_id=card_id, shop_id=shop_id, at=self.now
        )
        return ok(game_answers.restarted_answer(progress, _("The stamp card is empty again."), self.now))


@till_call(StampViewSet, "add_stamps")
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
