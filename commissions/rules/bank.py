"""Account numbers as banks write them: IBAN (ISO 13616) and BIC (ISO 9362)."""

import re

# How long the IBANs of each country are (the IBAN registry).
LENGTHS = {
    **{"AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29},
    **{"BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29},
    **{"ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28},
    **{"HN": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20},
    **{"LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19},
    **{"MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29},
    **{"PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24},
    **{"SM": 27, "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20},
    "YE": 30,
}
# Where a SEPA credit transfer arrives (the EPC's list of countries; Åland and the like have the IBANs of their states).
SEPA = frozenset(
    "AD AL AT BE BG CH CY CZ DE DK EE ES FI FR GB GI GR HR HU IE IS IT LI LT LU LV MC MD ME MK MT NL NO PL PT RO RS SE "
    "SI SK SM VA".split()
)
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
