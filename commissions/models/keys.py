"""What the tables of commission share."""

from typing import Any

from django.db import models

# Partners and shops are never deleted; a checked key would lock their rows for every line written.
LOOSE: dict[str, Any] = {"db_constraint": False, "db_index": False}
MONEY: dict[str, Any] = {"max_digits": 18, "decimal_places": 4}
MONTH = r"^\d{4}-(0[1-9]|1[0-2])$"


class WallClockField(models.Field):
    """A moment on the clock of whoever reads it: what begins on 1 July does so at midnight in each partner's zone.

    PostgreSQL's `timestamp`, a naive datetime in Python.
    """

    def db_type(self, connection: object) -> str:
        return "timestamp"
