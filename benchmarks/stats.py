"""`GET /admin/partners/stats` over a million rolled-up sales against a view that does nothing; and rolling them up."""

import json
import time
import urllib.request

from django.db import connection
from django.utils import timezone

from analytics.services.rolling import rebuild_partner
from benchmarks import load, seed
from benchmarks.report import Result
from benchmarks.stand import Stand
from loyalty.models import User
from partners.models import Partner

PATH = "/en/admin/partners/stats?period={period}"
PERIODS = ("last_30_days", "this_year")
EMAIL = "stats@example.test"
_BARE = """
CREATE TEMPORARY TABLE bare AS
SELECT partner_id, local_on, shop_id, currency, count(*), sum(amount) FROM ledger_transaction
WHERE partner_id = %s GROUP BY 1, 2, 3, 4
"""


def measure(stand: Stand) -> list[Result]:
    """The answer in milliseconds, one caller after another, as a ratio to the bare view; the roll-up to bare SQL."""
    count = 100_000 if stand.is_quick else 1_000_000
    till = seed.million(count)
    rolled = _rolled(till.partner_id)
    # What earlier measures sold; in earnest the schedule does it.
    for other in Partner.objects.exclude(pk=till.partner_id):
        rebuild_partner(partner=other, at=timezone.now())
    User.objects.create_user(email=EMAIL, password=seed.PASSWORD, name="Staff", is_staff=True, is_superuser=True)
    seed.settle()
    token = _token(stand)
    return [rolled, *(_against_bare(stand, period, token, count) for period in PERIODS)]


def _rolled(partner_id: int) -> Result:
    result = Result("rollup_vs_sql", 0.02, 0.05, "higher")
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


def _token(stand: Stand) -> str:
    host, port = stand.platform
    body = json.dumps({"email": EMAIL, "password": seed.PASSWORD}).encode()
    ask = urllib.request.Request(f"http://{host}:{port}/en/admin/login", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(ask, timeout=30) as answer:
        return json.load(answer)["data"]["access_token"]


def _against_bare(stand: Stand, period: str, token: str, count: int) -> Result:
    result = Result(f"stats_{period}", 60, 30, "lower")
    headers = {"Authorization": f"Bearer {token}"}
    sent, bare = load.request("GET", PATH.format(period=period), headers), load.request("GET", "/bare", {})

    def each(address: tuple[str, int], body: bytes) -> float:
        """Milliseconds of one call, alone."""
        done = load.drive(address, lambda _n: body, count=40, clients=1)
        return 1000 / done.rate

    each(stand.platform, sent)
    said = []
    for _ in range(stand.rounds):
        floor, ours = each(stand.plain, bare), each(stand.platform, sent)
        result.rounds.append(ours / floor)
        said.append(f"{floor:.2f}/{ours:.1f}")
    return result.finish(f"milliseconds by round, bare view/ours: {', '.join(said)}; {count:,} sales, one caller")
