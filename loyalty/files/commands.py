"""What commands that sweep a folder of uploads have in common."""

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from loyalty.files.orphans import Sweep, TooManyOrphansError


class SweepCommand(BaseCommand):
    """Removes files that no row names; `--dry-run` only names them."""

    sweep: ClassVar[Callable[..., Sweep]]

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="name the files and remove nothing")
        parser.add_argument("--force", action="store_true", help="even where that is most of the folder")

    def handle(self, *_args: Any, **options: Any) -> None:
        is_dry = options["dry_run"]
        try:
            found = type(self).sweep(at=timezone.now(), is_sure=options["force"], is_dry=is_dry)
        except TooManyOrphansError as error:
            raise CommandError(
                f"{error}. Is this the database that belongs to these files? If so, use --force."
            ) from error
        for name in found.orphans:
            self.stdout.write(name)
        done = "would be removed" if is_dry else "removed"
        self.stdout.write(f"{found.files} files looked at, {len(found.orphans)} {done}")
