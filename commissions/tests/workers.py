"""Real workers on a broker of their own, which can be killed and wiped, and an administrator's process."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import redis
from django.conf import settings
from django.db import connection
from kombu import Connection

from interchange.tests.commands import database_url
from loyalty.celery import app
from loyalty.run.worker import requeue

FIRST_BROKER = 12  # behind the databases of caches; each test worker has its own
FORCE = """
import django; django.setup()
from datetime import datetime
from commissions.services.sync import force_sync
from loyalty.services.audit import SYSTEM
from partners.models import Partner
force_sync(actor=SYSTEM, partner=Partner.objects.get(pk={pk}), month=None, is_dry=False,
           at=datetime.fromisoformat("{at}"))
"""


def until(true: Callable[[], Any], seconds: float = 40) -> None:
    """Wait for it."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def _environment(**more: str) -> dict[str, str]:
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
    def worker(self, concurrency: int = 1) -> Iterator["subprocess.Popen[bytes]"]:
        """A worker as it is started in earnest, in small steps; killed at the latest when the block ends."""
        command = [sys.executable, "-m", "celery", "-A", "commissions.tests.small_steps", "worker", "-Q", "commissions"]
        command += ["-c", str(concurrency), "--loglevel", "ERROR", "--without-gossip", "--without-mingle"]
        environment = _environment(CELERY_BROKER_URL=self.url)
        child = subprocess.Popen(command, env=environment, cwd=settings.BASE_DIR, start_new_session=True)
        try:
            yield child
        finally:
            kill(child)


def force_elsewhere(partner_id: int, at: str) -> "subprocess.Popen[bytes]":
    """A forced synchronization in a process of its own."""
    script = FORCE.format(pk=partner_id, at=at)
    command = [sys.executable, "-c", script]
    return subprocess.Popen(command, env=_environment(), cwd=settings.BASE_DIR, start_new_session=True)


def kill(child: "subprocess.Popen[bytes]") -> None:
    """SIGKILL, to the worker with its children; until the database has noticed."""
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def is_waiting_for_lock() -> bool:
    """Whether some process stands before a lock of this test."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'commissions_syncrun'::regclass AND NOT granted)"
        )
        return bool(cursor.fetchone()[0])
