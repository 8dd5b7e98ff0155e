"""What only one type of game has: prizes, questions, pairs, items (contract 3.6 and games/rules/config.py)."""

from typing import Any

import pytest
from django.db import IntegrityError
from django.utils import timezone

from cards.tests.factories import IssuedCardFactory
from games.models import CollectedItem, Game, Prize
from games.rules.config import changed_config, config_faults, with_keys
from games.tests.factories import GameFactory, PrizeFactory
from loyalty.models import AuditEvent
from partners.tests.callers import Caller, staff_caller
from partners.tests.factories import PartnerFactory

pytestmark = pytest.mark.django_db
GAMES = "/en/partners/games"
TEXTS = {
    "name": "A game",
    "description": "A game for everybody who comes.",
    "reward_description": "Something nice",
}
NOTHING = {
    "type": "none",
    "value": None,
    "points": None,
    "product_name": "",
    "minimum_purchase": 0.0,
    "maximum_discount": None,
}
QUESTION = {
    "key": "q1",
    "text": {"en": "Where does coffee come from?", "lt": "Iš kur kilo kava?"},
    "score": 2,
    "answers": [
        {"key": "a1", "text": "Ethiopia", "is_right": True},
        {"key": "a2", "text": "Sweden", "is_right": False},
    ],
}


@pytest.fixture
def owner() -> Caller:
    return staff_caller(PartnerFactory())


def make(owner: Caller, game_type: str, **parts: Any) -> dict[str, Any]:
    return owner.post(GAMES, {**TEXTS, "game_type": game_type, **parts})["data"]


def faults(owner: Caller, game_type: str, **parts: Any) -> list[str]:
    """The paths that are refused; nothing is made."""
    answer = owner.post(GAMES, {**TEXTS, "game_type": game_type, **parts}, status=422)
    assert not Game.objects.exists()
    assert not Prize.objects.exists()
    return list(answer["errors"])


# --- prizes


@pytest.mark.parametrize("game_type", ["wheel", "scratch"])
def test_prizes_have_weight_stock_limits_and_a_reward(owner: Caller, game_type: str) -> None:
    full = {
        "name": {"en": "Coffee", "lt": "Kava"},
        "weight": 1,
        "stock": 20,
        "per_customer": 1,
        "per_day": 2,
        "color": "#C8102E",
        "image_url": "https://example.com/coffee.png",
        "reward": {**NOTHING, "type": "percentage", "value": 10.0, "maximum_discount": 5.0},
    }
    made = make(owner, game_type, prizes=[{"name": "Try again", "weight": 3}, full])
    none, coffee = made["prizes"]
    assert made["is_ready"] is True
    assert {**none, "id": None} == {
        "id": None,
        "name": "Try again",
        "color": "",
        "image_url": "",
        "weight": 3,
        "chance": 0.75,
        "stock": None,
        "awarded": 0,
        "remaining": None,
        "per_customer": None,
        "per_day": None,
        "reward": NOTHING,
    }
    assert {key: coffee[key] for key in full} == full
    assert (coffee["chance"], coffee["awarded"], coffee["remaining"]) == (0.25, 0, 20)
    assert made.get("scratch_fields") == (9 if game_type == "scratch" else None)


@pytest.mark.parametrize(
    ("prize", "field"),
    [
        ({"weight": 1}, "prizes.0.name"),
        ({"name": "A"}, "prizes.0.weight"),
        ({"name": {"fr": "Un"}, "weight": 1}, "prizes.0.name.fr"),
        ({"name": "A", "weight": -1}, "prizes.0.weight"),
        ({"name": "A", "weight": 1_000_001}, "prizes.0.weight"),
        ({"name": "A", "weight": 1, "stock": -1}, "prizes.0.stock"),
        ({"name": "A", "weight": 1, "per_day": 0}, "prizes.0.per_day"),
        ({"name": "A", "weight": 1, "color": "red"}, "prizes.0.color"),
        ({"name": "A", "weight": 1, "image_url": "javascript:alert(1)"}, "prizes.0.image_url"),
        ({"name": "A", "weight": 1, "reward": {"type": "percentage"}}, "prizes.0.reward.value"),
        ({"name": "A", "weight": 1, "reward": {"type": "points", "points": 5, "value": 1}}, "prizes.0.reward.value"),
        ({"name": "A", "weight": 1, "reward": {"type": "cash"}}, "prizes.0.reward.type"),
        ({"name": "A", "weight": 1, "colour": "#fff"}, "prizes.0.colour"),
        ({"name": "A", "weight": 1, "id": 77}, "prizes.0.id"),
    ],
)
def test_a_prize_that_cannot_be_is_refused_by_its_path(owner: Caller, prize: dict[str, Any], field: str) -> None:
    assert faults(owner, "wheel", prizes=[prize]) == [field]


