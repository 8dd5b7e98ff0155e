"""A real realtime server for tests: the process itself, on a port of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson
from websockets.sync.client import ClientConnection, connect

ROOT = Path(__file__).resolve().parents[3]
KEY = "test-key"


@dataclass(frozen=True)
class Realtime:
    """The running server."""

    port: int
    process: "subprocess.Popen[bytes]"

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/app/{KEY}?protocol=7&client=test&version=1"

    def open(self, url: str = "") -> ClientConnection:
        """A socket that has not read its greeting yet."""
        return connect(url or self.url, ping_interval=None, compression=None, max_size=None)

    def raw(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=5)

    def request(self, text: str) -> tuple[int, bytes]:
        """Status and body of an ordinary HTTP request."""
        with self.raw() as wire:
            wire.sendall(text.encode("latin-1"))
            answer = b""
            while chunk := wire.recv(65_536):
                answer += chunk
        head, _, body = answer.partition(b"\r\n\r\n")
        return int(head.split()[1]), body

    def health(self) -> dict[str, object]:
        return orjson.loads(self.request("GET /health HTTP/1.1\r\nHost: x\r\n\r\n")[1])["data"]

    def wait_for(self, **wanted: object) -> None:
        """Until /health shows these values."""
        deadline = time.monotonic() + 60
        while not wanted.items() <= self.health().items():
            assert time.monotonic() < deadline, f"still {self.health()}, not {wanted}"
            time.sleep(0.02)

    def memory(self) -> float:
        """Megabytes that the process holds."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=15)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(redis_url: str, port: int | None = None) -> Iterator[Realtime]:
    """A server that listens on `redis_url`, linked and ready."""
    port = port or free_port()
    environment = {**os.environ, "REDIS_URL": redis_url, "REALTIME_KEY": KEY, "DEBUG": "1", "LOG_LEVEL": "WARNING"}
    command = [sys.executable, "-m", "loyalty.realtime", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    server = Realtime(port, process)
    try:
        deadline = time.monotonic() + 60
        while True:
            assert process.poll() is None, f"the realtime server ended with {process.returncode}"
            assert time.monotonic() < deadline, "the realtime server did not answer within a minute"
            try:
                server.wait_for(status="ok")
                break
            except OSError:
                time.sleep(0.05)
        yield server
    finally:
        process.kill()
        process.wait()
