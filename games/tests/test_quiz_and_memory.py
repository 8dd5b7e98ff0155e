"""Quizzes and memories over HTTP: what the player is told, what they are not, and when it is over."""

from datetime import timedelta
from typing import Any

import pytest

from games.models import Coupon, Game, Play
from games.rules.quiz import Quiz
from games.tests.players import TEN_POINTS, Arcade, expire
from ledger.tests.factories import Answer, balance_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def arcade() -> Arcade:
    return Arcade()


# --- Quiz


def questions(arcade: Arcade, game: Game, key: str) -> dict[str, Any]:
    return arcade.get(f"games/{game.pk}/quiz-questions", session_key=key).ok()


def answer(arcade: Arcade, game: Game, key: str, question: str, chosen: str = "a1") -> Answer:
    return arcade.call(game, "answer-question", session_key=key, question=question, answer=chosen)


def test_a_quiz_is_passed_question_by_question(arcade: Arcade) -> None:
    game = arcade.quiz(3)
    key = arcade.begun(game, arcade.customer())["session_key"]
    shown = questions(arcade, game, key)
    order = [question["key"] for question in shown["questions"]]
    assert sorted(order) == ["q1", "q2", "q3"]
    assert "right" not in str(shown)
    assert shown["questions"][0]["text"] == {"lt": "Tekstas", "en": "Text"}

    first = answer(arcade, game, key, order[0]).ok()
    wrong = answer(arcade, game, key, order[2], "a2").ok()
    assert (first["shown"]["is_correct"], wrong["shown"]["is_correct"]) == (True, False)
    assert (wrong["session"]["status"], wrong["session"]["score"], wrong["session"]["level"]) == ("active", 1, 3)
    assert [question["key"] for question in questions(arcade, game, key)["questions"]] == [order[1]]
    assert not Coupon.objects.exists()

    last = answer(arcade, game, key, order[1]).ok()["session"]
    assert (last["status"], last["score"], last["reward"]["type"]) == ("completed", 2, "coupon")
    assert last["result"] == {"questions": order}
    assert questions(arcade, game, key)["questions"] == []
    assert arcade.verify(key)["matches"] is True
    assert Coupon.objects.count() == 1


def test_a_quiz_that_is_not_passed_gives_nothing(arcade: Arcade) -> None:
    game = arcade.quiz(2)
    key = arcade.begun(game, arcade.customer())["session_key"]
    answer(arcade, game, key, "q1").ok()
    lost = answer(arcade, game, key, "q2", "a3").ok()["session"]
    assert (lost["status"], lost["reward"]) == ("completed", None)
    arcade.call(game, "claim-reward", session_key=key).refused(409, "NOTHING_TO_CLAIM")


def test_an_answer_sent_again_counts_once_and_cannot_be_changed(arcade: Arcade) -> None:
    game = arcade.quiz(3)
    key = arcade.begun(game, arcade.customer())["session_key"]
    first, again = answer(arcade, game, key, "q1"), answer(arcade, game, key, "q1")
    assert (again.is_replay, again.ok()) == (True, first.ok())
    answer(arcade, game, key, "q1", "a2").refused(409, "ALREADY_ANSWERED")
    assert Play.objects.get().score == 1


def test_every_right_answer_must_be_named(arcade: Arcade) -> None:
    game = arcade.quiz(3)
    for question in game.config["questions"]:
        question["right"] = ["a1", "a2"]
    game.save()
    key = arcade.begun(game, arcade.customer())["session_key"]
    body = {"session_key": key, "question": "q1", "answers": ["a2", "a1"]}
    assert questions(arcade, game, key)["questions"][0]["several"] is True
    assert arcade.call(game, "answer-question", **body).ok()["shown"]["is_correct"] is True
    assert answer(arcade, game, key, "q2").ok()["shown"]["is_correct"] is False


