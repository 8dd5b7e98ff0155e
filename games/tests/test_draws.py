"""Draws are fair, the same for everybody who computes them, and agree with the published weights."""

import hashlib
import hmac
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from games.rules.draws import (
    SPACE,
    Chance,
    digest,
    draws,
    hash_of_seed,
    index_at,
    is_fair,
    new_seed,
    shuffled,
)
from games.rules.scratch import ticket_of

SEED = "00" * 32
CHANCES = st.lists(st.integers(0, 1_000_000), min_size=1, max_size=12).map(
    lambda weights: [Chance(f"k{number}", weight) for number, weight in enumerate(weights)]
)


def chi_square(seen: Counter[str], expected: dict[str, float]) -> float:
    return sum((seen[key] - count) ** 2 / count for key, count in expected.items())


def test_a_hundred_thousand_draws_agree_with_the_weights() -> None:
    odds = [Chance("a", 1), Chance("b", 4), Chance("c", 15), Chance("d", 30), Chance("e", 50)]
    runs = 100_000
    seen = Counter(next(draws(SEED, f"player-{number}", odds)).key for number in range(runs))

    # The seeds are given, so this is the same every time; a fair wheel is above 23.5 once in ten thousand seeds.
    assert chi_square(seen, {one.key: runs * one.weight / 100 for one in odds}) < 23.5


def test_new_server_seeds_agree_with_the_weights_too() -> None:
    odds = [Chance("a", 1), Chance("b", 9), Chance("c", 90)]
    seen = Counter(next(draws(new_seed(), "player", odds)).key for _ in range(30_000))

    # Two degrees of freedom: above 30 once in three million fair runs.
    assert chi_square(seen, {one.key: 300 * one.weight for one in odds}) < 30


def test_the_first_number_is_the_hmac_that_the_documentation_names() -> None:
    signed = hmac.new(bytes(32), b"lucky:0", hashlib.sha256).hexdigest()
    assert digest(SEED, "lucky:0") == int(signed, 16)
    assert hash_of_seed(SEED) == hashlib.sha256(bytes(32)).hexdigest()
    odds = [Chance(str(number), 1) for number in range(7)]
    assert next(draws(SEED, "lucky", odds)).key == str(int(signed, 16) % 7)


@given(st.integers(1, 10**9))
def test_numbers_are_taken_only_below_the_largest_multiple(size: int) -> None:
    fair = SPACE - SPACE % size
    assert is_fair(fair - 1, size)
    assert is_fair(SPACE - 1, size) == (SPACE % size == 0)
    assert is_fair(0, size)


@given(CHANCES)
def test_an_outcome_holds_exactly_as_many_tickets_as_its_weight(odds: list[Chance]) -> None:
    first = 0
    for index, chance in enumerate(odds):
        if chance.weight:
            assert index_at(first, odds) == index
            assert index_at(first + chance.weight - 1, odds) == index
        first += chance.weight


@settings(max_examples=200)
@given(CHANCES, st.binary(min_size=32, max_size=32), st.from_regex(r"\A[A-Za-z0-9_-]{1,64}\Z"))
def test_every_outcome_with_a_weight_comes_once_and_in_the_order_of_the_counters(
    odds: list[Chance], seed: bytes, client_seed: str
) -> None:
    drawn = list(draws(seed.hex(), client_seed, odds))
    assert sorted(one.key for one in drawn) == sorted(one.key for one in odds if one.weight)
    assert [one.counter for one in drawn] == list(range(len(drawn)))
    assert drawn == list(draws(seed.hex(), client_seed, odds))


def test_what_comes_after_a_prize_that_is_gone_follows_the_weights_of_the_rest() -> None:
    odds = [Chance("gone", 50), Chance("a", 10), Chance("b", 40)]
    seen: Counter[str] = Counter()
    for number in range(20_000):
        first, second, _third = draws(SEED, f"p{number}", odds)
        seen[second.key if first.key == "gone" else first.key] += 1
    # One degree of freedom: above 15.2 once in ten thousand seeds.
    assert chi_square(seen, {"a": 4_000, "b": 16_000}) < 15.2


@given(st.lists(st.integers(), max_size=30), st.binary(min_size=32, max_size=32))
def test_a_shuffle_keeps_every_item(items: list[int], seed: bytes) -> None:
    assert sorted(shuffled(seed.hex(), "c", "board", items)) == sorted(items)


def test_every_order_is_as_likely_as_every_other() -> None:
    seen = Counter("".join(shuffled(SEED, f"p{number}", "board", "abcd")) for number in range(24_000))
    assert len(seen) == 24
    # 23 degrees of freedom: above 57 once in ten thousand seeds.
    assert chi_square(seen, dict.fromkeys(seen, 1_000.0)) < 57


def test_purposes_do_not_share_their_numbers() -> None:
    items = list(range(52))
    assert shuffled(SEED, "c", "board", items) != shuffled(SEED, "c", "questions", items)


@given(
    st.binary(min_size=32, max_size=32),
    st.integers(1, 12),
    st.integers(3, 25),
    st.booleans(),
)
def test_a_ticket_shows_its_prize_three_times_and_nothing_else_so_often(
    seed: bytes, symbols: int, fields: int, wins: bool
) -> None:
    keys = [f"k{number}" for number in range(symbols)]
    winner = keys[0] if wins else None
    ticket = ticket_of(seed.hex(), "c", winner=winner, symbols=keys, fields=fields)
    counts = Counter(ticket)
    assert len(ticket) == fields
    assert {key for key, count in counts.items() if key and count >= 3} == ({winner} if wins else set())
    assert not wins or counts[winner] == 3
