"""Whether a sale costs more on a card with a long history, or on the cards of one busy partner."""

from random import Random

from benchmarks import load, sales, seed
from benchmarks.report import Result
from benchmarks.stand import Stand

_random = Random(11)


def long_history(stand: Stand) -> list[Result]:
    """One client sells in turn on a card with 10,000 sales behind it and on one that is new; medians of latencies."""
    each = 100 if stand.is_quick else 400
    old, new = seed.long_histories(), seed.new_cards((stand.rounds + 1) * each)
    result = Result("sale_10k_entries_vs_new_card", 1.2, 1.05, "lower")
    medians = []
    for round_number in range(stand.rounds + 1):

        def make(n: int, number: int = round_number) -> bytes:
            if n % 2:
                return sales.one(new, new.first_customer + number * each + n // 2, f"N{number}-{n}")
            return sales.one(old, old.first_customer + n // 2 % old.cards, f"L{number}-{n}")

        took = load.drive(stand.platform, make, clients=1, count=2 * each).latencies
        pair = [sorted(took[start::2])[each // 2] for start in (0, 1)]
        if round_number:  # the first one warms up
            medians.append(pair)
            result.rounds.append(pair[0] / pair[1])
    said = ", ".join(f"{old_one * 1e6:.0f}/{new_one * 1e6:.0f}" for old_one, new_one in medians)
    return [result.finish(f"median µs by round, long/new: {said}; one client, in turn, {each} sales of each a round")]


def one_partner(stand: Stand) -> list[Result]:
    """16 clients on 1,000 cards, all of one partner or each of its own."""
    busy, many = seed.till(), seed.many_tills()
    result = Result("one_partner_vs_1000_partners", 0.7, 0.9, "higher")
    rates = []

    def spread(run: int) -> float:
        def make(n: int) -> bytes:
            till = many[_random.randrange(len(many))]
            return sales.one(till, till.first_customer, f"M{run}-{n}")

        return load.drive(stand.platform, make, seconds=stand.seconds).rate

    sales.sell(stand, busy, seconds=1)
    spread(0)
    for number in range(1, stand.rounds + 1):
        pair = (sales.sell(stand, busy).rate, spread(number))
        rates.append(pair)
        result.rounds.append(pair[0] / pair[1])
    said = ", ".join(f"{one:.0f}/{other:.0f}" for one, other in rates)
    return [
        result.finish(
            f"a second by round, one/many: {said}; many partners also pay for reading as many keys, each "
            "remembered for a second"
        )
    ]
