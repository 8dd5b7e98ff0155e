"""What the database refuses it does not quote in its log: rows hold addresses of people."""

import re

import pytest
import yaml
from django.conf import settings
from django.db import connection

from loyalty.run.postgres import SETTINGS

QUIET = {"log_error_verbosity": "terse", "log_min_error_statement": "panic"}


@pytest.mark.django_db
def test_our_own_server_quotes_neither_rows_nor_statements() -> None:
    assert QUIET.items() <= SETTINGS.items()
    with connection.cursor() as cursor:
        cursor.execute("SHOW listen_addresses")
        if cursor.fetchone()[0]:
            pytest.skip("this database is no server of ours")
        for name, value in QUIET.items():
            cursor.execute(f"SHOW {name}")
            assert cursor.fetchone() == (value,)


def test_neither_does_the_one_of_compose() -> None:
    text = (settings.BASE_DIR / "compose.yaml").read_text(encoding="utf-8")
    command = yaml.safe_load(text)["services"]["postgres"]["command"]
    assert {f"{name}={value}" for name, value in QUIET.items()} <= set(command)


def test_the_documentation_says_so() -> None:
    text = (settings.BASE_DIR / "docs" / "operations.md").read_text(encoding="utf-8")
    for name, value in QUIET.items():
        assert re.search(rf"`{name} = {value}`", text)
