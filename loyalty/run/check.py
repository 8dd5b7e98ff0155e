"""The checks of `make check` besides ruff and the tests: all of them run, then one line each and one exit code."""

import difflib
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from loyalty.run.places import ROOT

SCHEMA = ROOT / "docs" / "openapi.yaml"
MANAGE = [sys.executable, "manage.py"]


def production() -> dict[str, str]:
    """An environment as a real deployment has it, for the checks that only mean something there."""
    return {
        "DEBUG": "0",
        "SECRET_KEY": secrets.token_urlsafe(60),
        "ALLOWED_HOSTS": "loyalty.example",
        "BASE_URL": "https://loyalty.example",
        "EMAIL_URL": "smtp+tls://mail.loyalty.example:587",
        "DATABASE_URL": "postgres://loyalty@127.0.0.1:1/loyalty",
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }


def run(command: list[str], env: dict[str, str] | None = None) -> tuple[bool, str]:
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode == 0, done.stdout


def types() -> tuple[bool, str]:
    return run([sys.executable, "-m", "mypy", "."], {"DEBUG": "1"})


def imports() -> tuple[bool, str]:
    return run([str(Path(sys.executable).with_name("lint-imports"))])


def migrations() -> tuple[bool, str]:
    # No database needed: what counts is whether the models say more than the migration files.
    return run([*MANAGE, "makemigrations", "--check", "--dry-run"], {"DEBUG": "1", "DATABASE_LIMITS": "off"})


def deployment() -> tuple[bool, str]:
    return run([*MANAGE, "check", "--deploy", "--fail-level", "WARNING"], production())


def openapi() -> tuple[bool, str]:
    """The committed schema is the one that the code gives, so that a change of the API shows in review."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "openapi.yaml"
        good, text = run([*MANAGE, "spectacular", "--validate", "--fail-on-warn", "--file", str(fresh)], production())
        if not good:
            return False, text
        new = fresh.read_text().splitlines(keepends=True)
    old = SCHEMA.read_text().splitlines(keepends=True) if SCHEMA.exists() else []
    changes = list(difflib.unified_diff(old, new, "docs/openapi.yaml", "the code's schema", n=1))
    if not changes:
        return True, ""
    return False, "".join(changes[:60]) + "\nRun `make openapi` and commit docs/openapi.yaml.\n"


CHECKS: dict[str, Callable[[], tuple[bool, str]]] = {
    "import order": imports,
    "migrations": migrations,
    "deployment": deployment,
    "openapi": openapi,
    "types": types,
}


def main(names: list[str]) -> int:
    """Run the named checks, or all."""
    failed = []
    for name in names or CHECKS:
        good, text = CHECKS[name]()
        print(f"  {name:<14} {'ok' if good else 'FAILED'}", flush=True)
        if not good:
            failed.append(name)
            print(text, flush=True)
    if failed:
        print(f"Failed: {', '.join(failed)}", file=sys.stderr)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
