"""All measures in order, on a fresh database."""

import argparse
import sys
import time
from collections.abc import Callable

from django.conf import settings
from django.core.management import call_command

from benchmarks import cards, commission, draws, followed, imports, pages, report, sales, sms, stats, tills
from benchmarks.report import Result
from benchmarks.stand import Stand, servers
from partners.models import Partner

MEASURES: dict[str, Callable[[Stand], list[Result]]] = {
    "sales": sales.measure,
    "followed": followed.measure,
    "history": cards.long_history,
    "partners": cards.one_partner,
    "draws": draws.measure,
    "tills": tills.measure,
    "pages": pages.measure,
    "commission": commission.measure,
    "stats": stats.measure,
    "sms": sms.measure,
    "import": imports.measure,
}


def run() -> int:
    given = _arguments()
    print("making the tables", flush=True)
    call_command("migrate", verbosity=0)
    if Partner.objects.exists():
        print("DATABASE_URL names a database with partners in it; the benchmark needs an empty one.", file=sys.stderr)
        return 2
    seconds = given.seconds or (2.0 if given.quick else 6.0)
    rounds = given.rounds or (1 if given.quick else 3)
    begun, path, results = time.monotonic(), settings.VAR_DIR / "bench.json", []
    with servers(seconds=seconds, rounds=rounds, is_quick=given.quick, logs=settings.VAR_DIR / "log") as stand:
        for name in [name for name in MEASURES if not given.only or name in given.only]:
            print(f"{time.monotonic() - begun:4.0f} s  {name}", flush=True)
            results += MEASURES[name](stand)
            report.write(results, path)
    print(f"\n{report.machine()}; {rounds} interleaved round(s), medians\n{report.table(results)}")
    print(f"\nwritten to {path}; {time.monotonic() - begun:.0f} s")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Speed as ratios.")
    parser.add_argument("--quick", action="store_true", help="one short round of each")
    parser.add_argument("--only", choices=MEASURES, action="append", help="only this group (may be given again)")
    parser.add_argument("--rounds", type=int, help="how often (default 3, with --quick 1)")
    parser.add_argument("--seconds", type=float, help="seconds of each load (default 6, with --quick 2)")
    return parser.parse_args()
