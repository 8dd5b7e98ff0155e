"""How far the roll-up has followed the ledger."""

from analytics.models import AttachedReceipt, CommissionNews, RollupCursor
from ledger.selectors.feed import POINTS, SALES, Mark, partners_with_news_across_partners
from partners.models import Partner


def list_partners_to_roll_up_across_partners() -> list[int]:
    """Partners of whom something is not rolled up yet, or whose clock or currency is another one by now."""
    cursors = {row.partner_id: row for row in RollupCursor.objects.all()}
    partners = list(Partner.objects.order_by("pk").values_list("pk", "time_zone", "currency"))
    sales, points, found = {}, {}, set()
    for partner_id, time_zone, currency in partners:
        cursor = cursors.get(partner_id)
        sales[partner_id] = Mark(cursor.sales_xid, cursor.sales_id) if cursor else Mark()
        points[partner_id] = Mark(cursor.points_xid, cursor.points_id) if cursor else Mark()
        if cursor and (cursor.time_zone, cursor.currency) != (time_zone, currency):
            found.add(partner_id)
    found.update(partners_with_news_across_partners(marks=sales, table=SALES))
    found.update(partners_with_news_across_partners(marks=points, table=POINTS))
    for queue in (AttachedReceipt, CommissionNews):
        found.update(queue._default_manager.values_list("partner_id", flat=True).distinct())
    return sorted(found)
