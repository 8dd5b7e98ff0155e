import multiprocessing
import uuid

from django.conf import settings

from loyalty.limits.limiter import Limiter, Limits

inherited = Limiter(settings.REDIS_URL)


def _call(principal: str, limits: Limits, calls: int, counts: "multiprocessing.Queue[int]") -> None:
    counts.put(sum(inherited.check(principal, limits).allowed for _ in range(calls)))


def _admitted_by_eight(limits: Limits, calls: int) -> int:
    principal = f"test:{uuid.uuid4()}"
    # The parent has an open connection: the children must not share it.
    assert inherited.peek(principal, limits).allowed
    context = multiprocessing.get_context("fork")
    counts: multiprocessing.Queue[int] = context.Queue()
    children = [context.Process(target=_call, args=(principal, limits, calls, counts)) for _ in range(8)]
    for child in children:
        child.start()
    total = sum(counts.get(timeout=20) for _ in children)
    for child in children:
        child.join()
    return total


def test_eight_processes_together_get_exactly_the_minute() -> None:
    assert _admitted_by_eight(Limits(5000, 200), calls=120) == 200


def test_eight_processes_together_get_exactly_the_hour() -> None:
    assert _admitted_by_eight(Limits(300, 5000), calls=120) == 300


def test_eight_processes_together_get_exactly_a_large_minute_kept_in_buckets() -> None:
    assert _admitted_by_eight(Limits(100_000, 1500), calls=240) == 1500
