"""What a run says on the terminal: one short line per event, then a table of addresses and logins."""

import json
import sys
import time
from pathlib import Path
from typing import Any

from loyalty.run.postgres import Server

ROLES = ("owner", "manager", "cashier", "analyst")
BEGAN = time.monotonic()


def say(name: str, text: str) -> None:
    print(f"{time.monotonic() - BEGAN:6.1f} s  {name:<9} {text}", flush=True)


def complain(text: str) -> None:
    print(f"\n{text}", file=sys.stderr, flush=True)


def table(rows: list[tuple[str, ...]]) -> None:
    """Columns as wide as their widest cell, under a rule of their own."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    line = "  ".join("-" * width for width in widths)
    print(f"\n  {line}")
    for row in rows:
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    print(f"  {line}\n", flush=True)


def addresses(base_url: str, realtime: str, database: Server | None) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [
        ("Back office", f"{base_url}/admin/"),
        ("API documentation", f"{base_url}/api/docs"),
        ("API schema", f"{base_url}/api/schema"),
        ("Health", f"{base_url}/health"),
        ("Realtime", realtime),
    ]
    return [*rows, ("Database", database.url)] if database else rows


def logins(demo: Path) -> list[tuple[str, ...]]:
    """The demo's accounts, read from the file that `manage.py demo` writes last."""
    try:
        found: dict[str, Any] = json.loads(demo.read_text())
        rows: list[tuple[str, ...]] = [("admin", found["admin"]["email"], found["admin"]["password"])]
        for partner in found["partners"]:
            rows += [
                (f"{partner['name']}, {role}", partner[role]["email"], partner[role]["password"]) for role in ROLES
            ]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return rows