def test_a_changed_list_of_prizes_keeps_what_was_given_away(owner: Caller) -> None:
    made = make(owner, "wheel", prizes=[{"name": name, "weight": 1, "stock": 5} for name in "ABC"])
    path = f"{GAMES}/{made['id']}"
    first, second, third = (prize["id"] for prize in made["prizes"])
    Prize.objects.filter(pk=first).update(awarded=3)
    rows = [
        {"id": third, "name": "C", "weight": 9, "stock": 5},
        {"name": "D", "weight": 0},
        {"id": first, "name": "A, anew", "weight": 1, "stock": 3, "reward": {"type": "points", "points": 50}},
    ]
    changed = owner.put(path, {"prizes": rows})["data"]["prizes"]
    assert [(prize["id"], prize["awarded"]) for prize in changed if prize["name"] != "D"] == [(third, 0), (first, 3)]
    assert [(prize["name"], prize["chance"], prize["remaining"]) for prize in changed] == [
        ("C", 0.9, 5),
        ("D", 0.0, None),
        ("A, anew", 0.1, 0),
    ]
    # What was left out is switched off, not deleted: a play that is going on may name it.
    gone = Prize.objects.get(pk=second)
    assert (gone.is_active, gone.weight, gone.name) == (False, 1, "B")
    audited = AuditEvent.objects.get(action="game.updated").changes["prizes"]
    assert [[row["id"] for row in rows] for rows in audited] == [
        [first, second, third],
        [prize["id"] for prize in changed],
    ]
    # It can come back, with its count.
    back = owner.put(path, {"prizes": [{"id": second, "name": "B", "weight": 2}]})["data"]["prizes"]
    assert [(prize["id"], prize["chance"]) for prize in back] == [(second, 1.0)]


def test_the_stock_cannot_fall_below_what_was_given_away(owner: Caller) -> None:
    game = GameFactory(partner=owner.staff.partner, game_type="wheel", stamps_required=None)
    prize = PrizeFactory(game=game, stock=5, awarded=3, position=0)
    other = PrizeFactory(stock=5)
    path = f"{GAMES}/{game.pk}"
    before = list(Prize.objects.order_by("pk").values())
    row = {"id": prize.pk, "name": "A", "weight": 1, "stock": 2}
    answer = owner.put(path, {"name": "Another name", "prizes": [row]}, status=422)
    assert answer["errors"] == {"prizes.0.stock": ["3 of them were given away already."]}
    twice = [{**row, "stock": 5}, {**row, "stock": 6}]
    assert list(owner.put(path, {"prizes": twice}, status=422)["errors"]) == ["prizes.1.id"]
    foreign = [{**row, "id": other.pk}]
    assert list(owner.put(path, {"prizes": foreign}, status=422)["errors"]) == ["prizes.0.id"]
    assert list(Prize.objects.order_by("pk").values()) == before
    game.refresh_from_db()
    assert game.name != "Another name"


# --- quiz


