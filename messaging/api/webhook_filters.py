"""What can be asked of webhook deliveries."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from loyalty.api.filters import ChoiceFilter, DayFilter, HouseFilterSet, TextFilter
from messaging.choices import DeliveryState


class DeliveryFilters(HouseFilterSet):
    """Filters of the deliveries of an endpoint; `context` holds `partner`."""

    state = ChoiceFilter(field_name="state", choices=DeliveryState, help_text="Where the event stands.")
    event = TextFilter(field_name="kind", max_length=60, help_text="One kind of event, such as `points.awarded`.")
    start_date = DayFilter(method="since", help_text="First day of the event's hand-over, in the partner's time zone.")
    end_date = DayFilter(method="until", help_text="Last day, included.")

    def since(self, rows: Any, _name: str, day: date) -> Any:
        return rows.filter(created_at__gte=self._start(day))

    def until(self, rows: Any, _name: str, day: date) -> Any:
        return rows.filter(created_at__lt=self._start(day + timedelta(days=1))) if day < date.max else rows

    def _start(self, day: date) -> datetime:
        return datetime.combine(day, time.min, ZoneInfo(self.context["partner"].time_zone))
