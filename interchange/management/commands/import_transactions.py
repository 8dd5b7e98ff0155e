"""`manage.py import_transactions`: a partner's file of sold goods into the ledger."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, IntegrityError
from django.utils import timezone

from interchange.management.progress import ProgressBar
from interchange.rules.profiles import FIELDS, PROFILES, Profile, ProfileError
from interchange.rules.summary import ImportSummary
from interchange.services.transaction_imports import ImportFile, import_transactions
from loyalty.errors import LoyaltyError
from loyalty.services.audit import SYSTEM


class Command(BaseCommand):
    help = "Imports sales and returns from a CSV file (.csv or .csv.gz), all of it or nothing; twice changes nothing."
    # They would read every address and view of the platform, which costs a second and says nothing about a file.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--partner", type=int, required=True, help="id of the partner whose sales these are")
        parser.add_argument("--profile", choices=sorted(PROFILES), help="a saved mapping of columns")
        parser.add_argument("--card", type=int, help="id of the card programme (else the one new customers get)")
        parser.add_argument("--rejects", type=Path, help="file for refused lines (else var/import/<name>.rejects.csv)")
        parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
        mapping = parser.add_argument_group("the file's own format, instead of or over a profile")
        mapping.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="FIELD=COLUMN",
            help=f"column of a field ({', '.join(FIELDS)}); once for each",
        )
        mapping.add_argument("--date-format", help="as Python's strptime takes it, for example %%d/%%m/%%Y %%H:%%M")
        mapping.add_argument("--delimiter", help="one character; a comma if not said")
        mapping.add_argument("--decimal-mark", help="one character; a point if not said")
        mapping.add_argument("--encoding", help="if neither UTF-8 nor Windows-1252")
        mapping.add_argument("--currency", help="of the amounts; must be the partner's")
        mapping.add_argument("--return-prefix", action="append", default=[], help="invoices that are returns")
        mapping.add_argument("--adjustment-prefix", action="append", default=[], help="invoices that are no sales")

    def handle(self, *args: Any, **options: Any) -> None:
        bar = ProgressBar(sys.stderr)
        try:
            summary = import_transactions(
                actor=SYSTEM,
                partner_id=options["partner"],
                source=self._source(options),
                at=timezone.now(),
                progress=bar,
            )
        except LoyaltyError as error:
            raise CommandError(error.message) from error
        except ProfileError as error:
            raise CommandError(str(error)) from error
        except IntegrityError as error:
            raise CommandError(
                f"Somebody wrote the same at the same time; nothing was imported. Run it again. ({error})"
            ) from error
        except DatabaseError as error:
            raise CommandError(f"The database stopped it; nothing was imported. ({error})") from error
        finally:
            bar.close()
        if options["json"]:
            self.stdout.write(json.dumps(summary.as_dict()))
        else:
            self._report(summary)

    def _source(self, options: dict[str, Any]) -> ImportFile:
        path: Path = options["file"]
        name = path.name.removesuffix(".gz").removesuffix(".csv")
        return ImportFile(
            path=path,
            profile=self._profile(options),
            rejects=options["rejects"] or settings.VAR_DIR / "import" / f"{name}.rejects.csv",
            card_id=options["card"],
            encoding=options["encoding"],
        )

    def _profile(self, options: dict[str, Any]) -> Profile:
        columns = {}
        for pair in options["map"]:
            name, equals, column = pair.partition("=")
            if not equals:
                raise CommandError(f"--map {pair}: write FIELD=COLUMN.")
            columns[name.strip()] = column.strip()
        return PROFILES.get(options["profile"] or "", Profile()).changed(
            columns=columns,
            date_format=options["date_format"],
            delimiter=options["delimiter"],
            decimal_mark=options["decimal_mark"],
            currency=options["currency"],
            return_prefixes=options["return_prefix"],
            adjustment_prefixes=options["adjustment_prefix"],
        )

    def _report(self, summary: ImportSummary) -> None:
        figures = summary.as_dict()
        sales, returns, points = figures["sales"], figures["returns"], figures["points"]
        refused = ", ".join(f"{count:,} {reason}" for reason, count in figures["rejected"].items())
        money = summary.currency
        rows = {
            "lines": f"{summary.lines:,} read, {summary.duplicate_lines:,} printed twice (kept)",
            "rejected": f"{refused} - see {summary.rejects_file}" if refused else "none",
            "customers": f"{summary.customers:,} new, shops {summary.shops:,} new",
            "sales": f"{sales['count']:,} of {sales['amount']:,.2f} {money}, with a customer "
            f"{sales['identified_count']:,} of {sales['identified_amount']:,.2f} {money}",
            "returns": f"{returns['count']:,} of {returns['amount']:,.2f} {money}",
            "points": f"{points['awarded']:,} awarded, {points['taken_back']:,} taken back, {points['bonus']:,} bonus, "
            f"{points['expired']:,} expired since",
            "there before": f"{summary.already_present:,} invoices",
            "time": f"{summary.seconds:.1f} s",
        }
        for name, text in rows.items():
            self.stdout.write(f"{name:<13} {text}")
