"""A sale over HTTP against what the database alone can do, against a plain version, and against itself."""

from itertools import count
from random import Random

from django.db import connection

from benchmarks import floors, load, seed
from benchmarks.load import Load
from benchmarks.report import Result
from benchmarks.seed import Till
from benchmarks.stand import Stand, threads, workers

PATH = "/en/shop/transactions/create"
PLAIN_PATH = "/transactions"
SETTINGS = "16 clients, one partner's 1,000 cards"
_runs = count(1)
_random = Random(7)


def one(till: Till, customer: int, order: str, path: str = PATH) -> bytes:
    """The bytes of one sale."""
    cents = _random.randint(100, 20_000)
    body = b'{"order_id":"%b","user_id":%d,"order_total":%d.%02d,"shop_id":%d}' % (
        *(order.encode(), customer, cents // 100, cents % 100, till.shop_id),
    )
    return load.request("POST", path, till.headers, body)


def sell(stand: Stand, till: Till, *, seconds: float | None = None, plain: bool = False) -> Load:
    """16 clients on random cards of one partner."""
    run, path, address = next(_runs), PLAIN_PATH if plain else PATH, stand.plain if plain else stand.platform

    def make(n: int) -> bytes:
        return one(till, till.first_customer + _random.randrange(till.cards), f"R{run}-{n}", path)

    return load.drive(address, make, seconds=seconds or stand.seconds)


def floor(till: Till, script: str, seconds: float, protocol: str = "simple") -> float:
    return floors.pgbench(script, {**till.variables, "run": next(_runs), "n": 0}, seconds=seconds, protocol=protocol)


def measure(stand: Stand) -> list[Result]:
    """Measures 1 to 4, which share their load."""
    till = seed.till()
    has_floor = floors.find_program("pgbench") is not None
    has_statistics = start_counting()
    sell(stand, till, seconds=min(2.0, stand.seconds))
    sell(stand, till, seconds=min(2.0, stand.seconds), plain=True)
    against_floor = Result("sale_vs_one_statement", 0.25, 0.35, "higher")
    against_plain = Result("sale_vs_plain_drf_orm", 3, 4, "higher")
    tail = Result("sale_p95_vs_p50", 3, 2, "lower")
    statements = Result("sql_statements_per_award", 4, 2, "lower")
    rates: dict[str, list[float]] = {}
    tails = []

    def note(name: str, rate: float) -> float:
        rates.setdefault(name, []).append(rate)
        return rate

    for _ in range(stand.rounds):
        before = count_statements() if has_statistics else 0
        sold = sell(stand, till)
        ours = note("platform", sold.rate)
        if has_statistics:
            statements.rounds.append((count_statements() - before) / len(sold.latencies))
        tail.rounds.append(sold.quantile(0.95) / sold.quantile(0.5))
        tails.append([f"{sold.quantile(share) * 1000:.1f}" for share in (0.5, 0.95, 0.99)])
        if has_floor:
            against_floor.rounds.append(ours / note("one statement", floor(till, "one_statement", stand.seconds)))
            note("one statement, prepared", floor(till, "one_statement", stand.seconds, "prepared"))
            note("the function", floor(till, "function", stand.seconds))
        against_plain.rounds.append(ours / note("plain", sell(stand, till, plain=True).rate))

    said = ", ".join(name + " " + "/".join(f"{rate:.0f}" for rate in found) for name, found in rates.items())
    how = f"granian {workers()} workers x {threads()} threads, own epoll client in Python"
    if has_floor:
        against_floor.finish(f"a second, by round: {said}; {SETTINGS}; {how}; pgbench simple protocol unless said")
    else:
        against_floor.detail = "skipped: no pgbench found"
    against_plain.finish(f"benchmarks/plain: same rows, same key in the database, no limits; {SETTINGS}")
    tail.finish("p50/p95/p99 in ms by round: " + ", ".join("/".join(one) for one in tails))
    if has_statistics:
        statements.finish("pg_stat_statements: all that the platform sent, set-up and checks of connections too")
    else:
        statements.detail = "skipped: this PostgreSQL has no pg_stat_statements"
    return [against_floor, against_plain, tail, statements]


def start_counting() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_stat_statements'")
        if cursor.fetchone() is None:
            return False
        cursor.execute("SHOW shared_preload_libraries")
        if "pg_stat_statements" not in cursor.fetchone()[0]:
            return False
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        return True


def count_statements() -> int:
    """Calls so far, without our own and without the foreign key checks that the server runs by itself."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements "
            "WHERE query NOT LIKE '%pg_stat_%' AND query NOT LIKE '%FOR KEY SHARE OF x'"
        )
        return int(cursor.fetchone()[0])
