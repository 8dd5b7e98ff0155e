"""Writes docs/errors.md from the error classes."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from loyalty.selectors.error_codes import error_page

PATH = settings.BASE_DIR / "docs" / "errors.md"


class Command(BaseCommand):
    help = "Write docs/errors.md anew."

    def handle(self, **_options: Any) -> None:
        PATH.write_text(error_page(), encoding="utf-8")
        self.stdout.write(str(PATH.relative_to(settings.BASE_DIR)))
