"""var/demo.json: what somebody who tries the platform out needs, written whole and readable by its owner only."""

import json
import os
import secrets
from pathlib import Path
from typing import Any


def read_handover(path: Path) -> dict[str, Any]:
    """What an earlier run wrote; nothing where the file is missing or torn."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def remembered_partner(found: dict[str, Any], partner_id: int) -> dict[str, Any]:
    """What the file says of a partner; nothing where it speaks of another database."""
    partners = found.get("partners")
    for entry in partners if isinstance(partners, list) else []:
        if isinstance(entry, dict) and entry.get("id") == partner_id:
            return entry
    return {}


def write_handover(path: Path, content: dict[str, Any]) -> bool:
    """Put the file in its place in one step; says whether it changed."""
    if read_handover(path) == content:
        path.chmod(0o600)
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(content, file, ensure_ascii=False, indent=1)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    return True
