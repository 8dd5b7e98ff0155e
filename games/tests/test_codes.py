"""Codes that nobody guesses, and that a typing mistake cannot turn into another one."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from games.rules.codes import ALPHABET, LENGTH, is_well_formed, new_codes, normalize

CODES = st.text(ALPHABET, min_size=12, max_size=12)


def test_a_code_has_twelve_symbols_and_its_check_letter_and_none_comes_twice() -> None:
    codes = new_codes(20_000)

    assert len(set(codes)) == 20_000
    assert {len(code) for code in codes} == {LENGTH}
    assert all(is_well_formed(code) for code in codes)


def test_every_symbol_is_as_likely_as_every_other() -> None:
    seen = Counter(symbol for code in new_codes(20_000) for symbol in code[:-1])

    expected = 20_000 * 12 / len(ALPHABET)
    chi_square = sum((seen[symbol] - expected) ** 2 / expected for symbol in ALPHABET)
    # 30 degrees of freedom: once in a million fair runs it is above 79.
    assert chi_square < 79


def test_what_somebody_types_is_read_generously() -> None:
    [code] = new_codes(1)

    assert normalize(f" {code[:4].lower()}-{code[4:8]} {code[8:]}\n") == code
    # As a mail or a text processor sets it: an en dash, a hyphen that does not break, a soft one, a blank of no width,
    # and letters of full width.
    wide = "".join(chr(ord(symbol) + 0xFEE0) for symbol in code[10:])
    assert (
        normalize(f"{code[:2]}\u2013{code[2:4]}\u2011{code[4:6]}\u00ad{code[6:8]}\u200b{code[8:10]}\ufeff{wide}")
        == code
    )


@given(number=st.integers(0, 11), wrong=st.sampled_from(ALPHABET))
def test_one_wrong_symbol_is_noticed(number: int, wrong: str) -> None:
    [code] = new_codes(1)
    mistaken = code[:number] + wrong + code[number + 1 :]

    assert is_well_formed(mistaken) == (mistaken == code)


@given(number=st.integers(0, 10))
def test_two_swapped_neighbours_are_noticed(number: int) -> None:
    [code] = new_codes(1)
    swapped = code[:number] + code[number + 1] + code[number] + code[number + 2 :]

    assert is_well_formed(swapped) == (swapped == code)


def test_what_cannot_be_a_code_is_not_looked_up() -> None:
    for text in ("", "SHORT", "0" * LENGTH, "Ž" * LENGTH, "A" * 200):
        assert not is_well_formed(normalize(text))
