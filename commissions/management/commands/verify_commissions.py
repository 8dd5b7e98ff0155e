"""`manage.py verify_commissions`: prove every line of commission and every closed month; exit 1 on any drift."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.utils import timezone

from commissions.models import CommissionEntry, CommissionPeriod
from commissions.selectors.integrity import CHECKS, find_drift
from commissions.services.proof import prove_lines
from partners.models import Partner

LINES = "I2, I5, I9: every line is what its sale, its refunds and the rates make of it"


class Command(BaseCommand):
    help = "Proves commission from sales, refunds and rates: lines, totals, closed months, rates, audit trail."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--partner", type=int, help="only this partner's commission")
        parser.add_argument("--json", action="store_true", help="one JSON object on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        partner_id = options["partner"]
        partners = Partner.objects.order_by("pk")
        if partner_id is not None:
            partners = partners.filter(pk=partner_id)
            if not partners:
                raise CommandError(f"There is no partner {partner_id}.")
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = 0")  # time for large books
            drift = find_drift(partner_id=partner_id)
            # Each partner's lock is given back as soon as its lines are proved.
            drift["lines"] = [row for partner in partners for row in prove_lines(partner=partner, at=timezone.now())]
        mine = {} if partner_id is None else {"partner_id": partner_id}
        models = (CommissionEntry, CommissionPeriod)
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
        for name, promise in [*((check.name, check.promise) for check in CHECKS), ("lines", LINES)]:
            rows = drift[name]
            self.stdout.write(f"{'DRIFT' if rows else 'ok   '}  {name}: {promise}")
            for row in rows[:10]:
                self.stdout.write(f"         {row.subject}: {row.detail}")
