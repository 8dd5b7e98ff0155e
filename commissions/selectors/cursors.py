"""How far commission has followed sales."""

from commissions.models import CommissionCursor
from ledger.selectors.feed import Mark, partners_with_news_across_partners
from partners.selectors.partners import list_partner_ids_across_partners


def list_partners_to_follow_across_partners() -> list[int]:
    """Partners with sales that no line speaks of yet, or with rates that reach back."""
    cursors = {row.partner_id: row for row in CommissionCursor.objects.all()}
    marks = {
        partner_id: Mark(cursors[partner_id].feed_xid, cursors[partner_id].feed_id) if partner_id in cursors else Mark()
        for partner_id in list_partner_ids_across_partners()
    }
    waiting = {partner_id for partner_id, row in cursors.items() if row.restate_from}
    return sorted(waiting.union(partners_with_news_across_partners(marks=marks)))
