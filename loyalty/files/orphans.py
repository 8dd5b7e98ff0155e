"""Files that no row names: a process died, or a disk refused, between storing a file and keeping its row."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from logging import getLogger

from django.core.files.storage import Storage

logger = getLogger("loyalty.files")

# No request lives as long: a file this old whose row is not there never gets one, because names are never used twice.
SAFE_AGE = timedelta(hours=24)
BATCH = 500
# With the wrong database behind the right files, everything looks forgotten.
FEW = 10


class TooManyOrphansError(Exception):
    """More files than rows know of than can be: nothing was removed."""

    def __init__(self, orphans: int, files: int) -> None:
        self.orphans, self.files = orphans, files
        super().__init__(f"{orphans} of {files} files are named by no row; nothing was removed")


@dataclass(frozen=True, slots=True)
class Sweep:
    """What a sweep found: files old enough to be judged, and those of them that no row names."""

    files: int
    orphans: list[str]


def find_orphans(
    *, storage: Storage, folder: str, known: Callable[[list[str]], set[str]], at: datetime, age: timedelta = SAFE_AGE
) -> Sweep:
    """The files below a folder that are older than `age` and that `known` (names → those that rows name) leaves out."""
    files, orphans = 0, []
    old = (name for name in _files(storage, folder) if _is_old(storage, name, at - age))
    while names := list(islice(old, BATCH)):
        files += len(names)
        named = known(names)
        orphans += [name for name in names if name not in named]
    return Sweep(files, orphans)


def remove_orphans(*, storage: Storage, found: Sweep, is_sure: bool) -> int:
    """Remove what was found; twice, at once and half-way do no harm. Raises TooManyOrphansError unless one is sure."""
    if not is_sure and len(found.orphans) > max(FEW, found.files // 2):
        raise TooManyOrphansError(len(found.orphans), found.files)
    for name in found.orphans:
        storage.delete(name)
    return len(found.orphans)


def sweep(
    *, storage: Storage, folder: str, known: Callable[[list[str]], set[str]], at: datetime, is_sure: bool, is_dry: bool
) -> Sweep:
    """Find orphans and, unless it is a rehearsal, remove them. Raises TooManyOrphansError unless one is sure."""
    found = find_orphans(storage=storage, folder=folder, known=known, at=at)
    if not is_dry:
        removed = remove_orphans(storage=storage, found=found, is_sure=is_sure)
        if removed:
            logger.info("orphans", extra={"folder": folder, "removed": removed, "files": found.files})
    return found


def _files(storage: Storage, folder: str) -> Iterator[str]:
    try:
        folders, names = storage.listdir(folder)
    except FileNotFoundError:
        return
    yield from (f"{folder}/{name}" for name in sorted(names))
    for inner in sorted(folders):
        yield from _files(storage, f"{folder}/{inner}")


def _is_old(storage: Storage, name: str, before: datetime) -> bool:
    try:
        return storage.get_modified_time(name) < before
    except FileNotFoundError:
        # Somebody else has just taken it away.
        return False
