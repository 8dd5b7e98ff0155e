"""The file of refused lines: where each stands, why, and what it says, so that it can be put right and sent again."""

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from interchange.errors import ImportRefused


class RejectFile:
    """Written beside its final name and put there only when the import succeeds."""

    def __init__(self, path: Path, *, heading: Sequence[str], delimiter: str) -> None:
        self.path = path
        self.counts: Counter[str] = Counter()
        self._aside = path.with_name(f"{path.name}.part")
        self._heading, self._delimiter = heading, delimiter

    def __enter__(self) -> Self:
        if self.path.is_dir():
            raise ImportRefused(reason=f"{self.path} is a folder; name a file for the refused lines.")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._aside.open("w", encoding="utf-8", newline="")
        except OSError as error:
            raise ImportRefused(reason=f"{self.path} cannot be written: {error.strerror}") from error
        self._rows = csv.writer(self._file, delimiter=self._delimiter)
        self._rows.writerow(["line", "reason", *self._heading])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        if kind is None:
            self._aside.replace(self.path)
        else:
            self._aside.unlink(missing_ok=True)

    def add(self, line: int, reason: str, record: Sequence[str]) -> None:
        """Note one refused line."""
        self.counts[reason] += 1
        self._rows.writerow([line, reason, *record])
