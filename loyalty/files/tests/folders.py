"""A folder of uploads, for tests of what sweeps it."""

import os
from datetime import timedelta
from pathlib import Path

from django.utils import timezone


def age(folder: Path, hours: int) -> None:
    """Make every file of the folder so old."""
    then = (timezone.now() - timedelta(hours=hours)).timestamp()
    for path in folder.rglob("*"):
        if path.is_file():
            os.utime(path, (then, then))


def names(folder: Path) -> set[str]:
    """Every file in it, by its path from there."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
