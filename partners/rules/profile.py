"""What a partner may write about itself: currencies, languages, levels, phone numbers."""

from collections.abc import Sequence
from itertools import pairwise

import phonenumbers
from django.conf.locale import LANG_INFO

MOST_LEVELS = 20

# ISO 4217, the currencies in use that have two decimals: amounts here have two.
CURRENCIES = frozenset(
    [
        "AED",
        "AFN",
        "ALL",
        "AMD",
        "AOA",
        "ARS",
        "AUD",
        "AWG",
        "AZN",
        "BAM",
        "BBD",
        "BDT",
        "BGN",
        "BMD",
        "BND",
        "BOB",
        "BRL",
        "BSD",
        "BTN",
        "BWP",
        "BYN",
        "BZD",
        "CAD",
        "CDF",
        "CHF",
        "CNY",
        "COP",
        "CRC",
        "CUP",
        "CVE",
        "CZK",
        "DKK",
        "DOP",
        "DZD",
        "EGP",
        "ERN",
        "ETB",
        "EUR",
        "FJD",
        "FKP",
        "GBP",
        "GEL",
        "GHS",
        "GIP",
        "GMD",
        "GTQ",
        "GYD",
        "HKD",
        "HNL",
        "HTG",
        "HUF",
        "IDR",
        "ILS",
        "INR",
        "IRR",
        "JMD",
        "KES",
        "KGS",
        "KHR",
        "KPW",
        "KYD",
        "KZT",
        "LAK",
        "LBP",
        "LKR",
        "LRD",
        "LSL",
        "MAD",
        "MDL",
        "MGA",
        "MKD",
        "MMK",
        "MNT",
        "MOP",
        "MRU",
        "MUR",
        "MVR",
        "MWK",
        "MXN",
        "MYR",
        "MZN",
        "NAD",
        "NGN",
        "NIO",
        "NOK",
        "NPR",
        "NZD",
        "PAB",
        "PEN",
        "PGK",
        "PHP",
        "PKR",
        "PLN",
        "QAR",
        "RON",
        "RSD",
        "RUB",
        "SAR",
        "SBD",
        "SCR",
        "SDG",
        "SEK",
        "SGD",
        "SHP",
        "SLE",
        "SOS",
        "SRD",
        "SSP",
        "STN",
        "SVC",
        "SYP",
        "SZL",
        "THB",
        "TJS",
        "TMT",
        "TOP",
        "TRY",
        "TTD",
        "TWD",
        "TZS",
        "UAH",
        "USD",
        "UYU",
        "UZS",
        "VED",
        "VES",
        "WST",
        "XCD",
        "YER",
        "ZAR",
        "ZMW",
        "ZWG",
    ]
)
# ISO 3166, as far as telephones reach.
COUNTRIES = frozenset(phonenumbers.SUPPORTED_REGIONS)
LANGUAGES = frozenset(code for code in LANG_INFO if len(code) == 2)


def normal_phone(text: str, country: str) -> str | None:
    """The number in E.164, read as one would dial it in `country`; None if there is no such number."""
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def are_ascending(levels: Sequence[tuple[str, int]]) -> bool:
    """Levels start at no points, each needs more than the one before, and no name comes twice."""
    points = [needed for _name, needed in levels]
    names = {name.casefold() for name, _needed in levels}
    return (
        0 < len(levels) <= MOST_LEVELS
        and points[0] == 0
        and all(lower < higher for lower, higher in pairwise(points))
        and len(names) == len(levels)
    )


def ordered_levels(levels: dict[str, int]) -> list[tuple[str, int]]:
    """A stored table in its order: JSON objects in the database keep none."""
    return sorted(levels.items(), key=lambda level: level[1])
