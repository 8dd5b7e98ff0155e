"""The servers under test: granian as `make run` starts it, one for the platform and one for the plain version."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from loyalty.run import processes

ROOT = Path(__file__).resolve().parent.parent
PLATFORM = "loyalty.wsgi:application"
PLAIN = "benchmarks.plain.wsgi:application"
WAIT = 60


@dataclass(frozen=True)
class Stand:
    """Where the two servers answer, and how long and how often to measure."""

    platform: tuple[str, int]
    plain: tuple[str, int]
    seconds: float
    rounds: int
    is_quick: bool


@contextmanager
def servers(*, seconds: float, rounds: int, is_quick: bool, logs: Path) -> Iterator[Stand]:
    """Both servers, until the block ends."""
    started: list[subprocess.Popen[bytes]] = []
    try:
        addresses = []
        for name, application in (("platform", PLATFORM), ("plain", PLAIN)):
            address = ("127.0.0.1", _free_port())
            started.append(_start(application, address[1], logs / f"bench-{name}.log"))
            addresses.append(address)
        for child, address in zip(started, addresses, strict=True):
            _wait(child, address)
        yield Stand(addresses[0], addresses[1], seconds, rounds, is_quick)
    finally:
        for child in started:
            child.terminate()
        for child in started:
            try:
                child.wait(15)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def workers() -> str:
    return os.environ.get("WEB_WORKERS") or str(os.cpu_count() or 1)


def threads() -> str:
    return os.environ.get("WEB_THREADS") or "4"


def _start(application: str, port: int, log: Path) -> "subprocess.Popen[bytes]":
    log.unlink(missing_ok=True)
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--no-ws", "--workers", workers(), "--blocking-threads", threads(), "--workers-kill-timeout", "5"]
    return processes.start([*command, application], env={**os.environ, "DATABASE_LIMITS": "web"}, log=log, cwd=ROOT)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait(child: "subprocess.Popen[bytes]", address: tuple[str, int]) -> None:
    until = time.monotonic() + WAIT
    while time.monotonic() < until and child.poll() is None:
        try:
            with socket.create_connection(address, timeout=5) as opened:
                opened.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                if opened.recv(12) == b"HTTP/1.1 200":
                    return
        except OSError:
            pass
        time.sleep(0.1)
    raise SystemExit(f"A server did not start; see var/log/bench-*.log (exit code {child.poll()})")
