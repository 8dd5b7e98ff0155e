"""`manage.py reset_staging`: forget what was tried out on a staging deployment; what partners set up stays."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from loyalty.services.staging import NotStagingError, reset_staging


class Command(BaseCommand):
    help = "Empties a staging deployment (ENVIRONMENT=staging) of sales, points, plays, coupons, messages and logs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-input", action="store_true", help="do not ask (for a schedule)")
        parser.add_argument("--json", action="store_true", help="one JSON object on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["no_input"] and input("Forget everything that happened here? Type 'reset': ").strip() != "reset":
            raise CommandError("Nothing was changed.")
        try:
            counts = reset_staging()
        except NotStagingError as error:
            raise CommandError("This is no staging deployment (ENVIRONMENT=staging); nothing was changed.") from error
        if options["json"]:
            self.stdout.write(json.dumps({"removed": counts}))
            return
        for label, count in counts.items():
            if count:
                self.stdout.write(f"{count:>12,}  {label}")
        self.stdout.write(f"{sum(counts.values()):>12,}  rows removed")
