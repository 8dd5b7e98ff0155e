"""A PostgreSQL and a Valkey for one test run: made from a cached empty cluster, thrown away at the end."""

import contextlib
import fcntl
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from loyalty.run import binaries, places, postgres, valkey

DEFAULT_COMMAND = ("pytest", "-n", str(os.cpu_count() or 1))


def run(command: Sequence[str], *, durable: bool = False) -> int:
    """Run a command beside its own pair of servers and return its exit code.

    Several may run at once in one checkout: each has a folder of its own under var/test/, held by a lock, and whoever
    comes later sweeps the folders whose holder is gone.
    """
    with contextlib.ExitStack() as stack:
        home = stack.enter_context(_own_folder(places.make_dir(places.var_dir() / "test")))
        sockets = places.socket_dir(home)
        stack.callback(shutil.rmtree, sockets, ignore_errors=True)
        env = {**os.environ, "DEBUG": os.environ.get("DEBUG", "1"), "PYTHONUNBUFFERED": "1"}
        env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env.get('PATH', '')}"
        if durable:
            secret = secrets.token_urlsafe(40)
            env |= {"DEBUG": "0", "SECRET_KEY": secret, "ALLOWED_HOSTS": "localhost,127.0.0.1", "HTTPS": "0"}
        else:
            env["VAR_DIR"] = str(home / "var")
        if not env.get("DATABASE_URL"):
            env |= {"DATABASE_URL": stack.enter_context(_database(home, sockets, durable=durable))}
        if not env.get("REDIS_URL"):
            server = stack.enter_context(_cache(home, sockets, durable=durable))
            env |= {"REDIS_URL": server.cache_url, "CELERY_BROKER_URL": server.broker_url}
        return _run(command or DEFAULT_COMMAND, env)


def _run(command: Sequence[str], env: dict[str, str]) -> int:
    for name in [name for name in env if name.startswith("PG") and name != "PG_BIN"]:
        del env[name]
    # Ctrl-C reaches the command as well (same terminal): it ends by itself, and we clean up after it.
    signal.signal(signal.SIGINT, lambda *_: None)
    child = subprocess.Popen(command, env=env, cwd=places.ROOT)
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    code = child.wait()
    return code if code >= 0 else 128 - code


@contextlib.contextmanager
def _own_folder(parent: Path) -> Iterator[Path]:
    for old in parent.glob("run-*"):
        with contextlib.suppress(OSError), _locked(old / "lock", wait=False):
            shutil.rmtree(old, ignore_errors=True)
    with _locked(parent / "lock"):
        home = Path(tempfile.mkdtemp(prefix="run-", dir=parent))
        held = _locked(home / "lock")
        held.__enter__()
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)
        held.__exit__(None, None, None)


@contextlib.contextmanager
def _locked(path: Path, *, wait: bool = True) -> Iterator[IO[bytes]]:
    with path.open("ab") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield handle


@contextlib.contextmanager
def _database(home: Path, sockets: Path, *, durable: bool) -> Iterator[str]:
    programs = binaries.find_postgres()
    data = home / "postgres"
    _copy_template(programs, data)
    server = postgres.Server(programs, data, sockets, home / "postgres.log", throw_away=not durable)
    with postgres.running(server):
        yield server.url


def _copy_template(programs: binaries.Postgres, data: Path) -> None:
    template = data.parents[1] / f"template-{programs.version}"
    with _locked(data.parents[1] / "lock"):
        if not (template / "PG_VERSION").exists():
            made = postgres.Server(programs, template, Path("/nowhere"), data.with_name("initdb.log"))
            made.finish_creation(made.create())
    shutil.copytree(template, data, symlinks=True)
    if programs.other_user:
        subprocess.run(["chown", "-R", f"{binaries.NOBODY}:{binaries.NOBODY}", str(data)], check=True)


@contextlib.contextmanager
def _cache(home: Path, sockets: Path, *, durable: bool) -> Iterator[valkey.Server]:
    server = valkey.Server(
        binaries.find_valkey(), home / "valkey", sockets, home / "valkey.log", throw_away=not durable
    )
    try:
        server.start()
        server.wait()
        yield server
    finally:
        server.stop()
