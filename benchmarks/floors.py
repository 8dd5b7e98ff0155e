"""What the database alone can do: pgbench over the same socket that the servers use."""

import contextlib
import os
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from loyalty.run.binaries import find_postgres
from loyalty.run.errors import RunError

SQL = Path(__file__).parent / "sql"


def find_program(name: str) -> str | None:
    """A client program: of the embedded server, on the path, or where systems keep it."""
    folders = []
    with contextlib.suppress(RunError):
        folders.append(find_postgres().folder)
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in folders:
        if os.access(folder / name, os.X_OK):
            return str(folder / name)
    return shutil.which(name)


def libpq_environment() -> dict[str, str]:
    """DATABASE_URL as libpq's own variables."""
    url = urlsplit(os.environ["DATABASE_URL"])
    found = dict(parse_qsl(url.query))
    values = {
        "PGHOST": found.get("host") or unquote(url.hostname or ""),
        "PGPORT": found.get("port") or str(url.port or 5432),
        "PGUSER": unquote(url.username or ""),
        "PGPASSWORD": unquote(url.password or ""),
        "PGDATABASE": url.path.lstrip("/"),
    }
    return {**os.environ, **{name: value for name, value in values.items() if value}}


def pgbench(
    script: str, variables: dict[str, int], *, seconds: float, clients: int = 16, protocol: str = "simple"
) -> float:
    """Transactions a second of one script of `benchmarks/sql`."""
    program = find_program("pgbench")
    assert program is not None
    command = [program, "-n", "-M", protocol, "-c", str(clients), "-j", str(min(clients, os.cpu_count() or 1))]
    command += ["-T", str(max(1, round(seconds))), "-f", str(SQL / f"{script}.sql")]
    command += [word for name, value in variables.items() for word in ("-D", f"{name}={value}")]
    done = subprocess.run(command, env=libpq_environment(), capture_output=True, text=True, check=False)
    found = re.search(r"tps = ([\d.]+) \(without", done.stdout)
    if done.returncode or not found or "number of failed transactions: 0" not in done.stdout:
        raise RuntimeError(f"pgbench failed:\n{done.stdout}\n{done.stderr}")
    return float(found.group(1))
