"""`GET /partners/transactions` among a million rows against a view that does nothing."""

import json
import urllib.request

from benchmarks import load, seed
from benchmarks.report import Result
from benchmarks.stand import Stand

PATH = "/en/partners/transactions?per_page=15&page={page}"


def measure(stand: Stand) -> list[Result]:
    """First and 1,000th page, as staff (JWT) and as a system of the partner (key), at 16 clients."""
    count = 100_000 if stand.is_quick else 1_000_000
    till = seed.million(count)
    host, port = stand.platform
    body = json.dumps({"email": seed.EMAIL, "password": seed.PASSWORD}).encode()
    ask = urllib.request.Request(
        f"http://{host}:{port}/en/partners/auth/login", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(ask, timeout=30) as answer:
        token = json.load(answer)["data"]["access_token"]
    headers = {"JWT": {"Authorization": f"Bearer {token}"}, "key": till.headers}
    results = []
    for name, page in (("transactions_first_page", 1), ("transactions_page_1000", 1000)):
        calls = {who: load.request("GET", PATH.format(page=page), held) for who, held in headers.items()}
        results.append(_against_bare(stand, name, calls, count))
    return results


def _against_bare(stand: Stand, name: str, calls: dict[str, bytes], count: int) -> Result:
    result = Result(name, 4, 3, "lower")
    bare = load.request("GET", "/bare", {})
    seconds = stand.seconds / 2

    def rate(address: tuple[str, int], sent: bytes) -> float:
        return load.drive(address, lambda _n: sent, seconds=seconds).rate

    for sent in calls.values():
        load.drive(stand.platform, lambda _n, sent=sent: sent, count=64)
    load.drive(stand.plain, lambda _n: bare, count=64)
    said = []
    for _ in range(stand.rounds):
        floor = rate(stand.plain, bare)
        rates = {who: rate(stand.platform, sent) for who, sent in calls.items()}
        result.rounds.append(floor / rates["JWT"])
        said.append("/".join(f"{one:.0f}" for one in (floor, rates["JWT"], rates["key"])))
    return result.finish(
        f"a second by round, bare view/JWT/key: {', '.join(said)}; the ratio is that of the JWT; 15 rows among "
        f"{count:,} of one partner, 16 clients"
    )
