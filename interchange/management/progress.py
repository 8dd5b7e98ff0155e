"""How far a long command is, on standard error: a bar on a terminal, a line now and then elsewhere."""

import time
from collections.abc import Callable
from typing import TextIO

WIDTH = 24
# How the time of an import is spread over its parts; roughly, for the time left.
SHARES = {"reading": 0.5, "points": 0.15, "writing": 0.35}
ON_TERMINAL, ELSEWHERE = 0.1, 5.0
LEAST_TO_TELL = 0.25


class ProgressBar:
    """Called with the part at work, how much of it is done, and how many lines that is."""

    def __init__(self, out: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._out = out
        self._clock = clock
        self._is_terminal = out.isatty()
        self._pause = ON_TERMINAL if self._is_terminal else ELSEWHERE
        self._started = self._clock()
        self._shown = 0.0
        self._part, self._part_started, self._lines = "", self._started, 0

    def __call__(self, part: str, done: float, lines: int) -> None:
        now = self._clock()
        is_new = part != self._part
        if is_new:
            self._part, self._part_started = part, now if self._part else self._started
        self._lines = lines or self._lines
        if now - self._shown < self._pause and done < 1 and not is_new:
            return
        self._shown = now
        before = sum(share for name, share in SHARES.items() if list(SHARES).index(name) < list(SHARES).index(part))
        self._write(before + SHARES[part] * done, lines, now)

    def _write(self, whole: float, lines: int, now: float) -> None:
        passed = now - self._started
        # The rate of this part, once it can be told.
        busy = now - self._part_started
        rate = f"{lines / busy:>9,.0f}/s" if lines and busy > LEAST_TO_TELL else " " * 11
        left = passed * (1 - whole) / max(whole, 1e-6)
        full = round(WIDTH * whole)
        text = (
            f"{self._part:<8} [{'#' * full}{'.' * (WIDTH - full)}] {whole:4.0%}  {self._lines:>9,} lines"
            f"  {rate}  {left:3.0f} s left"
        )
        self._out.write(f"\r{text}" if self._is_terminal else f"{text}\n")
        self._out.flush()

    def close(self) -> None:
        """Leave the bar's line."""
        if self._is_terminal and self._shown:
            self._out.write("\n")
