"""`manage.py rebuild_rollup`: make the roll-up anew from the ledger, of one partner or of all."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from analytics.services.rolling import rebuild_partner
from partners.models import Partner


class Command(BaseCommand):
    help = "Forgets the daily roll-up and makes it anew. The statistics stay right meanwhile, only slower."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--partner", type=int, help="only this partner's roll-up")

    def handle(self, *args: Any, **options: Any) -> None:
        partners = Partner.objects.order_by("pk")
        if options["partner"] is not None:
            partners = partners.filter(pk=options["partner"])
            if not partners:
                raise CommandError(f"There is no partner {options['partner']}.")
        busy = []
        for partner in partners:
            begun = time.monotonic()
            done = rebuild_partner(partner=partner, at=timezone.now())
            if done is None:
                busy.append(partner.pk)
                continue
            took = time.monotonic() - begun
            counts = f"{done.sales} sales, {done.points} points entries, {done.lines} lines of commission"
            self.stdout.write(f"partner {partner.pk}: {counts} in {took:.1f} s")
        if busy:
            raise CommandError(f"Somebody else is rolling up {', '.join(map(str, busy))}; try again in a moment.")
