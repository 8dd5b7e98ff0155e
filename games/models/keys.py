"""Foreign keys of the tables that a till writes while somebody waits."""

from typing import Any

# As in the ledger (ADR 5): a checked key would lock the partner's and the shop's row at every stamp and coupon.
LOOSE: dict[str, Any] = {"db_constraint": False, "db_index": False}
