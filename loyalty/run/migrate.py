"""Brings the database up to date in one Python start: looks first, migrates only when something is missing."""

import os
import sys
import time

import django
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

LOCK = 7_104_381  # any number; two runs on one database take turns
PATIENCE = 30


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "loyalty.settings")
    django.setup()
    wait_for_database()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", interactive=False, verbosity=1)
            print("migrated")
        else:
            print("up to date")
    return 0


def wait_for_database() -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            connection.ensure_connection()
        except OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
        else:
            return


if __name__ == "__main__":
    sys.exit(main())