def test_a_quiz_has_questions_with_answers_points_and_limits(owner: Caller) -> None:
    several: dict[str, Any] = {
        "text": "Which of them are coffees?",
        "answers": [{"text": text, "is_right": text != "Sencha"} for text in ("Arabica", "Sencha", "Robusta")],
    }
    made = make(owner, "quiz", questions=[QUESTION, several], pass_score=2, seconds_per_question=30)
    assert made["questions"][0] == QUESTION
    assert made["questions"][1] == {
        "key": "q2",
        "text": several["text"],
        "score": 1,
        "answers": [{"key": f"a{number}", **answer} for number, answer in enumerate(several["answers"], 1)],
    }
    assert (made["pass_score"], made["seconds_per_question"], made["is_ready"]) == (2, 30, True)
    assert Game.objects.get().config == {
        "questions": [
            {
                "key": "q1",
                "text": QUESTION["text"],
                "score": 2,
                "answers": [{"key": "a1", "text": "Ethiopia"}, {"key": "a2", "text": "Sweden"}],
                "right": ["a1"],
            },
            {
                "key": "q2",
                "text": several["text"],
                "score": 1,
                "answers": [
                    {"key": "a1", "text": "Arabica"},
                    {"key": "a2", "text": "Sencha"},
                    {"key": "a3", "text": "Robusta"},
                ],
                "right": ["a1", "a3"],
            },
        ],
        "pass_score": 2,
        "seconds_per_question": 30,
    }
    cleared = owner.put(f"{GAMES}/{made['id']}", {"pass_score": None, "seconds_per_question": None})["data"]
    assert (cleared["pass_score"], cleared["seconds_per_question"]) == (None, None)
    assert cleared["questions"] == made["questions"]
    assert set(Game.objects.get().config) == {"questions"}


def _question(**changes: Any) -> dict[str, Any]:
    return {"questions": [{**QUESTION, **changes}]}


def _answers(*rights: bool) -> list[dict[str, Any]]:
    return [{"text": f"Answer {number}", "is_right": right} for number, right in enumerate(rights)]


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        (_question(text=None), "questions.0.text"),
        (_question(answers=_answers(True)), "questions.0.answers"),
        (_question(answers=_answers(*[True] + [False] * 8)), "questions.0.answers"),
        (_question(answers=_answers(False, False)), "questions.0.answers"),
        (_question(answers=_answers(True, True)), "questions.0.answers"),
        (_question(answers=[{"is_right": True}, {"text": "b"}]), "questions.0.answers.0.text"),
        (
            _question(answers=[{"text": "a", "key": "k", "is_right": True}, {"text": "b", "key": "k"}]),
            "questions.0.answers.1.key",
        ),
        (_question(score=0), "questions.0.score"),
        (_question(key="no key!"), "questions.0.key"),
        ({"questions": [QUESTION, QUESTION]}, "questions.1.key"),
        ({"questions": [{"text": "What?", "score": 1}]}, "questions.0.answers"),
        ({**_question(), "pass_score": 3}, "pass_score"),
        ({**_question(), "seconds_per_question": 4}, "seconds_per_question"),
        ({**_question(), "pairs": []}, "pairs"),
        ({"questions": {"text": "What?"}}, "questions"),
        ({"questions": ["What?"]}, "questions.0"),
    ],
)
def test_a_question_that_cannot_be_is_refused_by_its_path(owner: Caller, parts: dict[str, Any], field: str) -> None:
    assert faults(owner, "quiz", **parts) == [field]


def test_a_change_of_questions_is_checked_against_the_pass_score_that_stays(owner: Caller) -> None:
    made = make(owner, "quiz", **_question(), pass_score=2)
    answer = owner.put(f"{GAMES}/{made['id']}", _question(score=1), status=422)
    assert list(answer["errors"]) == ["pass_score"]
    assert owner.put(f"{GAMES}/{made['id']}", {**_question(score=1), "pass_score": 1})["data"]["pass_score"] == 1
    # Also where the rest of the form may be left out, a question is whole.
    partial = {"questions": [{"key": "q1", "answers": QUESTION["answers"]}]}
    assert list(owner.put(f"{GAMES}/{made['id']}", partial, status=422)["errors"]) == ["questions.0.text"]


# --- memory


