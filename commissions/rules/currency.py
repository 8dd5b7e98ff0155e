"""The smallest unit of a currency (ISO 4217), to which every line is rounded half away from zero."""

from decimal import ROUND_HALF_UP, Decimal

_NO_CENTS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_EXPONENTS = {
    **dict.fromkeys(_NO_CENTS.split(), 0),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    **dict.fromkeys(["CLF", "UYW"], 4),
}


def unit_of(currency: str) -> Decimal:
    """0.01 for EUR, 1 for JPY, 0.001 for KWD."""
    return Decimal(1).scaleb(-_EXPONENTS.get(currency, 2))


def rounded(exact: Decimal, unit: Decimal) -> Decimal:
    """To the unit, half away from zero (ROUND_HALF_UP is that for negative numbers too)."""
    return exact.quantize(unit, ROUND_HALF_UP)
