"""The largest that is done at once, for real: a bank file of a thousand payouts, rates tried on 200,000 sales."""

import random
import time
from collections.abc import Callable
from decimal import Decimal
from io import StringIO
from typing import Any
from unittest.mock import patch

import pytest
from django.core.management import call_command
from django.db import connection

from commissions.models import Payout, PayoutRunItem
from commissions.rules.sepa import SCHEMAS
from commissions.services.payout_runs import MOST_PAYMENTS, NewRun, create_run, mark_run_paid
from commissions.services.simulation import MOST_SOURCES
from commissions.tests.callers import address, admin_caller
from commissions.tests.factories import RateFactory
from commissions.tests.months import NOW, Books
from commissions.tests.payables import payable, with_bank
from commissions.tests.test_bank_files import bank_reads
from loyalty.services.audit import SYSTEM

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
REFUNDS = 20_000
_COPIES = """
INSERT INTO ledger_transaction SELECT copy.* FROM ledger_transaction t, generate_series(%(first)s, %(last)s) AS n,
LATERAL jsonb_populate_record(t, jsonb_build_object(
    'id', %(ids)s + n + CASE WHEN t.type = 'refund' THEN %(sources)s ELSE 0 END,
    'order_id', 'N' || n, 'original_id', CASE WHEN t.type = 'refund' THEN %(ids)s + n END
)) AS copy
WHERE t.id = ANY(%(of)s) ORDER BY copy.id
"""


def timed(name: str, call: Callable[[], Any]) -> Any:
    """What the call answers; how long it took is told to whoever looks (`pytest -s`)."""
    begun = time.perf_counter()
    try:
        return call()
    finally:
        print(f"\n{name}: {time.perf_counter() - begun:.2f} s")  # noqa: T201 - for people


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_bank_file_of_a_thousand_payouts_says_what_they_come_to(settings: Any, schema: str) -> None:
    settings.PAYMENTS = {**settings.PAYMENTS, "HOLDER": "Loyalty UAB", "IBAN": "LT601010012345678901"}
    chance, asked = random.Random(53), []
    for _number in range(MOST_PAYMENTS + 1):
        asked.append(Decimal(chance.randrange(1, 10_000_000)) / 100)
        with_bank(payable(f"-{asked[-1]}").partner)
    new = NewRun(schema=schema)
    run = timed("a file of 1,000", lambda: create_run(actor=SYSTEM, data=new, at=NOW))
    told = bank_reads(run.file, schema)
    (block,) = told["PmtInf"]
    payments = [(one["PmtId"]["EndToEndId"], one["Amt"]["InstdAmt"]["$"]) for one in block["CdtTrfTxInf"]]
    rows = PayoutRunItem.objects.filter(run=run).values_list("payout__number", "amount")
    assert sorted(payments) == sorted(rows)
    whole = sum((amount for _number, amount in payments), Decimal(0))
    for part in (told["GrpHdr"], block):
        assert (part["NbOfTxs"], part["CtrlSum"]) == ("1000", whole)
    assert (run.count, run.total) == (1000, whole)
    rest = create_run(actor=SYSTEM, data=new, at=NOW)
    assert (rest.count, run.total + rest.total) == (1, sum(asked))
    timed("marking it as paid", lambda: mark_run_paid(actor=SYSTEM, run=run, at=NOW))
    assert Payout.objects.filter(status="paid").count() == MOST_PAYMENTS
    out = StringIO()
    with pytest.raises(SystemExit):  # months that were made up have lines nowhere; the payouts are what is proved
        timed("proving them", lambda: call_command("verify_commissions", stdout=out))
    for name in ("payouts", "bank_files", "payout_numbers"):
        assert f"ok     {name}: " in out.getvalue()


@pytest.mark.usefixtures("feed_sees_all")
def test_rates_are_tried_on_as_many_sales_as_are_computed_at_once() -> None:
    books = Books()
    RateFactory(partner=books.partner, percent=Decimal("4.5"))
    plain, refunded = books.sell("PLAIN", "10.00", "2026-07-10T09:00"), books.sell("BACK", "10.00", "2026-07-10T09:00")
    back = books.refund("BACK", "4.00", "2026-07-11T09:00")
    refunded.refresh_from_db()
    sales = MOST_SOURCES - REFUNDS
    ids = {"ids": back.pk + 1_000, "sources": MOST_SOURCES}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        # The three that were sold are some of them.
        cursor.execute(_COPIES, {**ids, "first": 1, "last": REFUNDS - 1, "of": [refunded.pk, back.pk]})
        cursor.execute(_COPIES, {**ids, "first": REFUNDS, "last": sales - 2, "of": [plain.pk]})
        cursor.execute("ANALYZE ledger_transaction")
    timed("following them", books.accrue)
    admin, path = admin_caller(), address(books.partner, "rates/simulate")
    body = {"rates": [{"component": "platform", "percent": 5}]}
    with patch("loyalty.api.base.timezone.now", return_value=NOW):
        found = timed("trying rates on 200,000", lambda: admin.post(path, body, 200))["data"]
        assert (found["sales"], found["refunds"]) == (sales, REFUNDS)
        expected = (sales * 0.45 - REFUNDS * 0.18, sales * 0.50 - REFUNDS * 0.20)
        assert (found["now"], found["then"]) == pytest.approx(expected, abs=1e-6)
        books.sell("ONE MORE", "10.00", "2026-07-12T09:00")
        assert list(admin.post(path, body, 422)["errors"]) == ["days"]
