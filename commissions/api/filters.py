"""What can be asked of commission."""

from typing import Any

import django_filters
from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from commissions.choices import Component, EntryKind, StatementStatus
from commissions.models.keys import MONTH
from commissions.selectors.entries import Entries
from commissions.selectors.statements import ISSUED
from loyalty.api.filters import ChoiceFilter, HouseFilterSet, IdFilter
from partners.selectors.shops import check_shops


class MonthFilter(django_filters.Filter):
    """A month as `YYYY-MM`, nothing else."""

    field_class = forms.CharField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        message = RegexValidator(MONTH, _("Must be a month such as 2026-07."))
        super().__init__(*args, validators=[message], **kwargs)


class LineFilters(HouseFilterSet):
    """Filters of the lines; `context` holds `partner` and `reach` (None: every shop)."""

    period = MonthFilter(field_name="period__month", help_text="Lines posted in a month.")
    origin_period = MonthFilter(field_name="origin_month", help_text="Lines that speak of sales of a month.")
    kind = ChoiceFilter(field_name="kind", choices=EntryKind, help_text="One kind of line.")
    component = ChoiceFilter(field_name="component", choices=Component, help_text="One component.")
    shop_id = IdFilter(method="by_shop", help_text="Lines of one shop.")

    def by_shop(self, rows: Entries, _name: str, shop_id: int) -> Entries:
        check_shops(partner=self.context["partner"], shop_ids=[shop_id], reach=self.context["reach"])
        return rows.filter(shop_id=shop_id)


class StatementFilters(HouseFilterSet):
    """Filters of a partner's own statements."""

    period = MonthFilter(field_name="month", help_text="The statement of a month.")
    from_period = MonthFilter(field_name="month", lookup_expr="gte", help_text="Of this month and later ones.")
    to_period = MonthFilter(field_name="month", lookup_expr="lte", help_text="Of this month and earlier ones.")
    status = ChoiceFilter(
        field_name="status", choices=[(one.value, one.label) for one in ISSUED], help_text="Whether it was settled."
    )


class AdminStatementFilters(StatementFilters):
    """The same for those who see drafts too."""

    status = ChoiceFilter(
        field_name="status",
        choices=[(one.value, one.label) for one in (StatementStatus.DRAFT, *ISSUED)],
        help_text="Draft, issued or settled.",
    )
