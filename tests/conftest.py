"""A real web server on the test database, for tests that go over the wire."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from loyalty.realtime.tests.live import KEY, Realtime, running
from loyalty.tests.workers import database_url

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    """A TCP port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass(frozen=True)
class Web:
    """The running server."""

    url: str

    def call(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[int, dict[str, Any], dict[str, str]]:
        """Status, body and headers of one request; header names with underscores for dashes."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method)
        request.add_header("Content-Type", "application/json")
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        opener = urllib.request.build_opener()
        try:
            with opener.open(request, timeout=30) as response:
                return response.status, json.loads(response.read()), dict(response.headers)
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read()), dict(error.headers)


@pytest.fixture(scope="session")
def realtime_port() -> int:
    """Where the web server says that the realtime server is, and where `realtime` starts one."""
    return free_port()


@pytest.fixture(scope="session")
def realtime(realtime_port: int) -> Iterator[Realtime]:
    """The realtime server beside the web server, on the same Redis."""
    with running(settings.REDIS_URL, realtime_port) as server:
        yield server


class FeedHost:
    """A server on this machine that serves what a test tells it to: files that partners publish somewhere."""

    def __init__(self, port: int) -> None:
        self.files: dict[str, bytes] = {}
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                content = host.files.get(self.path)
                self.send_response(404 if content is None else 200)
                self.send_header("Content-Type", "application/xml")
                self.send_header("Content-Length", str(len(content or b"")))
                self.end_headers()
                self.wfile.write(content or b"")

            def log_message(self, *_arguments: Any) -> None:
                """Nothing to say."""

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)

    def serve(self, path: str, text: str) -> str:
        """Publish a file; its address."""
        self.files[path] = text.encode()
        return f"http://127.0.0.1:{self.server.server_port}{path}"


@pytest.fixture(scope="session")
def feed_port() -> int:
    """The only port of this machine that the web server of the tests may fetch from."""
    return free_port()


@pytest.fixture(scope="session")
def feed_host(feed_port: int) -> Iterator[FeedHost]:
    host = FeedHost(feed_port)
    thread = threading.Thread(target=host.server.serve_forever, daemon=True)
    thread.start()
    yield host
    host.server.shutdown()
    thread.join()


@pytest.fixture(scope="session")
def web(
    django_db_setup: None,
    django_db_blocker: Any,
    realtime_port: int,
    feed_port: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Web]:
    """granian with two workers on the test database. Tests that use it commit what they write (`transaction=True`)."""
    with django_db_blocker.unblock():
        url = database_url()
    port = free_port()
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "REDIS_URL": settings.REDIS_URL,
        "REALTIME_PORT": str(realtime_port),
        "REALTIME_KEY": KEY,
        "OUTBOUND_LOOPBACK_PORTS": str(feed_port),
        "PRIVATE_ROOT": str(tmp_path_factory.mktemp("private")),
        "DEBUG": "1",
        "LOG_LEVEL": "WARNING",
    }
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "2", "--blocking-threads", "2", "--log-level", "warning", "loyalty.wsgi:application"]
    server = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        _wait_for(f"http://127.0.0.1:{port}/health", server)
        yield Web(f"http://127.0.0.1:{port}")
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if server.poll() is not None:
            pytest.fail(f"the web server ended with {server.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the web server did not answer within 60 s")
