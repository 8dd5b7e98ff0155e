"""A spin of a wheel with stock over HTTP against pgbench writing the same rows in one statement."""

import json
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from django.utils import timezone

from benchmarks import floors, load, seed
from benchmarks.load import Load
from benchmarks.report import Result
from benchmarks.sales import count_statements, start_counting
from benchmarks.seed import Till
from benchmarks.stand import Stand, threads, workers
from games.models import Game, Play, Prize
from games.rules.draws import hash_of_seed, new_seed

PRIZES = 8
STOCK = 1_000_000_000
TEXT = {"en": "A wheel", "lt": "Ratas"}
_runs = count(1)


@dataclass(frozen=True)
class Wheel:
    """One wheel with stocked prizes, and an open play of it on each card of a till."""

    till: Till
    game_id: int
    first_prize: int
    first_play: int
    keys: tuple[str, ...]

    @property
    def path(self) -> str:
        return f"/en/shop/games/{self.game_id}/spin-wheel"


def wheel(till: Till) -> Wheel:
    """A wheel as `POST …/start` leaves it, made straight in the tables."""
    now = timezone.now()
    texts = {"name": TEXT, "description": TEXT, "reward_description": TEXT}
    game = Game.objects.create(partner_id=till.partner_id, game_type="wheel", **texts)
    prizes = Prize.objects.bulk_create(
        Prize(
            game=game,
            partner_id=till.partner_id,
            position=number,
            name=TEXT,
            weight=10,
            stock=STOCK,
            reward_type="percentage",
            reward_value=10,
        )
        for number in range(PRIZES)
    )
    odds = [{"key": str(prize.pk), "name": TEXT, "weight": 10} for prize in prizes]
    plays = Play.objects.bulk_create(
        [_play(till, game, number, odds, now) for number in range(till.cards)], batch_size=5_000
    )
    assert plays[-1].pk - plays[0].pk == till.cards - 1
    return Wheel(till, game.pk, prizes[0].pk, plays[0].pk, tuple(str(play.session_key) for play in plays))


def _play(till: Till, game: Game, number: int, odds: list[dict[str, object]], now: datetime) -> Play:
    server_seed = new_seed()
    return Play(
        session_key=uuid.uuid4(),
        partner_id=till.partner_id,
        game=game,
        customer_id=till.first_customer + number,
        issued_card_id=till.first_card + number,
        server_seed=server_seed,
        seed_hash=hash_of_seed(server_seed),
        odds=odds,
        local_on=now.date(),
        started_at=now,
        expires_at=now + timedelta(days=1),
    )


def spin(stand: Stand, turned: Wheel, first: int, many: int) -> Load:
    """16 clients spin the plays from `first` on, each once."""

    def make(n: int) -> bytes:
        body = json.dumps({"session_key": turned.keys[first + n], "client_seed": "benchmark"}).encode()
        return load.request("POST", turned.path, turned.till.headers, body)

    return load.drive(stand.platform, make, count=many)


def floor(turned: Wheel, seconds: float) -> float:
    """The same rows by pgbench. It may write a play twice: there are fewer plays than it can write."""
    values = {
        "partner": turned.till.partner_id,
        "game": turned.game_id,
        "first_play": turned.first_play,
        "plays": turned.till.cards,
        "first_prize": turned.first_prize,
        "prizes": PRIZES,
    }
    return floors.pgbench("draw", {**values, "run": next(_runs), "n": 0}, seconds=seconds)


def measure(stand: Stand) -> list[Result]:
    """A spin that wins a coupon, 16 clients at once on 8 prizes with stock."""
    many = round(stand.seconds * 300)
    till = seed.tills(["A wheel"], cards=many * (stand.rounds + 1))[0]
    ours, theirs = wheel(till), wheel(till)
    seed.settle()
    has_floor = floors.find_program("pgbench") is not None
    has_statistics = start_counting()
    against_floor = Result("wheel_spin_vs_one_statement", 0.20, 0.30, "higher")
    sql = Result("sql_statements_per_spin", 4, 2.5, "lower")
    rates: list[str] = []
    spin(stand, ours, 0, many)
    for number in range(1, stand.rounds + 1):
        before = count_statements() if has_statistics else 0
        spun = spin(stand, ours, number * many, many)
        if has_statistics:
            sql.rounds.append((count_statements() - before) / many)
        if has_floor:
            one = floor(theirs, stand.seconds)
            against_floor.rounds.append(spun.rate / one)
            shown = "/".join(f"{spun.quantile(share) * 1000:.1f}" for share in (0.5, 0.95))
            rates.append(f"{spun.rate:.0f} of {one:.0f} (p50/p95 {shown} ms)")
    how = f"granian {workers()} workers x {threads()} threads; 16 clients, {PRIZES} prizes with stock"
    if has_floor:
        against_floor.finish(f"a second, by round: {', '.join(rates)}; {how}; pgbench simple protocol")
    else:
        against_floor.detail = "skipped: no pgbench found"
    if has_statistics:
        sql.finish("pg_stat_statements: all that the platform sent for a spin, BEGIN and COMMIT too")
    else:
        sql.detail = "skipped: this PostgreSQL has no pg_stat_statements"
    return [against_floor, sql]
