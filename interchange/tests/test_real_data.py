"""Half a million real invoice lines, counted a second time here with nothing but csv and Decimal."""

import csv
import gzip
from collections import Counter, defaultdict
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db.models import F, Sum

from interchange.tests.commands import answer, import_file
from interchange.tests.files import Importer
from ledger.models import PointsBalance, Transaction, TransactionLine
from ledger.tests.factories import assert_sound

FILE = settings.BASE_DIR.parent / "shared" / "data" / "retail.csv.gz"
MOST_MEMORY = 300 * 1024 * 1024


def counted_by_hand() -> dict[str, Any]:
    """What the file says, straight from its lines: one point per whole pound of an invoice."""
    lines, rejected = 0, 0
    totals: dict[str, Decimal] = defaultdict(Decimal)
    buyers: dict[str, str] = {}
    equal: Counter[tuple[str, ...]] = Counter()
    with gzip.open(FILE, "rt", newline="") as text:
        for row in csv.DictReader(text):
            lines += 1
            invoice, quantity, price = row["InvoiceNo"], Decimal(row["Quantity"]), Decimal(row["UnitPrice"])
            if invoice.startswith("A") or price <= 0 or (quantity <= 0 and not invoice.startswith("C")):
                rejected += 1
                continue
            totals[invoice] += abs(quantity * price).quantize(Decimal("0.01"), ROUND_HALF_UP)
            buyers[invoice] = row["CustomerID"]
            equal[tuple(row.values())] += 1
    sales = {name: total for name, total in totals.items() if not name.startswith("C")}
    returns = {name: total for name, total in totals.items() if name.startswith("C")}
    known = {name: total for name, total in sales.items() if buyers[name]}
    return {
        "lines": lines,
        "rejected": rejected,
        "duplicate_lines": sum(times - 1 for times in equal.values()),
        "customers": len(set(buyers.values()) - {""}),
        "sales": {
            "count": len(sales),
            "amount": float(sum(sales.values())),
            "identified_count": len(known),
            "identified_amount": float(sum(known.values())),
        },
        "returns": {"count": len(returns), "amount": float(sum(returns.values()))},
        "points": {
            "awarded": sum(int(total) for total in known.values()),
            "taken_back": sum(int(total) for name, total in returns.items() if buyers[name]),
            "bonus": 0,
            "expired": 0,
        },
    }


@pytest.mark.real_data
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(not FILE.exists(), reason=f"the shared data set is not here ({FILE})")
def test_a_year_of_real_sales_agrees_with_the_file_to_the_cent_and_a_second_run_adds_nothing(tmp_path: Path) -> None:
    importer = Importer.new(tmp_path)
    file = tmp_path / FILE.name
    file.symlink_to(FILE)
    process = import_file(importer.partner, file, "--json")
    summary = answer(process, measured=True)
    assert process.most_memory < MOST_MEMORY
    expected = counted_by_hand()
    assert sum(summary["rejected"].values()) == expected.pop("rejected")
    assert {name: summary[name] for name in expected} == expected
    # The figures that everybody who has used this data set knows.
    assert (summary["lines"], summary["sales"]["identified_amount"]) == (541_909, 8_911_407.90)
    assert TransactionLine.objects.count() == 541_909 - sum(summary["rejected"].values())
    assert Transaction.objects.count() == summary["sales"]["count"] + summary["returns"]["count"]
    held = PointsBalance.objects.aggregate(points=Sum(F("balance") - F("debt")))["points"]
    assert held == summary["points"]["awarded"] - summary["points"]["taken_back"]
    assert_sound()
    again = answer(import_file(importer.partner, file, "--json"))
    assert (again["sales"]["count"], again["returns"]["count"], again["customers"]) == (0, 0, 0)
    assert again["already_present"] == Transaction.objects.count()
