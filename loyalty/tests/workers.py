"""Real workers on a broker of their own, which can be killed and wiped."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlencode

import redis
from django.conf import settings
from django.db import connection
from kombu import Connection

from loyalty.celery import app
from loyalty.run.worker import requeue

FIRST_BROKER = 12  # behind the databases of caches; each test worker has its own


def until(true: Callable[[], Any], seconds: float = 90) -> None:
    """Wait for it."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def database_url() -> str:
    """The test database as a URL for another process."""
    database = {**connection.settings_dict, **connection.get_connection_params()}
    place = urlencode({"host": database["host"], "port": database.get("port") or 5432})
    return f"postgres://{quote(database['user'], safe='')}@/{connection.settings_dict['NAME']}?{place}"


def environment(**more: str) -> dict[str, str]:
    """What a process needs to work on this test's database."""
    at = {"DATABASE_URL": database_url(), "REDIS_URL": settings.REDIS_URL, "DATABASE_LIMITS": "off"}
    return {**os.environ, **at, "DJANGO_SETTINGS_MODULE": "loyalty.settings", **more}


class Broker:
    """A queue that only this test and its workers know."""

    def __init__(self) -> None:
        number = FIRST_BROKER + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 4
        self.url = f"{settings.CELERY_BROKER_URL.partition('?')[0]}?virtual_host={number}"
        path = self.url.partition("://")[2].partition("?")[0]
        self.client = redis.Redis(unix_socket_path=path, db=number)
        self.wipe()

    def wipe(self) -> None:
        """What a restart without persistence does."""
        self.client.flushdb()

    def send(self, name: str, **kwargs: Any) -> None:
        with Connection(self.url) as opened:
            app.send_task(name, kwargs=kwargs, connection=opened)

    def put_back(self) -> int:
        """What the next worker of a machine does first: unfinished tasks go back into the queue."""
        return requeue(self.url)

    @contextmanager
    def worker(
        self, queue: str, *, application: str = "loyalty", concurrency: int = 1, **more: str
    ) -> Iterator["subprocess.Popen[bytes]"]:
        """A worker as it is started in earnest; killed at the latest when the block ends."""
        command = [sys.executable, "-m", "celery", "-A", application, "worker", "-Q", queue, "-c", str(concurrency)]
        command += ["--loglevel", "ERROR", "--without-gossip", "--without-mingle"]
        variables = environment(CELERY_BROKER_URL=self.url, **more)
        child = subprocess.Popen(command, env=variables, cwd=settings.BASE_DIR, start_new_session=True)
        try:
            yield child
        finally:
            kill(child)


def kill(child: "subprocess.Popen[bytes]") -> None:
    """SIGKILL, to the worker with its children; until the database has noticed."""
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
