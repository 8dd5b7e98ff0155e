"""`manage.py verify_rollup`: prove every day of the roll-up from the ledger; exit 1 on any drift."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from analytics.models import CategoryDay, CustomerDay, PartnerDay, PartnerMonth, ShopDay
from analytics.selectors.integrity import CHECKS, find_drift
from partners.models import Partner


class Command(BaseCommand):
    help = "Proves the daily roll-up from sales, points and commission. It changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--partner", type=int, help="only this partner's roll-up")
        parser.add_argument("--json", action="store_true", help="one JSON object on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        partner_id = options["partner"]
        if partner_id is not None and not Partner.objects.filter(pk=partner_id).exists():
            raise CommandError(f"There is no partner {partner_id}.")
        with transaction.atomic():
            with connection.cursor() as cursor:
                # One snapshot for all checks: the roll-up going on meanwhile is no drift. And time for a large ledger.
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                cursor.execute("SET LOCAL statement_timeout = 0")
            drift = find_drift(partner_id=partner_id)
            mine = {} if partner_id is None else {"partner_id": partner_id}
            models = (ShopDay, PartnerDay, PartnerMonth, CategoryDay, CustomerDay)
            counts = {model._meta.model_name: model._default_manager.filter(**mine).count() for model in models}
        wrong = sum(len(rows) for rows in drift.values())
        if options["json"]:
            rows = {name: [asdict(row) for row in found] for name, found in drift.items()}
            self.stdout.write(json.dumps({"ok": wrong == 0, "counts": counts, "drift": rows}))
        else:
            self._report(drift, counts)
        if wrong:
            sys.exit(1)

    def _report(self, drift: dict[str, list[Any]], counts: dict[str | None, int]) -> None:
        self.stdout.write(", ".join(f"{count} {name}" for name, count in counts.items()))
        for check in CHECKS:
            rows = drift[check.name]
            self.stdout.write(f"{'DRIFT' if rows else 'ok   '}  {check.name}: {check.promise}")
            for row in rows[:10]:
                self.stdout.write(f"         partner {row.subject}: {row.detail}")
