"""What can be asked of the statistics on the wire."""

from typing import Any

from django.http import QueryDict

from analytics.rules.asking import Asked, Scope, read_asked, read_scope
from loyalty.api.filters import DayFilter, HouseFilterSet, TextFilter
from partners.models import Partner

_GRAMMAR = (
    "`tier:professional`, `status:active`, `country:LT`, `network:12` (a parent partner and its members), or "
    "`franchise_network` (partners of any franchise network). May be repeated: of one key any value, of different keys "
    "all."
)


class StatsFilters(HouseFilterSet):
    """Period and partners; each filter also has a parameter of its own."""

    period = TextFilter(
        method="kept", help_text="`last_30_days` (the default), `today`, `this_month`, … or a month such as `2026-07`."
    )
    date_from = DayFilter(method="kept", help_text="Instead of `period`: the first day, in each partner's time zone.")
    date_to = DayFilter(method="kept", help_text="The last day, included.")
    filter = TextFilter(method="kept", help_text=_GRAMMAR)
    network_id = TextFilter(method="kept", help_text="The same as `filter=network:…`.")
    tier = TextFilter(method="kept", help_text="The same as `filter=tier:…`.")
    status = TextFilter(method="kept", help_text="The same as `filter=status:…`.")
    country = TextFilter(method="kept", help_text="The same as `filter=country:…`.")

    def __init__(self, query: QueryDict) -> None:
        self.query = query
        super().__init__(query, Partner.objects.none())

    def kept(self, rows: Any, _name: str, _value: Any) -> Any:
        return rows

    @property
    def asked(self) -> Asked:
        """Which days."""
        return read_asked(
            period=self.value("period") or None, first=self.value("date_from"), last=self.value("date_to")
        )

    @property
    def scope(self) -> Scope:
        """Which partners."""
        given = {"network": "network_id", "tier": "tier", "status": "status", "country": "country"}
        return read_scope(
            words=self.query.getlist("filter"),
            given={key: self.query.getlist(name) for key, name in given.items()},
        )
