"""The limiter of one process, for the time that Redis is away: sales go on, and no client can flood us meanwhile."""

import threading
from collections import OrderedDict, deque
from dataclasses import dataclass, field

MOST_PRINCIPALS = 10_000
SPAN = 60


@dataclass(slots=True)
class Window:
    """60 buckets of `width` seconds, and the leaving one counted whole, as in the script."""

    width: int
    buckets: deque[list[int]] = field(default_factory=deque)
    total: int = 0

    def forget(self, now: float) -> None:
        first = int(now // self.width) - SPAN
        while self.buckets and self.buckets[0][0] < first:
            self.total -= self.buckets.popleft()[1]

    def add(self, now: float) -> None:
        index = int(now // self.width)
        if self.buckets and self.buckets[-1][0] >= index:
            self.buckets[-1][1] += 1
        else:
            self.buckets.append([index, 1])
        self.total += 1

    def free_at(self, limit: int, now: float) -> float:
        """When the next call would fit, or, while there is room, when more is free."""
        surplus, moment = self.total - limit + 1, now
        for index, count in self.buckets:
            moment, surplus = (index + SPAN + 1) * self.width, surplus - count
            if surplus <= 0:
                break
        return moment


class LocalLimiter:
    """Hour and minute of the principals that called most recently."""

    def __init__(self) -> None:
        self._windows: OrderedDict[str, tuple[Window, Window]] = OrderedDict()
        self._lock = threading.Lock()

    def check(
        self, principal: str, per_hour: int, per_minute: int, *, cost: int, now: float
    ) -> tuple[bool, Window, Window]:
        """Whether the call is admitted, with the two windows after it."""
        with self._lock:
            windows = self._windows.get(principal)
            if windows is None:
                windows = self._windows[principal] = (Window(width=60), Window(width=1))
                if len(self._windows) > MOST_PRINCIPALS:
                    self._windows.popitem(last=False)
            else:
                self._windows.move_to_end(principal)
            hour, minute = windows
            hour.forget(now)
            minute.forget(now)
            allowed = hour.total < per_hour and minute.total < per_minute
            if allowed and cost:
                hour.add(now)
                minute.add(now)
            return allowed, hour, minute
