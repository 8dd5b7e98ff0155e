"""Workers of commission in small steps, and an administrator's process."""

import subprocess
import sys
from contextlib import AbstractContextManager

from django.conf import settings
from django.db import connection

from loyalty.tests.workers import Broker, environment

FORCE = """
import django; django.setup()
from datetime import datetime
from commissions.services.sync import force_sync
from loyalty.services.audit import SYSTEM
from partners.models import Partner
force_sync(actor=SYSTEM, partner=Partner.objects.get(pk={pk}), month=None, is_dry=False,
           at=datetime.fromisoformat("{at}"))
"""


def small_steps(broker: Broker, concurrency: int = 1) -> "AbstractContextManager[subprocess.Popen[bytes]]":
    """A worker that follows a few sales a step, so that there is a middle to die in."""
    return broker.worker("commissions", application="commissions.tests.small_steps", concurrency=concurrency)


def force_elsewhere(partner_id: int, at: str) -> "subprocess.Popen[bytes]":
    """A forced synchronization in a process of its own."""
    script = FORCE.format(pk=partner_id, at=at)
    command = [sys.executable, "-c", script]
    return subprocess.Popen(command, env=environment(), cwd=settings.BASE_DIR, start_new_session=True)


def is_waiting_for_lock() -> bool:
    """Whether some process stands before a lock of this test."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'commissions_syncrun'::regclass AND NOT granted)"
        )
        return bool(cursor.fetchone()[0])
