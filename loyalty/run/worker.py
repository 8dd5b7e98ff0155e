"""Starts the Celery worker of a local run, after putting back what its predecessor had taken and not finished.

A task is acknowledged when it is done. One whose worker was killed would wait for the broker's visibility timeout (two
hours, because other workers might still be at it). Here nobody else works on this broker, so it need not wait.
"""

import os
import sys
from typing import Any

from kombu import Connection


def requeue(url: str) -> int:
    """Put every unacknowledged task back into its queue; returns how many there were."""
    with Connection(url, transport_options={"visibility_timeout": 0}) as connection, connection.channel() as opened:
        channel: Any = opened  # the Redis transport's channel has more than the general one
        client = channel.client
        waiting = int(client.zcard(channel.unacked_index_key))
        if waiting:
            client.delete(channel.unacked_mutex_key)
            channel.qos.restore_visible(num=waiting, interval=1)
        return waiting


def main(arguments: list[str]) -> None:
    if os.environ.get("OWN_BROKER"):
        count = requeue(os.environ["CELERY_BROKER_URL"])
        if count:
            print(f"put back {count} unfinished tasks", flush=True)
    command = [sys.executable, "-m", "celery", "-A", "loyalty.celery", "worker", *arguments]
    os.execv(sys.executable, command)  # noqa: S606 - no shell wanted


if __name__ == "__main__":
    main(sys.argv[1:])
