"""Values of SMS on the wire."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

AMOUNT: dict[str, Any] = {"max_digits": 14, "decimal_places": 4}


class AmountField(serializers.DecimalField):
    """Money down to the hundredth of a cent, without the zeros that a column adds: 0.0556, 12.5."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**AMOUNT, **options})

    def to_representation(self, value: Any) -> Any:
        return None if value is None else plain(Decimal(value))


def plain(value: Decimal) -> Decimal:
    """12.5000 as 12.5, 100 as 100."""
    return Decimal(format(value.normalize(), "f"))


class VariablesField(serializers.DictField):
    """The values of a text's variables, by name."""

    def __init__(self, **options: Any) -> None:
        child = serializers.CharField(max_length=600, allow_blank=True)
        super().__init__(child=child, help_text="The values of the text's variables, by name.", **options)
