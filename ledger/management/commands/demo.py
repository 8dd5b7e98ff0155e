"""`manage.py demo`: load the demo and write var/demo.json; a second run adds nothing."""

import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from ledger.services.demo import load_demo


class Command(BaseCommand):
    help = "Loads three invented partners with a year of sales, and writes their log-ins to var/demo.json."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--scale", type=float, default=1.0, help="how much of it: 0.05 is a twentieth")
        parser.add_argument("--force", action="store_true", help="also where DEBUG is off")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG and not options["force"]:
            raise CommandError(
                "DEBUG is off, so this may be a real database. Add --force to put invented data into it."
            )
        if not 0 < options["scale"] <= 10:
            raise CommandError("--scale must be above 0 and at most 10.")
        began = time.monotonic()

        def say(text: str) -> None:
            self.stderr.write(f"{time.monotonic() - began:5.1f} s  {text}")

        load_demo(
            path=settings.VAR_DIR / "demo.json",
            base_url=settings.BASE_URL,
            scale=options["scale"],
            at=timezone.now(),
            say=say,
        )
