"""Questions, pairs and items as lines: what is written can be read, and keys stay with their texts."""

from typing import Any

import pytest

from games.rules import lines
from games.rules.lines import LineError

QUESTIONS = """Where does coffee come from? | Iš kur kilo kava? [2]
+ Ethiopia | Etiopija
- Sweden | Švedija

Which are coffees?
+ Arabica
- Sencha
+ Robusta"""
FIRST: dict[str, Any] = {
    "key": None,
    "text": {"en": "Where does coffee come from?", "lt": "Iš kur kilo kava?"},
    "answers": [
        {"key": "a1", "text": {"en": "Ethiopia", "lt": "Etiopija"}},
        {"key": "a2", "text": {"en": "Sweden", "lt": "Švedija"}},
    ],
    "right": ["a1"],
    "score": 2,
}


def test_questions_are_read_and_written_back() -> None:
    questions = lines.read_questions(QUESTIONS, ())
    assert questions[0] == FIRST
    assert (questions[1]["text"], questions[1]["right"], questions[1]["score"]) == (
        "Which are coffees?",
        ["a1", "a3"],
        1,
    )
    assert lines.write_questions(questions) == QUESTIONS


def test_keys_stay_with_their_texts_whatever_comes_between() -> None:
    present = [{**FIRST, "key": "old", "answers": [{**one, "key": f"x{one['key']}"} for one in FIRST["answers"]]}]
    (new, old) = lines.read_questions(f"New?\n+ Yes\n- No\n\n{QUESTIONS.partition(chr(10) * 2)[0]}\n- Peru", present)
    assert (new["key"], old["key"]) == (None, "old")
    assert [answer["key"] for answer in old["answers"]] == ["xa1", "xa2", "a1"]
    assert old["right"] == ["xa1"]


def test_pairs_and_items_are_read_and_written_back() -> None:
    written = "Bean | Pupelė\nCup  https://example.com/cup.png\nhttps://example.com/bag.png"
    pairs = lines.read_pairs(written, [{"key": "old", "text": "Cup", "image_url": "https://example.com/cup.png"}])
    assert pairs == [
        {"key": None, "text": {"en": "Bean", "lt": "Pupelė"}},
        {"key": "old", "text": "Cup", "image_url": "https://example.com/cup.png"},
        {"key": None, "image_url": "https://example.com/bag.png"},
    ]
    assert lines.write_pairs(pairs) == written
    written = "Arabica | Arabika; 60; 1; https://example.com/a.png; On Fridays; at noon\nGold; 1; 2"
    items = lines.read_items(written, [{"key": "old", "name": "Gold", "weight": 5, "needed": 1}])
    assert items == [
        {
            "key": None,
            "name": {"en": "Arabica", "lt": "Arabika"},
            "weight": 60,
            "needed": 1,
            "image_url": "https://example.com/a.png",
            "hint": "On Fridays; at noon",
        },
        {"key": "old", "name": "Gold", "weight": 1, "needed": 2},
    ]
    assert lines.write_items(items) == written
    assert lines.read_items("Just a name", ())[0] == {"key": None, "name": "Just a name", "weight": 1, "needed": 1}


@pytest.mark.parametrize(
    ("read", "text", "number"),
    [
        (lines.read_questions, "+ An answer first", 1),
        (lines.read_questions, "What?\n+ a\nb", 3),
        (lines.read_questions, "What?\n\n+ a\n- b", 3),
        (lines.read_questions, "What?\n+ a", 1),
        (lines.read_questions, "What?\n+ a\n+ b", 1),
        (lines.read_questions, "What?\n- a\n- b", 1),
        (lines.read_questions, "What?\n+\n- b", 2),
        (lines.read_questions, "What? [0]\n+ a\n- b", 1),
        (lines.read_questions, "What? [1001]\n+ a\n- b", 1),
        (lines.read_questions, "What?\n+ a" + "\n- b" * 8, 10),
        (lines.read_questions, "x" * 501 + "\n+ a\n- b", 1),
        (lines.read_items, "A\nB; heavy", 2),
        (lines.read_items, "A; 1; 101", 1),
        (lines.read_items, "A; 1000001", 1),
        (lines.read_items, "A; 1; 1; ftp://example.com", 1),
        (lines.read_items, "; 1", 1),
        (lines.read_pairs, " | ", 1),
    ],
)
def test_a_line_that_cannot_be_meant_is_named(read: Any, text: str, number: int) -> None:
    with pytest.raises(LineError) as refused:
        read(text, ())
    assert refused.value.number == number
