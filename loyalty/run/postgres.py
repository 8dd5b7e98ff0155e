"""A PostgreSQL server of our own: its data folder, start, readiness and stop."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from loyalty.run import processes
from loyalty.run.binaries import BUILTIN_LOCALES_SINCE, NOBODY, Postgres
from loyalty.run.errors import RunError

DATABASE = "loyalty"
STATUS_LINE = 7  # of postmaster.pid
SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    # Every thread of every web worker holds one, every worker process too (docs/operations.md).
    "max_connections": str(max(100, 40 + 6 * (os.cpu_count() or 1))),
    "shared_buffers": "128MB",
    "shared_preload_libraries": "pg_stat_statements",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A refused row is told with its values, and its statement with them: a log is no place for people's addresses.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "unix_socket_permissions": "0700",
}
# For tests only: a crash may lose their data, so nothing waits for the disk.
THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum_naptime": "10min"}


def clean_environment() -> dict[str, str]:
    """The person's own PG* variables would send our tools to another server."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return {**kept, "LC_ALL": "C"}


@dataclass
class Server:
    """One data folder and the server that works on it."""

    programs: Postgres
    data: Path
    sockets: Path
    log: Path
    throw_away: bool = False
    child: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        # The folder stands in the query: both libpq and django-environ understand that form.
        return f"postgres://postgres@/{DATABASE}?host={quote(str(self.sockets))}&port=5432"

    def create(self) -> "subprocess.Popen[bytes] | None":
        """Begin to make the data folder where there is none yet; made aside and renamed, so never half there."""
        made_by = self._made_by()
        if made_by == self.programs.major:
            return None
        if made_by:
            raise RunError(
                f"{self.data} was made by PostgreSQL {made_by}, and the programs found are {self.programs.version} "
                f"({self.programs.folder}). Set PG_BIN to the folder of a PostgreSQL {made_by}, or move the data away."
            )
        self.data.parent.mkdir(parents=True, exist_ok=True)
        aside = self._aside()
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(mode=0o700)
        self._give_away(aside)
        locale = ["--no-locale"]
        if self.programs.major >= BUILTIN_LOCALES_SINCE:
            locale = ["--locale-provider=builtin", "--locale=C.UTF-8"]
        arguments = ["-D", str(aside), "-U", "postgres", "-E", "UTF8", *locale, "--auth=trust", "--no-sync"]
        command = self.programs.command("initdb", *arguments)
        return processes.start(command, env=clean_environment(), log=self.log, cwd=Path("/"))

    def _made_by(self) -> int:
        try:
            return int((self.data / "PG_VERSION").read_text())
        except (FileNotFoundError, ValueError):
            return 0

    def finish_creation(self, initdb: "subprocess.Popen[bytes] | None") -> None:
        if initdb is None:
            return
        if initdb.wait():
            raise RunError(f"initdb failed; its last words are in {self.log}:\n{tail(self.log)}")
        if self.data.exists():
            raise RunError(f"{self.data} exists but holds no database; move it away and start again.")
        self._aside().rename(self.data)

    def _aside(self) -> Path:
        return self.data.with_name(f"{self.data.name}.new")

    def _give_away(self, path: Path) -> None:
        if self.programs.other_user:
            os.chown(path, NOBODY, NOBODY)

    def start(self) -> None:
        self.stop_leftover()
        settings = {**SETTINGS, "unix_socket_directories": str(self.sockets)}
        if not self._has_statement_statistics():
            settings["shared_preload_libraries"] = ""
        settings |= THROW_AWAY if self.throw_away else {}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        self.child = processes.start(
            self.programs.command("postgres", "-D", str(self.data), *options),
            env=clean_environment(),
            log=self.log,
            cwd=Path("/"),
            death_signal=signal.SIGQUIT if self.throw_away else signal.SIGINT,
        )

    def _has_statement_statistics(self) -> bool:
        home = self.programs.folder.parent
        return any(next(home.glob(f"{where}/pg_stat_statements*"), None) for where in ("lib", "lib/postgresql"))

    def wait(self, seconds: float = 60) -> None:
        """Until it takes connections; after a crash that includes replaying the log."""
        if not processes.wait_until(lambda: self._ready() or self._gone(), seconds=seconds) or self._gone():
            raise RunError(f"PostgreSQL did not start; its last words are in {self.log}:\n{tail(self.log)}")

    def _gone(self) -> bool:
        return self.child is None or self.child.poll() is not None

    def _ready(self) -> bool:
        ready = [line.strip() for line in self._pid_file()[STATUS_LINE:]] == ["ready"]
        return ready and self.child is not None and self._pid() == self.child.pid

    def _pid_file(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text(errors="replace").splitlines()
        except OSError:
            return []

    def _pid(self) -> int:
        lines = self._pid_file()
        return int(lines[0]) if lines and lines[0].strip().isdigit() else 0

    def create_database(self) -> None:
        command = self.programs.command("createdb", "-h", str(self.sockets), "-p", "5432", "-U", "postgres", DATABASE)
        for _attempt in range(50):
            done = subprocess.run(
                command, env=clean_environment(), cwd="/", capture_output=True, text=True, check=False
            )
            if done.returncode == 0 or "already exists" in done.stderr:
                return
            time.sleep(0.1)
        raise RunError(f"The database could not be created: {done.stderr.strip()}")

    def stop(self) -> None:
        if self.child is None or self.child.poll() is not None:
            return
        if self.throw_away:
            self.child.send_signal(signal.SIGQUIT)
        else:
            arguments = ("stop", "-D", str(self.data), "-m", "fast", "-w", "-t", "30", "-s")
            command = self.programs.command("pg_ctl", *arguments)
            subprocess.run(command, env=clean_environment(), cwd="/", capture_output=True, check=False)
        try:
            self.child.wait(10)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()

    def workers(self) -> list[processes.Process]:
        """Every process that works in this data folder: PostgreSQL makes it its working folder."""
        return [found for found in processes.all_processes() if processes.working_dir(found.pid) == str(self.data)]

    def stop_leftover(self) -> None:
        """After our predecessor was killed: stop its server, and clear a pid file whose number someone else now has."""
        found = self.workers()
        if found:
            main = self._pid()
            processes.send([one for one in found if one.pid == main], signal.SIGINT)
            if not processes.wait_until(lambda: not self.workers(), seconds=30, pause=0.05):
                processes.send(self.workers(), signal.SIGQUIT)
                if not processes.wait_until(lambda: not self.workers(), seconds=10, pause=0.05):
                    raise RunError(f"A PostgreSQL server still works on {self.data} and does not stop.")
        elif processes.look_up(self._pid()):
            (self.data / "postmaster.pid").unlink(missing_ok=True)
        for name in (".s.PGSQL.5432.lock", ".s.PGSQL.5432"):
            (self.sockets / name).unlink(missing_ok=True)


def tail(path: Path, lines: int = 8) -> str:
    with contextlib.suppress(OSError):
        return "\n".join(line[:300] for line in path.read_text(errors="replace").splitlines()[-lines:])
    return ""
