"""How `manage.py` finds the servers of the `make run` of its checkout: the run leaves their addresses in var/run/."""

import contextlib
import fcntl
import json
import os
from collections.abc import Mapping, MutableMapping
from pathlib import Path

from loyalty.run import places

# What tells one installation from another; nothing of the person's own environment.
SHARED = ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "SECRET_KEY", "DEBUG", "BASE_URL")


def _record(run: Path) -> Path:
    return run / "environment.json"


def leave(run: Path, env: Mapping[str, str]) -> None:
    """Write down where the servers are, for this user's eyes only: the database's password and the secret are in it."""
    fresh = _record(run).with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as handle:
        json.dump({name: env[name] for name in SHARED if name in env}, handle)
    fresh.replace(_record(run))


def clear(run: Path) -> None:
    _record(run).unlink(missing_ok=True)


def join(env: MutableMapping[str, str]) -> None:
    """Complete `env` from the run of this checkout, if there is one and nobody has chosen a database.

    A command is no web request: unless somebody says so, it is not bound to one's time limits.
    """
    env.setdefault("DATABASE_LIMITS", "off")
    if env.get("DATABASE_URL") or _names_database(places.ROOT / ".env"):
        return
    run = places.var_dir() / "run"
    with contextlib.suppress(OSError, ValueError):
        if _is_running(run):
            for name, value in json.loads(_record(run).read_text()).items():
                env.setdefault(name, value)


def _names_database(path: Path) -> bool:
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return False
    return any(line.split("=")[0].split()[-1:] == ["DATABASE_URL"] and line.split("=", 1)[-1].strip() for line in lines)


def _is_running(run: Path) -> bool:
    """A run holds its lock for as long as it lives; what a killed one left behind says nothing."""
    os.kill(int((run / "lock").read_text()), 0)  # before touching the lock, which a starting run wants for itself
    with (run / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
