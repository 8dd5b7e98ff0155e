"""List filters that never fetch a list of all values."""

from collections.abc import Iterator
from typing import Any

from django.contrib.admin import FieldListFilter
from django.contrib.admin.views.main import ChangeList
from django.db.models import Field, ForeignKey, Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin.mixins import ValueMixin
from unfold.contrib.filters.forms import SearchForm


class ExactFilter(ValueMixin, FieldListFilter):
    """Type the exact value: of a foreign key its number."""

    template = "unfold/filters/filters_field.html"

    def __init__(  # noqa: PLR0917 - Django's
        self,
        field: Field,
        request: HttpRequest,
        params: dict[str, Any],
        model: type[Model],
        model_admin: Any,
        field_path: str,
    ) -> None:
        self.lookup_kwarg = f"{field_path}__id__exact" if isinstance(field, ForeignKey) else f"{field_path}__exact"
        self.lookup_val = params.get(self.lookup_kwarg)
        super().__init__(field, request, params, model, model_admin, field_path)

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return [self.lookup_kwarg]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        return super().queryset(request, queryset) if self.value() else queryset

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        yield {
            "form": SearchForm(
                name=self.lookup_kwarg,
                label=_(" By %(filter_title)s ") % {"filter_title": self.title},
                data={self.lookup_kwarg: self.value()},
            )
        }
