"""`GET /admin/partners/stats` over a million rolled-up sales against what was promised; and rolling them up."""

import os
import time

from django.db import connection
from django.utils import timezone

from analytics.services.rolling import rebuild_partner
from benchmarks import load, seed
from benchmarks.report import Result
from benchmarks.stand import Stand
from benchmarks.statistics_seed import a_year_until, platform
from loyalty.models import User
from loyalty.services.tokens import ADMIN_REALM, open_session
from partners.models import Partner

PROMISED = 50.0
PATH = "/en/admin/partners/stats?{query}"
_BARE = """
CREATE TEMPORARY TABLE bare AS
SELECT partner_id, local_on, shop_id, currency, count(*), sum(amount) FROM ledger_transaction
WHERE partner_id = %s GROUP BY 1, 2, 3, 4
"""


def measure(stand: Stand) -> list[Result]:
    """The answer, one caller after another, as a ratio to the 50 ms that it may take; the roll-up to bare SQL.

    Periods of each length, and of the usual one each filter: none may stand out.
    """
    count = int(os.environ.get("BENCH_SALES") or (100_000 if stand.is_quick else 1_000_000))
    made = platform(count)
    rolled = _rolled(made.chain)
    # The others, and what earlier measures sold; in earnest the schedule does it.
    for other in Partner.objects.exclude(pk=made.chain):
        rebuild_partner(partner=other, at=timezone.now())
    seed.settle()
    asked = {
        **{f"stats_{name}": f"period={name}" for name in ("today", "last_30_days", "last_90_days", "this_year")},
        "stats_365_days": a_year_until(timezone.now().date()),
        **{
            f"stats_by_{word.partition(':')[0]}": f"filter={word}"
            for word in (
                f"network:{made.network}",
                "franchise_network",
                "tier:benchmark",
                "status:active",
                "country:LT",
            )
        },
    }
    return [rolled, *(_promised(stand, name, query, count) for name, query in asked.items())]


def _rolled(partner_id: int) -> Result:
    result = Result("rollup_vs_sql", 0.01, 0.05, "higher")
    partner = Partner.objects.get(pk=partner_id)
    begun = time.perf_counter()
    done = rebuild_partner(partner=partner, at=timezone.now())
    took = time.perf_counter() - begun
    with connection.cursor() as cursor:
        begun = time.perf_counter()
        cursor.execute(_BARE, [partner_id])
        bare = time.perf_counter() - begun
        cursor.execute("DROP TABLE bare")
    result.rounds.append(bare / took)
    return result.finish(f"{done.sales if done else 0:,} sales in {took:.1f} s; one GROUP BY {bare:.1f} s")


def _token(name: str) -> str:
    """Of somebody else for each measure: one administrator has 500 calls a minute."""
    user = User.objects.create_user(
        email=f"{name}@example.test", password=seed.PASSWORD, name="Staff", is_staff=True, is_superuser=True
    )
    return open_session(user=user, realm=ADMIN_REALM, partner_id=None, at=timezone.now()).access


def _promised(stand: Stand, name: str, query: str, count: int) -> Result:
    result = Result(name, 1, 0.6, "lower")
    sent = load.request("GET", PATH.format(query=query), {"Authorization": f"Bearer {_token(name)}"})
    bare, said = load.request("GET", "/bare", {}), []
    # Every thread of the server has a connection of its own, which learns the statement first.
    load.drive(stand.platform, lambda _n: sent, count=40, clients=8)
    for _ in range(stand.rounds):
        floor, ours = (
            load.drive(address, lambda _n, body=body: body, count=40, clients=1).quantile(0.5) * 1000
            for address, body in ((stand.plain, bare), (stand.platform, sent))
        )
        result.rounds.append(ours / PROMISED)
        said.append(f"{floor:.2f}/{ours:.1f}")
    return result.finish(f"milliseconds by round, bare view/ours: {', '.join(said)}; {count:,} sales, one caller")
