"""What the tables of the roll-up share."""

from typing import Any

# Partners, shops and customers are never deleted; a checked key would lock their rows for every day written.
LOOSE: dict[str, Any] = {"db_constraint": False, "db_index": False}
MONEY: dict[str, Any] = {"max_digits": 18, "decimal_places": 2}
COMMISSION: dict[str, Any] = {"max_digits": 18, "decimal_places": 4}
