"""Account numbers as banks write them: IBAN (ISO 13616) and BIC (ISO 9362)."""

import re

# How long the IBANs of each country are (the IBAN registry).
_BY_LENGTH = {
    15: "NO",
    16: "BE",
    18: "DK FI FK FO GL NL SD",
    19: "MK SI",
    20: "AT BA EE KZ LT LU MN XK",
    21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA",
    23: "AE GI IL IQ OM SO TL",
    24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "LY PT ST",
    26: "IS TR",
    27: "BI DJ FR GR IT MC MR SM",
    28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
    29: "BR EG PS QA UA",
    30: "JO KW MU YE",
    31: "MT SC",
    32: "LC",
    33: "RU",
}
LENGTHS = {country: length for length, countries in _BY_LENGTH.items() for country in countries.split()}
# Where a SEPA credit transfer arrives (the EPC's list of countries; Åland and the like have the IBANs of their states).
_SEPA = (
    "AD AL AT BE BG CH CY CZ DE DK EE ES FI FR GB GI GR HR HU IE IS IT LI LT LU LV MC MD ME MK "
    "MT NL NO PL PT RO RS SE SI SK SM VA"
)
SEPA = frozenset(_SEPA.split())
_SHAPE = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}\Z")
# The narrower of what the bank file formats take.
_BIC = re.compile(r"[A-Z]{6}[A-Z2-9][A-NP-Z0-9]([A-Z0-9]{3})?\Z")


def compact(text: str) -> str:
    """As it is stored: without the spaces of paper, in capitals."""
    return "".join(text.split()).upper()


def iban_fault(iban: str) -> str:
    """What is wrong with a compact IBAN: `shape`, `country`, `length`, `check`; nothing where it is right."""
    if not _SHAPE.match(iban):
        return "shape"
    wanted = LENGTHS.get(iban[:2])
    if wanted is None:
        return "country"
    if len(iban) != wanted:
        return "length"
    digits = "".join(str(int(letter, 36)) for letter in iban[4:] + iban[:4])
    # 98 minus the remainder: 00, 01 and 99 have the remainder of 97, 98 and 02 and are never given out.
    return "" if int(digits) % 97 == 1 and 2 <= int(iban[2:4]) <= 98 else "check"


def is_bic(text: str) -> bool:
    """Whether it has the shape of a BIC of 8 or 11 characters."""
    return bool(_BIC.match(text))


def masked(iban: str) -> str:
    """Enough to know an account again: `LT12 •••• 4567`."""
    return f"{iban[:4]} •••• {iban[-4:]}" if iban else ""


def spaced(iban: str) -> str:
    """In groups of four, as on paper."""
    return " ".join(iban[start : start + 4] for start in range(0, len(iban), 4))


def is_sepa(iban: str) -> bool:
    """Whether a SEPA transfer reaches the account."""
    return iban[:2] in SEPA
