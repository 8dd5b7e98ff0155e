"""`/{locale}/shop/games/{id}/…`: playing, for apps and for tills.

A person plays with a token of their own; a partner's system names the card.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from cards.errors import CardBlocked
from games.api.shop import play_examples as examples
from games.api.shop.play_answers import cards_answer, play_answer, questions_answer, session_key_of
from games.api.shop.play_base import CARD, KEY, PLAY, READ, REFUSED, TURN, PlayViewSet
from games.api.shop.play_serializers import (
    AnswerQuestionSerializer,
    CollectionProgressSerializer,
    DrawPrizeSerializer,
    MatchPairSerializer,
    PlaySerializer,
    QuestionsSerializer,
    SessionKeySerializer,
    StartGameSerializer,
    TurnSerializer,
)
from games.choices import GameType
from games.errors import (
    AlreadyAnswered,
    CollectionComplete,
    GameEnded,
    GameInactive,
    GameNotAtShop,
    GameNotStarted,
    GameSoldOut,
    GameTypeMismatch,
    NothingToClaim,
    PlayLimitReached,
    PlaysUsedUp,
    RewardAlreadyClaimed,
)
from games.models import Play
from games.selectors.plays import collection_of, get_card_of_player, get_game_to_play
from games.services.answers import answer_question, match_pair
from games.services.claims import claim_reward
from games.services.draws import collect_item, scratch_ticket, spin_wheel
from games.services.plays import start_play
from ledger.errors import InsufficientPoints
from loyalty.api.envelope import ok
from loyalty.api.filters import HouseFilterSet, IdFilter
from loyalty.api.schema import document
from loyalty.errors import ResourceExpired
from partners.errors import PartnerNotActive, StoreAccessDenied


class GamePlayViewSet(PlayViewSet):
    """Playing one game."""

    capabilities: ClassVar[Mapping[str, str | tuple[str, ...]]] = {
        "start": PLAY,
        "spin": PLAY,
        "scratch": PLAY,
        "questions": READ,
        "answer": PLAY,
        "match": PLAY,
        "collect": PLAY,
        "collection": READ,
        "claim": PLAY,
    }
    parameters: ClassVar[Mapping[str, frozenset[str]]] = {
        "questions": frozenset({"session_key"}),
        "collection": frozenset({"card_id"}),
    }

    @document(
        "Start a game",
        description="Answers the open session of this card if there is one (200). `seed_hash` and `odds` are the "
        "server's promise: see docs/fair-draws.md.",
        answer=PlaySerializer,
        body=StartGameSerializer,
        code=201,
        raises=(
            *(
                *REFUSED,
                PartnerNotActive,
                StoreAccessDenied,
                CardBlocked,
                GameInactive,
                GameNotStarted,
                GameEnded,
                GameNotAtShop,
            ),
            *(GameTypeMismatch, PlayLimitReached, PlaysUsedUp, GameSoldOut, CollectionComplete, InsufficientPoints),
        ),
        example=examples.PLAY,
        body_example={"card_id": 1042, "shop_id": 12},
    )
    def start(self, request: Request, locale: str, pk: int) -> Response:
        data = self.validated(StartGameSerializer)
        card = get_card_of_player(player=self.player, card_id=data.get("card_id"), game_id=pk)
        shop_id = data.get("shop_id")
        if shop_id is None and self.credential is not None:
            shop_id = self.credential.shop_id
        started = start_play(
            actor=self.actor,
            partner=card.partner,
            game_id=pk,
            issued_card=card,
            shop_id=shop_id,
            reach=self.shop_ids,
            at=self.now,
        )
        return ok(play_answer(started.play), code=201 if started.is_new else 200)

    @document(
        "Spin the wheel",
        description="Once a session: a second call answers the same result.",
        answer=PlaySerializer,
        body=DrawPrizeSerializer,
        raises=TURN,
        example=examples.WON,
        body_example={**examples.SESSION, "client_seed": "my-lucky-number-7"},
    )
    def spin(self, request: Request, locale: str, pk: int) -> Response:
        data = self.validated(DrawPrizeSerializer)
        play = self.play_of(data["session_key"], pk)
        turn = spin_wheel(actor=self.actor, play=play, client_seed=data.get("client_seed"), at=self.now)
        return self.told(turn, play_answer(turn.play))

    @document(
        "Scratch the ticket",
        description="`result.fields` are the symbols (keys of `odds`, empty: blank); three alike are the prize.",
        answer=PlaySerializer,
        body=DrawPrizeSerializer,
        raises=TURN,
        example={**examples.WON, "game_type": "scratch"},
        body_example=examples.SESSION,
    )
    def scratch(self, request: Request, locale: str, pk: int) -> Response:
        data = self.validated(DrawPrizeSerializer)
        play = self.play_of(data["session_key"], pk)
        turn = scratch_ticket(actor=self.actor, play=play, client_seed=data.get("client_seed"), at=self.now)
        return self.told(turn, play_answer(turn.play))

    @document(
        "Questions of a quiz",
        answer=QuestionsSerializer,
        parameters=[KEY],
        raises=(*REFUSED, GameTypeMismatch),
        example=examples.QUESTIONS,
    )
    def questions(self, request: Request, locale: str, pk: int) -> Response:
        play = self.play_of(session_key_of(request.query_params.get("session_key")), pk)
        if play.game.game_type != GameType.QUIZ:
            raise GameTypeMismatch
        return ok(questions_answer(play))

    @document(
        "Answer a question",
        description="The last answer ends the quiz. Too late counts as wrong. The same answer again is not an error.",
        answer=TurnSerializer,
        body=AnswerQuestionSerializer,
        raises=(*TURN, AlreadyAnswered),
        example=examples.ANSWERED,
        body_example={**examples.SESSION, "question": "q2", "answer": "a1"},
    )
    def answer(self, request: Request, locale: str, pk: int) -> Response:
        data = self.validated(AnswerQuestionSerializer)
        answers = data.get("answers", [data["answer"]] if "answer" in data else [])
        turn = answer_question(
            actor=self.actor,
            play=self.play_of(data["session_key"], pk),
            question=data["question"],
            answers=answers,
            at=self.now,
        )
        return self.told(turn, {"shown": turn.shown, "session": play_answer(turn.play)})

    @document(
        "Turn cards of a memory",
        description="With `first` alone the card is shown; with `second` it is a move. The last move again shows the "
        "same and counts once.",
        answer=TurnSerializer,
        body=MatchPairSerializer,
        raises=TURN,
        example=examples.MATCHED,
        body_example={**examples.SESSION, "first": 0, "second": 5},
    )
    def match(self, request: Request, locale: str, pk: int) -> Response:
        data = self.validated(MatchPairSerializer)
        play = self.play_of(data["session_key"], pk)
        turn = match_pair(actor=self.actor, play=play, first=data["first"], second=data.get("second"), at=self.now)
        shown = {**turn.shown, "cards": cards_answer(turn.shown.get("cards", []), turn.play)}
        return self.told(turn, {"shown": shown, "session": play_answer(turn.play)})

    @document(
        "Collect an item",
        description="Draws one item; the piece that completes the collection gives the reward.",
        answer=PlaySerializer,
        body=DrawPrizeSerializer,
        raises=TURN,
        example={**examples.WON, "game_type": "collection"},
        body_example=examples.SESSION,
    )
    def collect(self, request: Request, locale: str, pk: int) -> Response:
        data = self.validated(DrawPrizeSerializer)
        play = self.play_of(data["session_key"], pk)
        turn = collect_item(actor=self.actor, play=play, client_seed=data.get("client_seed"), at=self.now)
        return self.told(turn, play_answer(turn.play))

    @document(
        "Progress of a collection",
        answer=CollectionProgressSerializer,
        parameters=[CARD],
        raises=(*REFUSED, GameTypeMismatch),
        example=examples.COLLECTION,
    )
    def collection(self, request: Request, locale: str, pk: int) -> Response:
        cards = IdOfCard(request.query_params, Play.objects.none())
        card = get_card_of_player(player=self.player, card_id=cards.value("card_id"), game_id=pk)
        game = get_game_to_play(partner=card.partner, game_id=pk)
        if game.game_type != GameType.COLLECTION:
            raise GameTypeMismatch
        return ok(collection_of(game, card.pk))

    @document(
        "Claim a reward",
        description="A reward belongs to the customer as soon as it is won; claiming notes that it was taken.",
        answer=PlaySerializer,
        body=SessionKeySerializer,
        raises=(*REFUSED, ResourceExpired, NothingToClaim, RewardAlreadyClaimed),
        example={**examples.WON, "reward_claimed": True, "claimed_at": "2026-11-27T10:00:09Z"},
        body_example=examples.SESSION,
    )
    def claim(self, request: Request, locale: str, pk: int) -> Response:
        data = self.validated(SessionKeySerializer)
        play = claim_reward(play=self.play_of(data["session_key"], pk), at=self.now)
        return ok(play_answer(play))


class IdOfCard(HouseFilterSet):
    card_id = IdFilter(method="read")

    def read(self, rows: Any, _name: str, _value: Any) -> Any:
        return rows
