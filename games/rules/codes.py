"""Coupon codes: twelve random symbols and a check letter (promise D8).

The alphabet has 31 symbols that nobody confuses: no 0 and O, no 1, I and L. 31 is prime, so the weighted sum finds
every single wrong symbol and every swap of two neighbours. Twelve symbols are 59 bits.
"""

import secrets
import unicodedata

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
RANDOM_SYMBOLS = 12
LENGTH = RANDOM_SYMBOLS + 1
SIZE = len(ALPHABET) ** RANDOM_SYMBOLS
_VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)}


def new_code() -> str:
    """A fresh code, as it is stored."""
    return new_codes(1)[0]


def new_codes(count: int) -> list[str]:
    """Many fresh codes: the randomness of each is its own, drawn for all of them at once."""
    return [code_of(secrets.randbelow(SIZE)) for _ in range(count)]


def code_of(number: int) -> str:
    """The code of a number below 31 to the 12th."""
    symbols = []
    for _ in range(RANDOM_SYMBOLS):
        number, value = divmod(number, len(ALPHABET))
        symbols.append(ALPHABET[value])
    body = "".join(symbols)
    return body + check_letter(body)


def check_letter(body: str) -> str:
    """The last symbol of a code: the sum of values times their place, from 1, modulo 31."""
    total = sum(place * _VALUE[symbol] for place, symbol in enumerate(body, 1))
    return ALPHABET[total % len(ALPHABET)]


def normalize(text: str) -> str:
    """A code as somebody typed or pasted it: capitals, without blanks, dashes of any kind and what nobody sees."""
    return "".join(symbol for symbol in unicodedata.normalize("NFKC", text) if symbol.isalnum()).upper()


def is_well_formed(code: str) -> bool:
    """Whether a normalized code can exist at all: a typing mistake costs no look-up."""
    body = code[:-1]
    return len(code) == LENGTH and all(symbol in _VALUE for symbol in code) and check_letter(body) == code[-1]
