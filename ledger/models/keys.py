"""Foreign keys of the tables that every sale writes."""

from typing import Any

# Partners, shops, staff and credentials are never deleted, and every ledger row names a customer's card that belongs to
# the partner. A checked key would lock the partner's and the shop's row on every sale: a hot row for nothing.
LOOSE: dict[str, Any] = {"db_constraint": False, "db_index": False}
