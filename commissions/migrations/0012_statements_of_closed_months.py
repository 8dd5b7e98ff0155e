"""Draft the statements of months that were locked before there were statements."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from django.db import migrations
from django.db.models import Count, Sum

PARTS = {
    "accrual": "accruals",
    "no_rate": "accruals",
    "late_accrual": "late_accruals",
    "reversal": "reversals",
    "adjustment": "adjustments",
}


def draft(apps: Any, _schema: Any) -> None:
    period_model, entry, statement = (
        apps.get_model("commissions", name) for name in ("CommissionPeriod", "CommissionEntry", "Statement")
    )
    carried: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for period in period_model.objects.exclude(state="open").order_by("partner_id", "currency", "month"):
        parts: dict[str, Decimal] = dict.fromkeys(PARTS.values(), Decimal(0))
        lines = 0
        kinds = entry.objects.filter(period=period).order_by().values_list("kind")
        for kind, amount, count in kinds.annotate(amount=Sum("amount"), count=Count("pk")):
            parts[PARTS[kind]] += amount
            lines += count
        key = (period.partner_id, period.currency)
        opening, total = carried[key], sum(parts.values(), Decimal(0))
        settled = max(opening + total, Decimal(0))
        carried[key] = opening + total - settled
        statement.objects.create(
            partner_id=period.partner_id,
            period=period,
            month=period.month,
            currency=period.currency,
            version=period.version,
            opening=opening,
            **parts,
            total=total,
            settled=settled,
            closing=carried[key],
            lines=lines,
            drafted_at=period.locked_at,
        )


class Migration(migrations.Migration):
    dependencies = [("commissions", "0011_statement_guards")]
    operations = [migrations.RunPython(draft, migrations.RunPython.noop)]
