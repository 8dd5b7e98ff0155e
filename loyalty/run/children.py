"""One supervised program: it has its own log, is started again when it dies, and is stopped with all it started."""

import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from loyalty.run import console, processes

LONGEST_PAUSE = 30.0
STEADY_AFTER = 60.0
LARGEST_LOG = 20 * 1024 * 1024


@dataclass
class Child:
    """A program of the platform (web, worker, schedule, demo)."""

    name: str
    command: list[str]
    env: Mapping[str, str]
    cwd: Path
    log: Path
    record: Path
    marker: str
    once: bool = False
    process: "subprocess.Popen[bytes] | None" = None
    failures: int = 0
    began: float = 0.0
    resume_at: float | None = field(default=None)

    def start(self) -> None:
        processes.end(self.record, self.marker)
        turn_over(self.log)
        self.process = processes.start(self.command, env=self.env, log=self.log, cwd=self.cwd)
        self.began = time.monotonic()
        self.resume_at = None
        processes.remember(self.record, self.process)

    def tend(self) -> None:
        """Notice a death, clear what it left, and start again after a pause that grows while it keeps dying."""
        now = time.monotonic()
        if self.resume_at is not None:
            if now >= self.resume_at:
                self.start()
            return
        if self.process is None or self.process.poll() is None:
            return
        code = self.process.returncode
        if self.once and code == 0:
            self.process = None
            self.record.unlink(missing_ok=True)
            return
        processes.end(self.record, self.marker, first=signal.SIGKILL)
        self.failures = 1 if now - self.began > STEADY_AFTER else self.failures + 1
        if self.once and self.failures >= 3:
            console.say(self.name, f"failed three times; see {self.log}")
            self.process = None
            return
        pause = 0.0 if self.failures == 1 else min(LONGEST_PAUSE, 2.0 ** (self.failures - 2))
        console.say(self.name, f"ended ({describe(code)}); starting again{f' in {pause:.0f} s' if pause else ''}")
        self.process, self.resume_at = None, now + pause

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def ask_to_stop(self) -> None:
        self.resume_at = None
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def finish(self) -> None:
        """Nothing of it may remain, whether it stopped as asked or not."""
        if self.process is not None:
            processes.end(self.record, self.marker, first=signal.SIGKILL)
            self.process.wait()
            self.process = None


def describe(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"


def turn_over(log: Path) -> None:
    """Keep one older file, so that logs do not grow without end."""
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        log.replace(log.with_suffix(".log.1"))
