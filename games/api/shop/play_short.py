"""The short way of a spin: no DRF for a plain call with API credentials; anything else takes the documented one."""

import uuid
from collections.abc import Mapping
from typing import Any

import orjson
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from customers.api.till import TillCall, till_call
from games.api.shop.play_answers import play_answer
from games.api.shop.plays import GamePlayViewSet
from games.rules.draws import CLIENT_SEED
from games.selectors.plays import Player, find_play_to_spin, get_play
from games.services.draws import spin_wheel

REPLAYED = {"Idempotency-Replayed": "true"}
LONG = {"Authorization", "Idempotency-Key"}
_documented = GamePlayViewSet.as_view({"post": "spin"})


@till_call(GamePlayViewSet, "spin")
def _plain_spin(call: TillCall) -> tuple[Any, Mapping[str, str]]:
    key, game_id = uuid.UUID(call.data["session_key"]), call.slots["pk"]
    play = find_play_to_spin(partner=call.partner, session_key=key, game_id=game_id)
    if play is None:
        play = get_play(player=Player(call.partner), session_key=key, game_id=game_id)
    turn = spin_wheel(actor=call.actor, play=play, client_seed=call.data.get("client_seed"), at=call.at)
    return play_answer(turn.play), REPLAYED if turn.is_replay else {}


@csrf_exempt
def put_spin(request: HttpRequest, locale: str, pk: int) -> HttpResponse:
    """`POST …/spin-wheel`: the same answer, byte for byte, on either way."""
    return (_plain_spin if _is_plain(request) else _documented)(request, locale=locale, pk=pk)


# What drf-spectacular and the house tests look for on a view.
put_spin.cls = GamePlayViewSet  # type: ignore[attr-defined]
put_spin.actions = {"post": "spin"}  # type: ignore[attr-defined]
put_spin.initkwargs = {}  # type: ignore[attr-defined]


def _is_plain(request: HttpRequest) -> bool:
    """Whether it is a till's call as it should be, in every respect that the short way does not look at."""
    if request.method != "POST" or "X-API-Key" not in request.headers or LONG & request.headers.keys():
        return False
    try:
        data = orjson.loads(request.body)
    except (orjson.JSONDecodeError, RequestDataTooBig, UnreadablePostError):
        return False
    if not isinstance(data, dict) or request.content_type != "application/json":
        return False
    key, seed = data.get("session_key"), data.get("client_seed")
    return _is_uuid(key) and (seed is None or (isinstance(seed, str) and CLIENT_SEED.fullmatch(seed) is not None))


def _is_uuid(text: Any) -> bool:
    try:
        return isinstance(text, str) and str(uuid.UUID(text)) == text
    except ValueError:
        return False
