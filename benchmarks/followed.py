"""What it costs a sale that a partner's own system hears of its points: the same sale with and without an endpoint."""

from itertools import count
from random import Random

from django.utils import timezone

from benchmarks import load, sales, seed
from benchmarks.load import Load
from benchmarks.report import Result
from benchmarks.seed import Till
from benchmarks.stand import Stand
from loyalty.services.sealing import seal
from messaging.models import WebhookEndpoint
from messaging.rules.webhook_signing import new_secret

_runs = count(1)
_random = Random(11)


def measure(stand: Stand) -> list[Result]:
    """Two partners alike; one of them listens. Nobody relays meanwhile: that is another process's work."""
    quiet, heard = seed.tills(["Quiet", "Heard"], cards=seed.CARDS)
    _listen(heard)
    has_statistics = sales.start_counting()
    result = Result("followed_sale_vs_unfollowed", 1.3, 1.15, "lower")
    said: dict[str, list[str]] = {"quiet": [], "heard": []}
    for till in (quiet, heard):
        _sell(stand, till, seconds=min(2.0, stand.seconds))
    for _ in range(stand.rounds):
        rates = []
        for name, till in (("quiet", quiet), ("heard", heard)):
            before = sales.count_statements() if has_statistics else 0
            sold = _sell(stand, till, seconds=stand.seconds)
            each = (sales.count_statements() - before) / len(sold.latencies) if has_statistics else 0
            rates.append(sold.rate)
            said[name].append(f"{sold.rate:.0f}/s, {sold.quantile(0.5) * 1000:.2f} ms, {each:.1f} statements")
        result.rounds.append(rates[0] / rates[1])
    detail = "; ".join(f"{name}: {' | '.join(found)}" for name, found in said.items())
    return [result.finish(f"rate without an endpoint / rate with one that hears of points, 4 clients; {detail}")]


def _sell(stand: Stand, till: Till, *, seconds: float) -> Load:
    run = next(_runs)

    def make(n: int) -> bytes:
        return sales.one(till, till.first_customer + _random.randrange(till.cards), f"F{run}-{n}")

    return load.drive(stand.platform, make, clients=4, seconds=seconds)


def _listen(till: Till) -> None:
    now = timezone.now()
    WebhookEndpoint.objects.create(
        partner_id=till.partner_id,
        url="https://crm.example/hooks",
        events=["points.awarded", "points.redeemed"],
        secret=seal(new_secret()),
        state_at=now,
        created_at=now,
    )
