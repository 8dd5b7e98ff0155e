"""Child processes: started so that none outlives us, and found again when it was us who was killed."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Process:
    """One line of the process table; pid and start together name a process for good, a pid alone is used again."""

    pid: int
    session: int
    started: int
    zombie: bool


def look_up(pid: int) -> Process | None:
    try:
        text = (PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return None
    fields = text[text.rindex(")") + 2 :].split()
    return Process(pid, int(fields[3]), int(fields[19]), fields[0] in "ZX")


def all_processes() -> Iterator[Process]:
    for entry in PROC.glob("[0-9]*"):
        found = look_up(int(entry.name))
        if found and not found.zombie:
            yield found


def working_dir(pid: int) -> str:
    try:
        return str((PROC / str(pid) / "cwd").readlink())
    except OSError:
        return ""


def start(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    log: Path,
    cwd: Path | None = None,
    death_signal: signal.Signals = signal.SIGTERM,
) -> "subprocess.Popen[bytes]":
    """Start a program in a session of its own, so that Ctrl-C reaches only us and we choose the order of stopping."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as sink:
        return subprocess.Popen(
            command,
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with(os.getpid(), death_signal),  # noqa: PLW1509 - no threads here
        )


def _die_with(parent: int, death_signal: signal.Signals) -> Callable[[], None]:
    def prepare() -> None:
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, int(death_signal))
            if os.getppid() != parent:
                os._exit(1)

    return prepare


def wait_until(ready: Callable[[], bool], *, seconds: float, pause: float = 0.02) -> bool:
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


def remember(record: Path, process: "subprocess.Popen[bytes]") -> None:
    """Write pid and start time, so that the next run can tell this process from a later one with its number."""
    found = look_up(process.pid)
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(f"{process.pid} {found.started if found else 0}\n")


def leftovers(record: Path, marker: str) -> list[Process]:
    """The recorded process and what it started, as far as they still live.

    The leader may be gone while its children remain: those are told by their session and by the marker that we put
    into the environment of everything we start.
    """
    try:
        pid, started = (int(word) for word in record.read_text().split())
    except (OSError, ValueError):
        return []
    leader = look_up(pid)
    if leader and leader.started != started:
        return []
    return [
        process
        for process in all_processes()
        if process.session == pid and process.started >= started and (process.pid == pid or _carries(process, marker))
    ]


def _carries(process: Process, marker: str) -> bool:
    try:
        return marker.encode() in (PROC / str(process.pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return False


def end(record: Path, marker: str, *, first: signal.Signals = signal.SIGTERM, seconds: float = 5) -> bool:
    """Stop what a killed run left behind; True when there was something."""
    found = leftovers(record, marker)
    if found:
        send(found, first)
        if not wait_until(lambda: not leftovers(record, marker), seconds=seconds, pause=0.05):
            send(leftovers(record, marker), signal.SIGKILL)
            wait_until(lambda: not leftovers(record, marker), seconds=5, pause=0.05)
    record.unlink(missing_ok=True)
    return bool(found)


def send(processes: Sequence[Process], number: signal.Signals) -> None:
    for process in processes:
        current = look_up(process.pid)
        if current and current.started == process.started:
            try:
                os.kill(process.pid, number)
            except ProcessLookupError:
                continue
