"""Knows without starting Python's half of the platform that the database is up to date, to make a second start quick.

The stamp joins what the code wants (its migrations, SQL files and pinned packages) with what the database says it has
had; whichever changes, the real check runs.
"""

import hashlib
import subprocess
from pathlib import Path

from loyalty.run.places import ROOT
from loyalty.run.postgres import DATABASE, Server, clean_environment

APPLIED = "SELECT count(*), max(id), md5(string_agg(app || '.' || name, ',' ORDER BY id)) FROM django_migrations"
WANTED = ("*/migrations/*.py", "*/sql/*.sql", "requirements.txt")


def current(server: Server, root: Path = ROOT) -> str:
    """The stamp of this code and this database; empty when the database cannot be asked."""
    applied = _applied(server)
    if not applied:
        return ""
    found = hashlib.sha256(applied.encode())
    for path in sorted(path for pattern in WANTED for path in root.glob(pattern)):
        found.update(f"\0{path.relative_to(root)}\0".encode() + path.read_bytes())
    return found.hexdigest()


def _applied(server: Server) -> str:
    where = ["-h", str(server.sockets), "-p", "5432", "-U", "postgres", "-d", DATABASE]
    command = server.programs.command("psql", "-X", "-A", "-t", "-c", APPLIED, *where)
    if not (server.programs.folder / "psql").exists():
        return ""
    done = subprocess.run(command, env=clean_environment(), cwd="/", capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""