def test_with_a_time_limit_one_question_is_open_and_too_late_is_wrong(arcade: Arcade) -> None:
    game = arcade.quiz(3, config={"seconds_per_question": 10})
    key = arcade.begun(game, arcade.customer())["session_key"]
    shown = questions(arcade, game, key)
    (only,) = shown["questions"]
    until = Play.objects.get().started_at + timedelta(seconds=10)
    assert shown["progress"]["answer_by"] == f"{until:%Y-%m-%dT%H:%M:%SZ}"
    other = next(name for name in ("q1", "q2", "q3") if name != only["key"])
    answer(arcade, game, key, other).refused(422, "VALIDATION_ERROR", "question")

    play = Play.objects.get()
    quiz = Quiz.read(play.state["quiz"])
    quiz.asked_at = (play.started_at - timedelta(seconds=13)).isoformat()
    Play.objects.update(state={**play.state, "quiz": quiz.kept()})
    late = answer(arcade, game, key, only["key"]).ok()

    assert (late["shown"]["is_late"], late["shown"]["is_correct"], late["session"]["score"]) == (True, False, 0)
    # The next question's clock starts now.
    (following,) = questions(arcade, game, key)["questions"]
    assert answer(arcade, game, key, following["key"]).ok()["shown"]["is_correct"] is True


def test_questions_and_answers_that_do_not_exist_are_refused(arcade: Arcade) -> None:
    game = arcade.quiz()
    key = arcade.begun(game, arcade.customer())["session_key"]
    answer(arcade, game, key, "q9").refused(422, "VALIDATION_ERROR", "question")
    answer(arcade, game, key, "q1", "a9").refused(422, "VALIDATION_ERROR", "answers")
    arcade.get(f"games/{game.pk}/quiz-questions").refused(404, "RESOURCE_NOT_FOUND")
    arcade.get(f"games/{game.pk}/quiz-questions", session_key="x").refused(404, "RESOURCE_NOT_FOUND")
    assert Play.objects.get().score == 0


def test_changing_the_game_changes_no_quiz_that_is_played(arcade: Arcade) -> None:
    game = arcade.quiz(2)
    key = arcade.begun(game, arcade.customer())["session_key"]
    game.config["questions"][0]["right"] = ["a2"]
    game.save()
    assert answer(arcade, game, key, "q1").ok()["shown"]["is_correct"] is True


def test_a_quiz_left_alone_is_over_and_its_points_are_gone(arcade: Arcade) -> None:
    """Its questions were seen: starting again and again would be a way to learn them for nothing."""
    customer, game = arcade.customer(100), arcade.quiz(points_cost=30)
    key = arcade.begun(game, customer)["session_key"]
    expire(key)
    answer(arcade, game, key, "q1").refused(410, "RESOURCE_EXPIRED")
    arcade.begun(game, customer)
    assert balance_of(customer) == (40, 0)


# --- Memory


def turn(arcade: Arcade, game: Game, key: str, first: int, second: int | None = None) -> Answer:
    return arcade.call(game, "match-pair", session_key=key, first=first, second=second)


def board_of(key: str) -> list[str]:
    return Play.objects.get(session_key=key).state["memory"]["board"]


def pairs_of(board: list[str]) -> list[tuple[int, int]]:
    places: dict[str, list[int]] = {}
    for position, name in enumerate(board):
        places.setdefault(name, []).append(position)
    return [(first, second) for first, second in places.values()]


def miss_of(board: list[str]) -> tuple[int, int]:
    return 0, next(position for position, name in enumerate(board) if name != board[0])


def test_a_memory_is_solved_pair_by_pair(arcade: Arcade) -> None:
    game = arcade.memory(3, **TEN_POINTS)
    customer = arcade.customer()
    started = arcade.begun(game, customer)
    key, board = started["session_key"], board_of(started["session_key"])
    assert started["progress_data"]["cards"] == 6
    assert "board" not in str(started)

    seen = turn(arcade, game, key, 0).ok()
    assert seen["shown"]["cards"] == [{"position": 0, "key": board[0], "text": {"lt": "Tekstas", "en": "Text"}}]
    assert seen["session"]["progress_data"]["open"]["position"] == 0
    missed = turn(arcade, game, key, *miss_of(board)).ok()
    assert (missed["shown"]["is_match"], missed["session"]["progress_data"]["moves"]) == (False, 1)
    for number, pair in enumerate(pairs_of(board), 1):
        found = turn(arcade, game, key, *pair).ok()
        assert (found["shown"]["is_match"], found["session"]["score"]) == (True, number)

    over = found["session"]
    assert (over["status"], over["points_won"], over["result"]) == ("completed", 10, {"board": board})
    assert over["progress_data"]["moves"] == 4
    assert arcade.verify(key)["matches"] is True
    assert balance_of(customer) == (10, 0)


