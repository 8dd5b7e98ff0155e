"""The anchor lock: whatever touches what a customer holds locks the issued card's balance row first (decision 7)."""

from collections.abc import Iterable

from ledger.models import PointsBalance


def lock_cards(*, issued_card_ids: Iterable[int]) -> dict[int, PointsBalance]:
    """Lock the balances of these issued cards in the order of their keys, so that no two callers can deadlock."""
    rows = PointsBalance.objects.select_for_update(of=("self",)).filter(pk__in=list(issued_card_ids)).order_by("pk")
    return {row.pk: row for row in rows}
