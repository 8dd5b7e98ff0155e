"""Filters of list endpoints: django-filter sets with explicit fields, where nonsense is refused, never ignored."""

from collections.abc import Mapping
from typing import Any, Self

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from loyalty.errors import ValidationFailed

_BOOLEANS = {"1": True, "true": True, "0": False, "false": False}
MAX_SEARCH = 200


class _BooleanField(forms.Field):
    """`true`/`True`/`1` as the clients of this API spell it (contract 1.6)."""

    def to_python(self, value: Any) -> bool | None:
        if value in self.empty_values:
            return None
        try:
            return _BOOLEANS[str(value).strip().lower()]
        except KeyError as error:
            raise forms.ValidationError(_("Must be true or false.")) from error


class BooleanFilter(django_filters.Filter):
    field_class = _BooleanField


class IdFilter(django_filters.Filter):
    """The id of another object."""

    field_class = forms.IntegerField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, min_value=1, max_value=2**63 - 1, **kwargs)


class DayFilter(django_filters.Filter):
    """A day as `YYYY-MM-DD`, nothing else."""

    field_class = forms.DateField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, input_formats=["%Y-%m-%d"], **kwargs)


class MoneyFilter(django_filters.Filter):
    """An amount with at most two decimals."""

    field_class = forms.DecimalField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, min_value=0, max_digits=14, decimal_places=2, **kwargs)


class NumberFilter(django_filters.Filter):
    """A whole number; give `min_value` and `max_value`."""

    field_class = forms.IntegerField


class TextFilter(django_filters.Filter):
    field_class = forms.CharField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", MAX_SEARCH)
        super().__init__(*args, **kwargs)


class ChoiceFilter(django_filters.Filter):
    """One of a closed list of words."""

    field_class = forms.ChoiceField

    def __init__(self, *args: Any, choices: Any, **kwargs: Any) -> None:
        self.words = [str(choice[0]) for choice in getattr(choices, "choices", choices)]
        shown = [("", "")] + [(word, word) for word in self.words]
        message = _("Must be one of: {words}.").format(words=", ".join(self.words))
        super().__init__(*args, choices=shown, error_messages={"invalid_choice": message}, **kwargs)


class HouseFilterSet(django_filters.FilterSet):
    """A filter set that knows for whom it filters: `context` holds what its methods need.

    Raises ValidationFailed for a value that cannot be meant.
    """

    def __init__(self, data: Mapping[str, str], queryset: QuerySet, **context: Any) -> None:
        super().__init__(data, queryset)
        self.context = context
        if not self.is_valid():
            raise ValidationFailed(errors={field: list(texts) for field, texts in self.errors.items()})

    @property
    def narrowed(self) -> QuerySet:
        """The rows that are asked for."""
        return self.qs

    def value(self, name: str) -> Any:
        """One validated value."""
        return self.form.cleaned_data.get(name)

    @classmethod
    def names(cls) -> frozenset[str]:
        """The query parameters that are understood."""
        return frozenset(cls.base_filters)

    @classmethod
    def described(cls: type[Self]) -> list[OpenApiParameter]:
        """The same for the OpenAPI document."""
        return [_described(name, item) for name, item in cls.base_filters.items()]


_TYPES: dict[type[django_filters.Filter], Any] = {
    BooleanFilter: OpenApiTypes.BOOL,
    IdFilter: OpenApiTypes.INT64,
    NumberFilter: OpenApiTypes.INT,
    DayFilter: OpenApiTypes.DATE,
    MoneyFilter: OpenApiTypes.NUMBER,
}


def _described(name: str, item: django_filters.Filter) -> OpenApiParameter:
    words = item.words if isinstance(item, ChoiceFilter) else None
    return OpenApiParameter(
        name, _TYPES.get(type(item), OpenApiTypes.STR), description=str(item.extra.get("help_text", "")), enum=words
    )