def test_the_last_move_sent_again_counts_once(arcade: Arcade) -> None:
    game = arcade.memory()
    key = arcade.begun(game, arcade.customer())["session_key"]
    miss = miss_of(board_of(key))
    first, again = turn(arcade, game, key, *miss), turn(arcade, game, key, *miss)
    assert (again.is_replay, again.ok()) == (True, first.ok())
    assert first.data["session"]["progress_data"]["moves"] == 1


def test_the_last_pair_sent_again_after_the_end_shows_the_same(arcade: Arcade) -> None:
    game = arcade.memory(2)
    key = arcade.begun(game, arcade.customer())["session_key"]
    for pair in pairs_of(board_of(key)):
        last = turn(arcade, game, key, *pair)
    again = turn(arcade, game, key, *pair)
    assert (again.is_replay, again.ok()) == (True, last.ok())
    assert Coupon.objects.count() == 1


def test_cards_that_cannot_be_turned_are_refused(arcade: Arcade) -> None:
    game = arcade.memory()
    key = arcade.begun(game, arcade.customer())["session_key"]
    pair, other = pairs_of(board_of(key))[:2]
    turn(arcade, game, key, 6).refused(422, "VALIDATION_ERROR", "first")
    turn(arcade, game, key, -1).refused(422, "VALIDATION_ERROR", "first")
    turn(arcade, game, key, 0, 0).refused(422, "VALIDATION_ERROR", "second")
    turn(arcade, game, key, pair[0]).ok()
    # An open card is not laid back to look at another one.
    turn(arcade, game, key, other[0]).refused(422, "VALIDATION_ERROR", "first")
    turn(arcade, game, key, *pair).ok()
    turn(arcade, game, key, pair[0], other[0]).refused(422, "VALIDATION_ERROR", "first")


def test_a_memory_without_moves_left_is_lost(arcade: Arcade) -> None:
    game = arcade.memory(3, config={"max_moves": 3})
    key = arcade.begun(game, arcade.customer())["session_key"]
    board = board_of(key)
    turn(arcade, game, key, *miss_of(board)).ok()
    turn(arcade, game, key, *pairs_of(board)[0]).ok()
    over = turn(arcade, game, key, *pairs_of(board)[1]).ok()["session"]
    assert (over["status"], over["score"], over["reward"]) == ("completed", 2, None)
    turn(arcade, game, key, *pairs_of(board)[2]).refused(409, "PLAY_NOT_ACTIVE")
    assert not Coupon.objects.exists()


def test_a_memory_after_its_seconds_is_lost(arcade: Arcade) -> None:
    game = arcade.memory(3, config={"max_seconds": 5})
    opened = arcade.begun(game, arcade.customer())
    key, play = opened["session_key"], Play.objects.get()
    assert opened["progress_data"]["ends_at"] == f"{play.started_at + timedelta(seconds=5):%Y-%m-%dT%H:%M:%SZ}"
    kept = {**play.state["memory"], "ends_at": (play.started_at - timedelta(seconds=1)).isoformat()}
    Play.objects.update(state={"memory": kept})
    late = turn(arcade, game, key, *pairs_of(board_of(key))[0]).ok()
    assert (late["shown"], late["session"]["status"]) == ({"is_late": True, "cards": []}, "completed")
    assert (late["session"]["score"], late["session"]["reward"]) == (0, None)
    assert arcade.verify(key)["matches"] is True


def test_a_memory_that_nobody_turned_gives_its_points_back_and_one_in_play_does_not(arcade: Arcade) -> None:
    customer, game = arcade.customer(100), arcade.memory(points_cost=30)
    key = arcade.begun(game, customer)["session_key"]
    arcade.post({}, path=f"game-sessions/{key}/cancel").ok()
    assert balance_of(customer) == (100, 0)
    key = arcade.begun(game, customer)["session_key"]
    turn(arcade, game, key, 0).ok()
    arcade.post({}, path=f"game-sessions/{key}/cancel").ok()
    assert balance_of(customer) == (70, 0)
    # A half-played board stays secret, and still there is nothing wrong with what was published.
    assert arcade.verify(key)["result"] == {}
    assert arcade.verify(key)["matches"] is True
