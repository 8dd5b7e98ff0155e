"""Where things lie: the checkout, its `var/` folder, and short private folders for sockets."""

import contextlib
import hashlib
import os
import re
import stat
import tempfile
from pathlib import Path

from loyalty.run.errors import RunError

ROOT = Path(__file__).resolve().parents[2]
# A socket's address holds 107 bytes; the longest name we put behind the folder is ".s.PGSQL.5432".
LONGEST_SOCKET_FOLDER = 107 - len("/.s.PGSQL.5432")
PLAIN_PATH = re.compile(r"[A-Za-z0-9_./-]+")


def var_dir() -> Path:
    """Everything that a run writes, except its sockets."""
    return Path(os.environ.get("VAR_DIR") or ROOT / "var").resolve()


def make_dir(path: Path, mode: int = 0o755) -> Path:
    path.mkdir(mode=mode, parents=True, exist_ok=True)
    return path


def socket_dir(data: Path) -> Path:
    """A folder of our own under the temp folder, named after the data it belongs to.

    The servers trust whoever can reach their sockets, so this folder's owner and mode are the access control: a folder
    that someone else made there first is refused, never used and never repaired.
    """
    key = hashlib.sha256(f"{os.geteuid()}:{data}".encode()).hexdigest()[:12]
    path = Path(tempfile.gettempdir()) / f"loyalty-{key}"
    if len(os.fsencode(path)) > LONGEST_SOCKET_FOLDER or not PLAIN_PATH.fullmatch(str(path)):
        path = Path("/tmp") / path.name  # noqa: S108 - private: mode and owner are checked below
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
    check_private(path)
    return path


def other_users_dirs(data: Path, sockets: Path, uid: int) -> tuple[Path, Path]:
    """Folders that another user can work in while the ones around them stay ours and closed to change.

    Where that user cannot reach the checkout, the data move beside it rather than anyone's home being opened.
    """
    if not all(parent.stat().st_mode & 0o001 for parent in make_dir(data.parent).parents):
        data = Path("/var/tmp") / sockets.name / data.name  # noqa: S108 - owner and mode are checked below
        data.parent.mkdir(mode=0o711, exist_ok=True)
        check_ours(data.parent)
    sockets.chmod(0o711)
    inner = sockets / "pg"
    inner.mkdir(mode=0o700, exist_ok=True)
    os.chown(inner, uid, uid)
    return data, inner


def remove_socket_dir(path: Path) -> None:
    """Gone when nothing is left in it; a second server may still use it."""
    for name in (".s.PGSQL.5432", ".s.PGSQL.5432.lock", "valkey.sock"):
        (path / name).unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        path.rmdir()
        if path.name == "pg":
            path.parent.rmdir()


def check_ours(path: Path) -> None:
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o022:
        raise RunError(f"{path} was made by someone else. Remove it and start again.")


def check_private(path: Path) -> None:
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o066:
        raise RunError(
            f"{path} is not a private folder that belongs to you, so the servers' sockets would not be safe there. "
            "Find out who made it, remove it, and start again (or set TMPDIR to another folder)."
        )
    path.chmod(0o700)
