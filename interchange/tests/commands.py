"""The import as somebody types it: a process of its own on the test database."""

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from loyalty.tests.workers import database_url
from partners.models import Partner

MANAGE = [sys.executable, str(settings.BASE_DIR / "manage.py")]


@dataclass
class Process:
    """One `manage.py` command: what it says, when, and how much memory it takes."""

    child: "subprocess.Popen[str]"
    said: list[str] = field(default_factory=list)
    most_memory: int = 0

    @classmethod
    def start(cls, *arguments: str, **env: str) -> "Process":
        child = subprocess.Popen(
            [*MANAGE, *arguments],
            env={**os.environ, "DATABASE_URL": database_url(), "REDIS_URL": settings.REDIS_URL, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        process = cls(child)
        process._listener = threading.Thread(target=process._listen)
        process._listener.start()
        return process

    _listener: threading.Thread = field(init=False)

    def _listen(self) -> None:
        assert self.child.stderr
        for text in self.child.stderr:
            self.said.append(text)

    def wait_for(self, text: str, seconds: float = 60) -> None:
        """Until it says this on standard error."""
        end = time.monotonic() + seconds
        while not any(text in one for one in self.said):
            assert self.child.poll() is None, "".join(self.said)
            assert time.monotonic() < end, "".join(self.said)
            time.sleep(0.005)

    def kill(self) -> None:
        """SIGKILL."""
        self.child.kill()
        self.child.communicate()
        self._listener.join()

    def finish(self, *, measured: bool = False) -> tuple[int, str]:
        """Exit code and standard output."""
        while measured and self.child.poll() is None:
            self._measure()
            time.sleep(0.02)
        assert self.child.stdout
        out = self.child.stdout.read()
        code = self.child.wait()
        self._listener.join()
        return code, out

    def _measure(self) -> None:
        try:
            status = Path(f"/proc/{self.child.pid}/status").read_text()
        except OSError:
            return
        for row in status.splitlines():
            if row.startswith("VmHWM:"):
                self.most_memory = max(self.most_memory, int(row.split()[1]) * 1024)


def import_file(partner: Partner, path: Path, *options: str) -> Process:
    """`import_transactions` of a file in the shape of the UCI one, refused lines beside it."""
    rejects = f"--rejects={path}.refused.csv"
    return Process.start(
        "import_transactions", f"--partner={partner.pk}", "--profile=uci-retail", rejects, *options, str(path)
    )


def answer(process: Process, **options: bool) -> dict[str, Any]:
    """The summary that a successful `--json` run prints, and prints alone."""
    code, out = process.finish(**options)
    assert code == 0, "".join(process.said)
    assert out.count("\n") == 1
    return json.loads(out)


def content(partner: Partner) -> dict[str, Any]:
    """Everything of a partner that an import writes, without ids, numbers and the time of the run."""
    found = {}
    with connection.cursor() as cursor:
        for name, sql in _CONTENT.items():
            cursor.execute(
                f"SELECT count(*), md5(coalesce(string_agg(r::text, '|' ORDER BY r::text), '')) FROM ({sql}) r",
                [partner.pk],
            )
            found[name] = cursor.fetchone()
    return found


_CONTENT = {
    "shops": "SELECT name FROM partners_shop WHERE partner_id = %s",
    "customers": "SELECT external_id, source, joined_at FROM customers_customer WHERE partner_id = %s",
    "cards": """
        SELECT c.external_id, i.issued_at, b.balance, b.debt, b.earned, b.redeemed, b.expired, b.next_expiry_at
        FROM cards_issuedcard i JOIN customers_customer c ON c.id = i.customer_id
        JOIN ledger_pointsbalance b ON b.issued_card_id = i.id WHERE i.partner_id = %s
    """,
    "transactions": """
        SELECT order_id, refund_id, type, amount, points_awarded, points_balance, points_debt, items_count, occurred_at,
               local_on, fingerprint, c.external_id
        FROM ledger_transaction t LEFT JOIN customers_customer c ON c.id = t.customer_id WHERE t.partner_id = %s
    """,
    "lines": """
        SELECT t.order_id, l.number, l.product_id, l.product_name, l.quantity, l.unit_price, l.total_price
        FROM ledger_transactionline l JOIN ledger_transaction t ON t.id = l.transaction_id WHERE l.partner_id = %s
    """,
    "entries": """
        SELECT c.external_id, e.kind, e.points, e.occurred_at, t.order_id FROM ledger_pointsentry e
        JOIN cards_issuedcard i ON i.id = e.issued_card_id JOIN customers_customer c ON c.id = i.customer_id
        LEFT JOIN ledger_transaction t ON t.id = e.transaction_id WHERE e.partner_id = %s
    """,
    "lots": """
        SELECT c.external_id, l.points, l.remaining, l.earned_at, l.expires_at FROM ledger_pointslot l
        JOIN cards_issuedcard i ON i.id = l.issued_card_id JOIN customers_customer c ON c.id = i.customer_id
        WHERE l.partner_id = %s
    """,
    "audit": "SELECT action FROM loyalty_auditevent WHERE partner_id = %s",
}
