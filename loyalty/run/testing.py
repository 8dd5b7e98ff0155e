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

from loyalty.run import binaries, embedded, messages, places, postgres
from loyalty.run.errors import RunError

DEFAULT_COMMAND = ("pytest", "-n", str(os.cpu_count() or 1))


def run(command: Sequence[str], *, durable: bool = False) -> int:
    """Run a command beside its own pair of servers and return its exit code.

    Several may run at once in one checkout: each has a folder of its own under var/test/, held by a lock, and whoever
    comes later sweeps the folders whose holder is gone.
    """
    with contextlib.ExitStack() as stack:
        home = stack.enter_context(_own_folder(places.make_dir(places.var_dir() / "test")))
        env = {**os.environ, "DEBUG": os.environ.get("DEBUG", "1"), "PYTHONUNBUFFERED": "1"}
        env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env.get('PATH', '')}"
        if durable:
            secret = secrets.token_urlsafe(40)
            env |= {"DEBUG": "0", "SECRET_KEY": secret, "ALLOWED_HOSTS": "localhost,127.0.0.1", "HTTPS": "0"}
        else:
            env["VAR_DIR"] = str(home / "var")
        messages.compile_all()
        services = embedded.Services(home, lambda name, text: None, throw_away=not durable)
        stack.callback(services.stop)
        if not env.get("DATABASE_URL"):
            _copy_template(home)
        env = services.start(env)
        return _run(command or DEFAULT_COMMAND, env)


def _run(command: Sequence[str], env: dict[str, str]) -> int:
    # Ctrl-C reaches the command as well (same terminal): it ends by itself, and we clean up after it.
    signal.signal(signal.SIGINT, lambda *_: None)
    try:
        child = subprocess.Popen(command, env=env, cwd=places.ROOT)
    except OSError as error:
        raise RunError(f"{command[0]} cannot be run: {error.strerror}") from None
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


def _copy_template(home: Path) -> None:
    """An empty cluster is made once per PostgreSQL version; copying it is five times quicker than making it."""
    programs = binaries.find_postgres()
    if programs.other_user:
        return
    template = home.parent / f"template-{programs.version}"
    with _locked(home.parent / "lock"):
        made = postgres.Server(programs, template, home, home / "initdb.log")
        made.finish_creation(made.create())
    shutil.copytree(template, home / "postgres", symlinks=True)
