"""The import of a real file against `psql \\copy` of the rows that came of it, into the same tables.

Runs last: it empties the tables in between.
"""

import gzip
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from django.conf import settings
from django.core.management import get_commands
from django.db import connection

from benchmarks import floors, seed
from benchmarks.report import Result
from benchmarks.stand import ROOT, Stand
from partners.models import Partner

FILE = ROOT.parent / "shared" / "data" / "retail.csv.gz"
QUICK_LINES = 50_000
# In the order of their keys.
TABLES = (
    "customers_customer",
    "cards_issuedcard",
    "ledger_pointsbalance",
    "ledger_transaction",
    "ledger_pointsentry",
    "ledger_pointslot",
    "ledger_transactionline",
)


def measure(stand: Stand) -> list[Result]:
    """The whole file each time, by the command as staff call it."""
    result = Result("import_vs_psql_copy", 0.4, 0.6, "higher")
    missing = _missing()
    if missing:
        result.detail = f"skipped: {missing}"
        return [result]
    folder = settings.VAR_DIR / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    file = _first_lines(folder) if stand.is_quick else FILE
    partner_id = seed.tills(["Retail"], cards=1)[0].partner_id
    Partner.objects.filter(pk=partner_id).update(currency="GBP", time_zone="Europe/London")
    said = []
    for number in range(stand.rounds):
        _empty()
        took, summary = _import(file, partner_id)
        if number == 0:
            _copy_out(folder)
        _empty()
        floor = _copy_in(folder)
        result.rounds.append(floor / took)
        said.append(f"{took:.1f}/{floor:.1f}")
    rows = sum(_count(table) for table in TABLES)
    _empty()
    return [
        result.finish(
            f"seconds by round, import/copy: {', '.join(said)}; {summary['lines']:,} lines, {rows:,} rows in "
            f"{len(TABLES)} tables with all keys and indexes; the import's time is the whole command's"
        )
    ]


def _missing() -> str:
    if not FILE.exists():
        return f"{FILE.parent.parent.name}/{FILE.parent.name}/{FILE.name} is not beside this checkout"
    if "import_transactions" not in get_commands():
        return "there is no import command"
    return "" if floors.find_program("psql") else "no psql found"


def _first_lines(folder: Path) -> Path:
    path = folder / "first_lines.csv.gz"
    with gzip.open(FILE, "rb") as whole, gzip.open(path, "wb", compresslevel=1) as part:
        for _, line in zip(range(QUICK_LINES + 1), whole, strict=False):
            part.write(line)
    return path


def _empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE customers_customer CASCADE")
        cursor.execute("CHECKPOINT")


def _count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return cursor.fetchone()[0]


def _import(file: Path, partner_id: int) -> tuple[float, dict]:
    command = [sys.executable, "manage.py", "import_transactions", str(file), "--json"]
    command += ["--partner", str(partner_id), "--profile", "uci-retail"]
    begun = time.perf_counter()
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "DATABASE_LIMITS": "off"}, capture_output=True, text=True, check=False
    )
    took = time.perf_counter() - begun
    if done.returncode:
        raise RuntimeError(f"the import failed:\n{done.stderr[-3000:]}")
    return took, json.loads(done.stdout.splitlines()[-1])


def _copy_out(folder: Path) -> None:
    _psql([word for table in TABLES for word in ("-c", f"\\copy {table} to '{folder / table}.copy'")])


def _copy_in(folder: Path) -> float:
    """One transaction, as the import is."""
    begun = time.perf_counter()
    _psql(["-1", *(word for table in TABLES for word in ("-c", f"\\copy {table} from '{folder / table}.copy'"))])
    return time.perf_counter() - begun


def _psql(arguments: list[str]) -> None:
    program = floors.find_program("psql")
    assert program is not None
    command = [program, "-X", "-q", "-v", "ON_ERROR_STOP=1", *arguments]
    done = subprocess.run(command, env=floors.libpq_environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"psql failed:\n{done.stderr}")
