"""Stamps and coupons at the till over HTTP: against pgbench writing the same rows, and against a bare Django view."""

import time
from datetime import timedelta
from decimal import Decimal
from itertools import count
from random import Random

from django.utils import timezone

from benchmarks import floors, load, seed
from benchmarks.report import Result
from benchmarks.seed import Till
from benchmarks.stand import Stand, threads, workers
from games.models import Coupon, Game, StampProgress
from games.rules.codes import new_codes
from games.rules.rewards import Reward
from games.services.batches import NewBatch, create_batch, make_codes
from loyalty.services.audit import SYSTEM
from partners.models import Partner

STAMPS = 10
CODES = 100_000
TEXT = {"en": "Ten coffees", "lt": "Dešimt kavų"}
_runs = count(1)
_random = Random(13)


def stamp_card(till: Till) -> Game:
    """A card of ten stamps, begun by every customer of a till."""
    now = timezone.now()
    game = Game.objects.create(
        partner_id=till.partner_id,
        game_type="stamps",
        name=TEXT,
        description=TEXT,
        reward_description=TEXT,
        reward_type="free_product",
        reward_product_name="Coffee",
        stamps_required=STAMPS,
    )
    StampProgress.objects.bulk_create(
        StampProgress(
            partner_id=till.partner_id,
            game=game,
            issued_card_id=till.first_card + number,
            current_step=number % STAMPS,
            started_at=now,
            updated_at=now,
        )
        for number in range(till.cards)
    )
    return game


def coupons(till: Till, many: int, *, holders: range) -> list[Coupon]:
    """So many coupons of these customers of the till (counted from its first), with ids in a row."""
    now, among = timezone.now(), len(holders)
    made = Coupon.objects.bulk_create(
        [
            Coupon(
                partner_id=till.partner_id,
                code=code,
                title=TEXT,
                customer_id=till.first_customer + holders[number % among],
                issued_card_id=till.first_card + holders[number % among],
                reward_type="percentage",
                reward_value=Decimal(10),
                issued_at=now,
                expires_at=now + timedelta(days=30),
            )
            for number, code in enumerate(new_codes(many))
        ],
        batch_size=5_000,
    )
    assert made[-1].pk - made[0].pk == many - 1
    return made


def stamp(stand: Stand, till: Till, game: Game, seconds: float) -> load.Load:
    """16 clients on random cards; each call differs, so that none is taken for another's repeat."""
    run, path = next(_runs), f"/en/shop/games/{game.pk}/add-stamps"

    def make(n: int) -> bytes:
        card = till.first_card + _random.randrange(till.cards)
        body = b'{"card_id":%d,"shop_id":%d,"note":"%d-%d"}' % (card, till.shop_id, run, n)
        return load.request("POST", path, till.headers, body)

    return load.drive(stand.platform, make, seconds=seconds)


def redeem(stand: Stand, till: Till, first: int, many: int) -> load.Load:
    """16 clients use the coupons from `first` on, each once."""

    def make(n: int) -> bytes:
        body = b'{"coupon_id":%d,"shop_id":%d}' % (first + n, till.shop_id)
        return load.request("POST", "/en/shop/coupons/redeem", till.headers, body)

    return load.drive(stand.platform, make, count=many)


def verify(stand: Stand, till: Till, codes: list[str]) -> load.Load:
    """16 clients scan coupons."""

    def make(_n: int) -> bytes:
        body = b'{"code":"%b","shop_id":%d}' % (_random.choice(codes).encode(), till.shop_id)
        return load.request("POST", "/en/shop/coupons/verify", till.headers, body)

    return load.drive(stand.platform, make, seconds=stand.seconds)


def bare(stand: Stand) -> load.Load:
    return load.drive(stand.plain, lambda _n: load.request("GET", "/bare", {}), seconds=stand.seconds)


def measure(stand: Stand) -> list[Result]:
    """Stamps, uses, looks, and codes by the thousand."""
    till, many = seed.till(), round(stand.seconds * 300)
    games = [stamp_card(till) for _ in range(2)]
    # Who is looked at holds ten coupons, as customers do, and not the thousands that are used up beside.
    users, looked_at = range(till.cards - 100), range(till.cards - 100, till.cards)
    ours = coupons(till, many * (stand.rounds + 1), holders=users)
    theirs = coupons(till, 60_000, holders=users)
    codes = [coupon.code for coupon in coupons(till, 1_000, holders=looked_at)]
    seed.settle()
    stamps = Result("add_stamps_vs_one_statement", 0.25, 0.35, "higher")
    uses = Result("coupon_redeem_vs_one_statement", 0.25, 0.35, "higher")
    looks = Result("bare_view_vs_coupon_verify", 3, 2, "lower")
    made = Result("codes_100k_seconds", 20, 10, "lower")
    said: dict[str, list[str]] = {"stamps": [], "uses": [], "looks": []}
    has_floor = floors.find_program("pgbench") is not None
    for warm in (stamp(stand, till, games[0], 1), redeem(stand, till, ours[0].pk, many), verify(stand, till, codes)):
        assert warm.latencies
    for number in range(1, stand.rounds + 1):
        stamped = stamp(stand, till, games[0], stand.seconds).rate
        used = redeem(stand, till, ours[0].pk + number * many, many).rate
        if has_floor:
            values = {**till.variables, "run": next(_runs), "n": 0}
            stamp_floor = floors.pgbench(
                "stamp", {**values, "game": games[1].pk, "required": STAMPS}, seconds=stand.seconds
            )
            use_floor = floors.pgbench(
                "redeem", {**values, "first": theirs[0].pk, "coupons": len(theirs)}, seconds=stand.seconds
            )
            stamps.rounds.append(stamped / stamp_floor)
            uses.rounds.append(used / use_floor)
            said["stamps"].append(f"{stamped:.0f} of {stamp_floor:.0f}")
            said["uses"].append(f"{used:.0f} of {use_floor:.0f}")
        plain, looked = bare(stand).rate, verify(stand, till, codes).rate
        looks.rounds.append(plain / looked)
        said["looks"].append(f"{plain:.0f}/{looked:.0f}")
        made.rounds.append(_make_codes(till))
    how = f"granian {workers()} workers x {threads()} threads, 16 clients; pgbench simple protocol"
    for result, name in ((stamps, "stamps"), (uses, "uses")):
        if has_floor:
            result.finish(f"a second, by round: {', '.join(said[name])}; {how}")
        else:
            result.detail = "skipped: no pgbench found"
    looks.finish(f"a second, bare view/verify, by round: {', '.join(said['looks'])}; {how}")
    made.finish(f"seconds for {CODES} codes by COPY, all indexes kept, in parts of 10,000")
    return [stamps, uses, looks, made]


def _make_codes(till: Till) -> float:
    partner, now = Partner.objects.get(pk=till.partner_id), timezone.now()
    new = NewBatch("Benchmark", CODES, Reward("percentage", Decimal(10)))
    batch = create_batch(actor=SYSTEM, partner=partner, new=new, reach=None, at=now, is_job_started=False)
    begun = time.perf_counter()
    make_codes(batch_id=batch.pk, at=now)
    return time.perf_counter() - begun
