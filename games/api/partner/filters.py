from django.db.models import QuerySet

from games.choices import GameType
from games.models import Game
from loyalty.api.filters import BooleanFilter, ChoiceFilter, HouseFilterSet


class GameFilters(HouseFilterSet):
    """Filters of the game list."""

    active = BooleanFilter(field_name="is_active", help_text="Only games that are on, or only those that are off.")
    active_only = BooleanFilter(method="by_activity", help_text="The older name: `true` is `active=true`.")
    game_type = ChoiceFilter(field_name="game_type", choices=GameType, help_text="One of the six types.")
    customizable = BooleanFilter(
        method="by_customizability", help_text="Every game here can be customized: `false` finds none."
    )

    def by_activity(self, rows: QuerySet[Game], _name: str, wanted: bool) -> QuerySet[Game]:
        return rows.filter(is_active=True) if wanted else rows

    def by_customizability(self, rows: QuerySet[Game], _name: str, wanted: bool) -> QuerySet[Game]:
        return rows if wanted else rows.none()
