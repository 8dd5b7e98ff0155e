"""What a message costs, by the country of its number."""

import re
from collections.abc import Mapping
from decimal import Decimal

import phonenumbers

# Per part, in EUR (contract 11).
DEFAULT_PRICES = {"LT": "0.0556", "other": "0.1295"}
OTHER = "other"
UNIT = Decimal("0.0001")
_E164 = re.compile(r"\+?[1-9][0-9]{6,14}\Z")
_PRICE = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4})?\Z")
_COUNTRY = re.compile(r"[A-Z]{2}\Z")


def read_number(text: str) -> str | None:
    """E.164 of a number in international format; None where nobody can have it.

    The plus is optional, and a zero that is dialled only at home (+44 0 20…) is left out.
    """
    if not _E164.match(text):
        return None
    try:
        number = phonenumbers.parse(f"+{text.removeprefix('+')}")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def country_of(phone: str) -> str:
    """ISO 3166 code of a number's country; empty where it belongs to none."""
    try:
        code = phonenumbers.region_code_for_number(phonenumbers.parse(phone))
    except phonenumbers.NumberParseException:
        return ""
    return code if code and _COUNTRY.match(code) else ""


def price_of(prices: Mapping[str, str], country: str) -> Decimal:
    """One part to this country."""
    return Decimal(prices.get(country) or prices[OTHER])


def wrong_prices(prices: object) -> list[str]:
    """The entries that are no price list of ours: countries by their ISO code, `other` for the rest."""
    if not isinstance(prices, Mapping) or OTHER not in prices or len(prices) > 250:
        return [OTHER]
    return [
        str(country)
        for country, price in prices.items()
        if not (isinstance(country, str) and (country == OTHER or _COUNTRY.match(country)))
        or not (isinstance(price, str) and _PRICE.match(price))
    ]
