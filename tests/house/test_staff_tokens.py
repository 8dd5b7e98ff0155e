"""Whoever writes a row that stands behind a staff token tells the processes that remember the token.

A service does so by its audit record, or calls `announce_change`. A new function that locks, changes or removes such a
row fails here until it does one of both, or stands in SILENT with the reason why nobody needs to hear of it.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.conf import settings

from loyalty.services.standing import BEHIND_TOKENS

WRITES = {"select_for_update", "update", "delete", "bulk_update", "update_or_create", "aupdate", "adelete"}
# Rows of these say by being there or not who may do what; of the others a new row stands behind no token yet.
COUNTED_BY_ROW = {"StaffShop"}
MAKES = {"create", "bulk_create", "get_or_create"}
TELLS = {"record", "announce_change"}
SILENT = {
    "loyalty.services.tokens.open_session": "the moment of the last log-in decides nothing",
    "loyalty.services.accounts._end_sessions": "both its callers write the audit trail",
    "loyalty.services.passwords.reset_password": "locks only; set_password changes and records",
    "partners.services.lifecycle._lock": "locks only; _move changes and records",
    "partners.services.verification._lock": "locks only; whoever changes the partner records",
    "messaging.services.webhooks.create_endpoint": "locks only, to count the endpoints",
    "messaging.services.sms_accounts._lock": "locks only; accounts have no part in access",
    "customers.services.persons.end_sessions": "sessions of persons",
}


def _functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    for config in apps.get_app_configs():
        folder = Path(config.path)
        if not folder.is_relative_to(settings.BASE_DIR) or "site-packages" in folder.parts:
            continue
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(settings.BASE_DIR).with_suffix("").parts
            if {"tests", "migrations", "run"} & set(parts):
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.FunctionDef):
                    yield ".".join((*parts, node.name)), node


def _writes_behind_tokens(function: ast.FunctionDef) -> bool:
    names = {label.partition(".")[2] for label in BEHIND_TOKENS}
    for node in ast.walk(function):
        chain: ast.AST = node
        methods = set()
        while isinstance(chain, ast.Call | ast.Attribute):
            if isinstance(chain, ast.Attribute):
                methods.add(chain.attr)
                chain = chain.value
            else:
                chain = chain.func
        if isinstance(chain, ast.Name) and chain.id in names:
            wanted = WRITES | MAKES if chain.id in COUNTED_BY_ROW else WRITES
            if methods & wanted:
                return True
    return False


def _tells(function: ast.FunctionDef) -> bool:
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if name.lstrip("_") in TELLS:
                return True
    return False


def test_the_rows_behind_a_token_exist() -> None:
    assert {apps.get_model(label)._meta.label for label in BEHIND_TOKENS} == BEHIND_TOKENS


def test_whoever_writes_what_stands_behind_a_staff_token_says_so() -> None:
    writers = {name: _tells(function) for name, function in _functions() if _writes_behind_tokens(function)}
    assert {
        "loyalty.services.tokens.close_session",
        "loyalty.services.tokens._rotate",
        "loyalty.services.accounts.set_password",
        "loyalty.services.sessions.revoke_session",
        "partners.services.profile._change",
    } <= {name for name, tells in writers.items() if tells}
    assert {name for name, tells in writers.items() if not tells} == set(SILENT)
