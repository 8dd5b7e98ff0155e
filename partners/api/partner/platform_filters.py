"""Filters of the platform's list of partners."""

from typing import Any

from django.utils.translation import gettext as _

from loyalty.api.filters import ChoiceFilter, DayFilter, HouseFilterSet, IdFilter, TextFilter
from loyalty.errors import ResourceNotFound
from partners.choices import PartnerKind, PartnerStatus, ReviewStatus
from partners.models import Partner
from partners.selectors.partners import created_between, matching

ORDERINGS = {
    "created_at": ("created_at", "pk"),
    "-created_at": ("-created_at", "-pk"),
    "name": ("name", "pk"),
    "-name": ("-name", "-pk"),
    "status": ("status", "pk"),
    "-status": ("-status", "-pk"),
}


class PartnerFilters(HouseFilterSet):
    """A closed partner is shown only to those who ask for closed ones."""

    status = ChoiceFilter(field_name="status", choices=PartnerStatus, help_text="Without it all but closed partners.")
    tier = TextFilter(field_name="plan__code", max_length=50, help_text="A plan's code.")
    plan = TextFilter(field_name="plan__code", max_length=50, help_text="The same as `tier`.")
    kind = ChoiceFilter(field_name="kind", choices=PartnerKind)
    parent_id = IdFilter(method="below", help_text="Directly below this network or agency.")
    country = TextFilter(field_name="country", lookup_expr="iexact", max_length=2, help_text="ISO 3166.")
    verification_status = ChoiceFilter(field_name="verification_status", choices=ReviewStatus)
    compliance_status = ChoiceFilter(field_name="compliance_status", choices=ReviewStatus)
    created_from = DayFilter(method="kept_for_later", help_text="Made on this day or later (UTC).")
    created_to = DayFilter(method="kept_for_later", help_text="Made on this day or earlier (UTC).")
    search = TextFilter(method="by_text", help_text="In name, legal name, registration code and contact address.")
    ordering = ChoiceFilter(
        method="by_order",
        choices=[(name, name) for name in ORDERINGS],
        help_text="Default `-created_at`, the newest first.",
    )

    @property
    def narrowed(self) -> Any:
        rows = super().narrowed
        if not self.value("status"):
            rows = rows.exclude(status=PartnerStatus.CLOSED)
        return created_between(rows, self.value("created_from"), self.value("created_to"))

    def below(self, rows: Any, name: str, parent_id: int) -> Any:
        if not Partner.objects.filter(pk=parent_id).exists():
            raise ResourceNotFound(errors={name: [_("There is no such partner.")]})
        return rows.filter(parent_id=parent_id)

    def kept_for_later(self, rows: Any, _name: str, _value: Any) -> Any:
        return rows

    def by_text(self, rows: Any, _name: str, text: str) -> Any:
        return matching(rows, text)

    def by_order(self, rows: Any, _name: str, ordering: str) -> Any:
        return rows.order_by(*ORDERINGS[ordering])
