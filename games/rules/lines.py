"""Questions, pairs and items as people write them: lines of text instead of nested JSON.

A text in two languages is `English | Lithuanian`; one for everybody has no bar.

Questions, with a blank line between them; `+` marks a right answer, `[2]` a score other than 1:
    Where does coffee come from? | Iš kur kilo kava? [2]
    + Ethiopia | Etiopija
    - Sweden | Švedija
Pairs, one a line, a text, the address of a picture or both:
    Coffee bean | Kavos pupelė  https://example.com/bean.png
Items, one a line: name; weight; how many are needed; address of a picture; hint (the last three may be left out):
    Arabica | Arabika; 60; 1; https://example.com/arabica.png; With every cappuccino
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from games.rules import config

Rows = list[dict[str, Any]]
BAR = "|"
MOST_TEXT = 500
_SCORE = re.compile(r"^(.*?)\s*\[(\d{1,6})\]$")
_ADDRESS = re.compile(r"https?://\S+$")


class LineError(ValueError):
    """A line that cannot be meant; `number` counts from 1."""

    def __init__(self, number: int, reason: str | Promise) -> None:
        self.number, self.reason = number, reason
        super().__init__(f"{number}: {reason}")


def read_text(written: str, number: int) -> Any:
    """A plain text or `{"en": …, "lt": …}`."""
    english, bar, lithuanian = (part.strip() for part in written.partition(BAR))
    text: Any = english
    if bar:
        text = {code: part for code, part in (("en", english), ("lt", lithuanian)) if part}
    if not text:
        raise LineError(number, _("There is no text."))
    if max(len(part) for part in (text.values() if isinstance(text, dict) else [text])) > MOST_TEXT:
        raise LineError(number, _("A text is longer than 500 characters."))
    return text


def write_text(text: Any) -> str:
    """The same as a line shows it."""
    if isinstance(text, Mapping):
        return f"{text.get('en', '')} {BAR} {text.get('lt', '')}".strip()
    return str(text)


def read_questions(lines: str, present: Sequence[Mapping[str, Any]]) -> Rows:
    """Questions with their answers; those whose text is still the same keep their keys."""
    questions: Rows = []
    is_open = False
    for number, line in _numbered(lines, keep_blank=True):
        if not line:
            is_open = False
        elif line[0] in "+-" and questions and is_open:
            answers = questions[-1]["answers"]
            answers.append({"text": read_text(line[1:], number), "is_right": line[0] == "+"})
            if len(answers) > config.MOST_ANSWERS:
                raise LineError(number, _("A question has at most 8 answers."))
        elif line[0] in "+-":
            raise LineError(number, _("An answer follows its question without a blank line."))
        else:
            if is_open:
                raise LineError(
                    number, _("Answers begin with + or -, and a blank line comes before the next question.")
                )
            questions.append({**_question(line, number), "line": number})
            is_open = True
    if len(questions) > config.MOST_QUESTIONS:
        raise LineError(questions[-1]["line"], _("There are more than 100 questions."))
    return [_keyed(question, {write_text(one["text"]): one for one in present}) for question in questions]


def _question(line: str, number: int) -> dict[str, Any]:
    scored = _SCORE.match(line)
    text, score = (scored[1], int(scored[2])) if scored else (line, 1)
    if not 1 <= score <= config.MOST_SCORE:
        raise LineError(number, _("A score is 1 to 1000."))
    return {"text": read_text(text, number), "score": score, "answers": []}


def _keyed(question: dict[str, Any], known: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    number, before = question["line"], known.get(write_text(question["text"]), {})
    if len(question["answers"]) < config.FEWEST_ANSWERS:
        raise LineError(number, _("A question has at least 2 answers."))
    keys = {write_text(answer["text"]): answer["key"] for answer in before.get("answers", ())}
    answers = config.with_keys(
        [{**answer, "key": keys.get(write_text(answer["text"]))} for answer in question["answers"]], "a"
    )
    right = [answer["key"] for answer in answers if answer["is_right"]]
    if not 0 < len(right) < len(answers):
        raise LineError(number, _("Mark at least one answer as right, and leave at least one that is not."))
    return {
        "key": before.get("key"),
        "text": question["text"],
        "answers": [{"key": answer["key"], "text": answer["text"]} for answer in answers],
        "right": right,
        "score": question["score"],
    }


def write_questions(questions: Sequence[Mapping[str, Any]]) -> str:
    """The same as lines."""
    return "\n\n".join("\n".join(_lines_of(question)) for question in questions)


def _lines_of(question: Mapping[str, Any]) -> Iterator[str]:
    score = "" if question["score"] == 1 else f" [{question['score']}]"
    yield write_text(question["text"]) + score
    for answer in question["answers"]:
        yield f"{'+' if answer['key'] in question['right'] else '-'} {write_text(answer['text'])}"


def read_pairs(lines: str, present: Sequence[Mapping[str, Any]]) -> Rows:
    """Pairs of a memory; those that are still the same keep their keys."""
    keys = {_pair_line(pair): pair["key"] for pair in present}
    pairs: Rows = []
    for number, line in _numbered(lines):
        address = _ADDRESS.search(line)
        text = line[: address.start()].strip() if address else line
        pair: dict[str, Any] = {"text": read_text(text, number)} if text else {}
        if address:
            pair["image_url"] = _address(address[0], number)
        pairs.append({"key": keys.pop(_pair_line(pair), None), **pair})
    return pairs


def write_pairs(pairs: Sequence[Mapping[str, Any]]) -> str:
    """The same as lines."""
    return "\n".join(_pair_line(pair) for pair in pairs)


def _pair_line(pair: Mapping[str, Any]) -> str:
    return f"{write_text(pair.get('text', ''))}  {pair.get('image_url', '')}".strip()


def read_items(lines: str, present: Sequence[Mapping[str, Any]]) -> Rows:
    """Items of a collection; those whose name is still the same keep their keys."""
    keys = {write_text(item["name"]): item["key"] for item in present}
    items: Rows = []
    for number, line in _numbered(lines):
        name, weight, needed, address, hint = (*[part.strip() for part in line.split(";", 4)], *[""] * 4)[:5]
        item: dict[str, Any] = {
            "name": read_text(name, number),
            "weight": _whole(weight or "1", config.MOST_WEIGHT, number),
            "needed": _whole(needed or "1", config.MOST_NEEDED, number),
        }
        if address:
            item["image_url"] = _address(address, number)
        if hint:
            item["hint"] = read_text(hint, number)
        items.append({"key": keys.pop(write_text(item["name"]), None), **item})
    if len(items) > config.MOST_ITEMS:
        raise LineError(len(items), _("There are more than 50 items."))
    return items


def write_items(items: Sequence[Mapping[str, Any]]) -> str:
    """The same as lines."""
    return "\n".join(_item_line(item) for item in items)


def _item_line(item: Mapping[str, Any]) -> str:
    parts = [write_text(item["name"]), item["weight"], item["needed"], item.get("image_url", "")]
    parts.append(write_text(item.get("hint", "")))
    return "; ".join(str(part) for part in parts).rstrip("; ")


def _numbered(lines: str, *, keep_blank: bool = False) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(lines.splitlines(), 1):
        if line.strip() or keep_blank:
            yield number, line.strip()


def _whole(text: str, most: int, number: int) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 9 or int(text) > most:
        raise LineError(number, _("Weight and number are whole numbers, not too large."))
    return int(text)


def _address(text: str, number: int) -> str:
    if not _ADDRESS.fullmatch(text) or len(text) > MOST_TEXT:
        raise LineError(number, _("The address of a picture begins with https://."))
    return text
