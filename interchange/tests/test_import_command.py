"""`manage.py import_transactions`: what it prints, what it refuses, and what is left when it is killed."""

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from interchange.management.progress import ProgressBar
from interchange.tests.commands import answer, content, import_file
from interchange.tests.files import Importer, line
from ledger.models import Transaction
from ledger.tests.factories import assert_sound
from partners.models import Shop

MANY = 10_000


@pytest.fixture
def importer(tmp_path: Path) -> Importer:
    return Importer.new(tmp_path, points_expiration_days=3650)


def year(orders: int) -> Iterator[str]:
    """So many invoices of two lines, every tenth a return, every seventh anonymous, of 500 customers in 5 shops."""
    for number in range(orders):
        name = f"C{number}" if number % 10 == 3 else str(number)
        sign = "-" if name.startswith("C") else ""
        customer = "" if number % 7 == 0 else str(1 + number % 500)
        date = f"2025-{1 + number % 12:02}-{1 + number % 28:02} {8 + number % 12:02}:{number % 60:02}:00"
        for product in ("A1", "B2"):
            price = f"{1 + number % 40}.{number % 100:02}"
            yield line(
                name, price, f"{sign}{1 + number % 5}", date, customer, product=product, shop=f"Shop {number % 5}"
            )


@pytest.mark.django_db
def test_the_command_takes_a_mapping_of_its_own_and_says_what_came_of_it(importer: Importer) -> None:
    path = importer.write("5;1,50;2;01.02.2026 10:00;Anna", heading="Nr;Each;Pieces;When;Buyer", name="till.csv")
    out = StringIO()
    mapping = ("invoice=Nr", "price=Each", "quantity=Pieces", "date=When", "customer=Buyer")
    call_command(
        "import_transactions",
        *(f"--partner={importer.partner.pk}", f"--rejects={importer.rejects}", str(path)),
        *(f"--map={one}" for one in mapping),
        *("--date-format=%d.%m.%Y %H:%M", "--delimiter=;", "--decimal-mark=,", "--currency=eur"),
        stdout=out,
        stderr=StringIO(),
    )
    assert "sales         1 of 3.00 EUR, with a customer 1 of 3.00 EUR" in out.getvalue()
    assert "points        3 awarded, 0 taken back" in out.getvalue()
    assert importer.balance("Anna") == (3, 0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "No column is named for: invoice, date, quantity, price."),
        (("--map=price",), "--map price: write FIELD=COLUMN."),
        (("--profile=uci-retail", "--map=colour=C"), "No such field: colour."),
        (("--profile=uci-retail", "--map=shop=Town"), "The file has no column Town; it has: InvoiceNo"),
        (("--profile=uci-retail", "--currency=GBP"), "its amounts are in GBP, this partner sells in EUR."),
        (("--profile=uci-retail", "--card=999999"), "not"),
    ],
)
def test_the_command_says_what_is_wrong_with_a_call(importer: Importer, options: tuple[str, ...], message: str) -> None:
    path = importer.write(line("1"))
    with pytest.raises(CommandError, match=message):
        call_command("import_transactions", f"--partner={importer.partner.pk}", str(path), *options)
    assert not Transaction.objects.exists()


@pytest.mark.django_db
def test_the_command_says_that_a_partner_is_unknown(importer: Importer) -> None:
    with pytest.raises(CommandError, match="There is no such partner"):
        call_command("import_transactions", "--partner=999999", "--profile=uci-retail", str(importer.write()))


@pytest.mark.django_db
def test_refused_lines_go_to_a_file_of_the_same_name_unless_said_otherwise(importer: Importer, settings) -> None:
    settings.VAR_DIR = importer.folder / "var"
    out = StringIO()
    path = importer.write(line("1", "0"), name="week.csv.gz")
    call_command(
        "import_transactions",
        f"--partner={importer.partner.pk}",
        "--profile=uci-retail",
        "--json",
        str(path),
        stdout=out,
    )
    expected = importer.folder / "var" / "import" / "week.rejects.csv"
    assert json.loads(out.getvalue())["rejects_file"] == str(expected)
    assert expected.read_text().splitlines()[1].startswith("2,price,1,A1,")


def test_progress_shows_rate_and_time_left() -> None:
    out = StringIO()
    moments = iter((0.0, 2.0, 4.0, 4.0, 6.0))
    bar = ProgressBar(out, lambda: next(moments))
    bar("reading", 0.5, 1_000)
    bar("points", 0.0, 0)
    bar("writing", 0.0, 0)
    bar("writing", 1.0, 3_000)
    assert out.getvalue().splitlines() == [
        "reading  [######..................]  25%      1,000 lines        500/s    6 s left",
        "points   [############............]  50%      1,000 lines                 4 s left",
        "writing  [################........]  65%      1,000 lines                 2 s left",
        "writing  [########################] 100%      3,000 lines      1,500/s    0 s left",
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("moment", ["reading", "points", "writing"])
def test_a_killed_import_leaves_nothing_and_runs_again_to_the_same_end(tmp_path: Path, moment: str) -> None:
    killed, straight = Importer.new(tmp_path), Importer.new(tmp_path)
    path = killed.write(*year(MANY))
    process = import_file(killed.partner, path)
    process.wait_for(moment)
    process.kill()
    assert not Transaction.objects.exists()
    assert not Shop.objects.exists()
    again = killed.take_file(path)
    assert again == straight.take_file(path)
    assert again["lines"] == 2 * MANY
    assert content(killed.partner) == content(straight.partner)
    assert_sound()


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_count_every_invoice_once(importer: Importer) -> None:
    path = importer.write(*year(2_000))
    other = importer.write(*year(3_000), name="longer.csv")
    processes = [import_file(importer.partner, file, "--json") for file in (path, other, path)]
    summaries = [answer(process) for process in processes]
    assert sum(one["sales"]["count"] + one["returns"]["count"] for one in summaries) == 3_000
    assert sum(one["already_present"] for one in summaries) == 4_000
    assert Transaction.objects.count() == 3_000
    assert_sound()