def test_a_memory_has_pairs_of_texts_or_pictures(owner: Caller) -> None:
    pairs = [{"text": "Bean"}, {"key": "cup", "image_url": "https://example.com/cup.png"}]
    made = make(owner, "memory", pairs=pairs, max_moves=10, max_seconds=60)
    assert made["pairs"] == [{"key": "p1", "text": "Bean"}, pairs[1]]
    assert (made["max_moves"], made["max_seconds"], made["is_ready"]) == (10, 60, True)
    assert Game.objects.get().config == {"pairs": made["pairs"], "max_moves": 10, "max_seconds": 60}


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({"pairs": [{"text": "Bean"}]}, "pairs"),
        ({"pairs": [{"text": "Bean"}, {}]}, "pairs.1"),
        ({"pairs": [{"text": str(number)} for number in range(19)]}, "pairs"),
        ({"pairs": [{"text": "Bean"}, {"image_url": "ftp://example.com/a.png"}]}, "pairs.1.image_url"),
        ({"pairs": [{"text": "Bean"}, {"text": "Cup"}], "max_moves": 1}, "max_moves"),
        ({"pairs": [{"text": "Bean"}, {"text": "Cup"}], "max_seconds": 4}, "max_seconds"),
    ],
)
def test_a_pair_that_cannot_be_is_refused_by_its_path(owner: Caller, parts: dict[str, Any], field: str) -> None:
    assert faults(owner, "memory", **parts) == [field]


# --- collection


def test_a_collection_has_items_with_chances_and_what_was_found(owner: Caller) -> None:
    rare = {"key": "gold", "name": {"en": "Gold", "lt": "Auksas"}, "weight": 1, "needed": 2, "hint": "On Fridays"}
    made = make(owner, "collection", items=[{"name": "Arabica", "weight": 3}, rare])
    common = {"key": "i1", "name": "Arabica", "weight": 3, "needed": 1}
    assert made["items"] == [common, rare]
    game = Game.objects.get()
    for quantity in (2, 1):
        CollectedItem.objects.create(
            partner=game.partner,
            game=game,
            issued_card=IssuedCardFactory(partner=game.partner),
            item="i1",
            quantity=quantity,
            first_at=timezone.now(),
        )
    assert owner.get(f"{GAMES}/{game.pk}/collection-items")["data"] == [
        {**common, "chance": 0.75, "found": 3, "holders": 2},
        {**rare, "chance": 0.25, "found": 0, "holders": 0},
    ]


@pytest.mark.parametrize(
    ("items", "field"),
    [
        ([{"weight": 1}], "items.0.name"),
        ([{"name": "A", "weight": 0}], "items.0.weight"),
        ([{"name": "A", "needed": 0}], "items"),
        ([{"name": "A", "needed": 101}], "items.0.needed"),
        ([{"name": "A", "key": "x"}, {"name": "B", "key": "x"}], "items.1.key"),
        ([{"name": "A"}] * 51, "items"),
    ],
)
def test_an_item_that_cannot_be_is_refused_by_its_path(owner: Caller, items: list[Any], field: str) -> None:
    assert faults(owner, "collection", items=items) == [field]


# --- the rules alone


def test_a_row_without_a_key_gets_the_first_free_one() -> None:
    rows = [{"text": "a"}, {"key": "q1", "text": "b"}, {"text": "c"}, {"key": "other"}]
    assert [row["key"] for row in with_keys(rows, "q")] == ["q2", "q1", "q3", "other"]


def test_a_changed_configuration_keeps_what_is_not_named_and_null_removes() -> None:
    config = changed_config(
        "memory", {"pairs": [{"key": "p1"}], "max_moves": 9}, {"max_moves": None, "max_seconds": 60}
    )
    assert config == {"pairs": [{"key": "p1"}], "max_seconds": 60}
    assert list(config_faults("wheel", {"pairs": []})) == ["pairs"]


# --- the last line of defence


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"reward_type": "percentage", "reward_value": None}, "game_percentage_range"),
        ({"reward_type": "percentage", "reward_value": 101}, "game_percentage_range"),
        ({"reward_type": "fixed", "reward_value": None}, "game_amount_positive"),
        ({"reward_type": "points", "reward_points": None}, "game_points_positive"),
        ({"coupon_validity": "days", "coupon_validity_days": None}, "game_coupon_validity"),
        ({"coupon_validity": "never", "coupon_validity_days": 3}, "game_coupon_validity"),
        ({"stamps_required": None}, "game_stamps_required"),
    ],
)
def test_the_database_refuses_what_a_service_would_have_let_through(fields: dict[str, Any], constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        GameFactory(**fields)
