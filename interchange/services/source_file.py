"""Reading a partner's file: plain or gzip, UTF-8 or what Windows writes, one record at a time."""

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from interchange.errors import ImportRefused

GZIP = b"\x1f\x8b"
# Bytes that are no UTF-8 are read as Windows wrote them: files of old tills are, some of them in the middle.
FALLBACK = "windows_bytes"


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    try:
        return wrong.decode("cp1252"), error.end
    except UnicodeDecodeError:
        return wrong.decode("latin-1"), error.end


codecs.register_error(FALLBACK, _as_windows)


class SourceFile:
    """An open file with its heading read. `encoding` overrides the guess and is taken strictly."""

    def __init__(self, path: Path, *, delimiter: str, encoding: str | None = None) -> None:
        self.path, self._delimiter, self._encoding = path, delimiter, encoding
        self._stack = ExitStack()
        self.heading: list[str] = []

    def __enter__(self) -> Self:
        try:
            with self._stack:
                self._open()
                self._stack = self._stack.pop_all()
        except OSError as error:
            raise ImportRefused(reason=f"{self.path} cannot be read: {error.strerror or error}") from error
        except LookupError as error:
            raise ImportRefused(reason=str(error)) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _open(self) -> None:
        self._raw = self._stack.enter_context(self.path.open("rb"))
        self.size = max(1, self.path.stat().st_size)
        packed = self._raw.peek(len(GZIP))[: len(GZIP)] == GZIP
        plain = self._stack.enter_context(gzip.GzipFile(fileobj=self._raw)) if packed else self._raw
        self._text = io.TextIOWrapper(
            plain,
            encoding=self._encoding or "utf-8-sig",
            errors="strict" if self._encoding else FALLBACK,
            newline="",
        )
        self._reader = csv.reader(self._text, delimiter=self._delimiter)
        _, self.heading = next(self.records(), (0, []))
        if not self.heading:
            raise ImportRefused(reason="it is empty: there is no heading line.")

    @property
    def done(self) -> float:
        """How much of it is read, from 0 to 1."""
        return min(1.0, self._raw.tell() / self.size)

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """Every record that is not blank, with the number of the line that it starts on. Raises ImportRefused."""
        reader = self._reader
        line = reader.line_num + 1
        try:
            for record in reader:
                if record:
                    yield line, record
                line = reader.line_num + 1
        except csv.Error as error:
            raise ImportRefused(reason=f"line {line}: {error}.") from error
        except UnicodeDecodeError as error:
            raise ImportRefused(reason=f"after line {line}: it is not in {self._encoding}.") from error
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ImportRefused(reason=f"after line {line}: the packed file is broken or cut off.") from error
