"""Remembers for a moment that Redis is away, so that not every call has to find out by waiting."""

import threading
import time
from logging import getLogger

logger = getLogger("loyalty.limits")


class Breaker:
    """Opens on the first failure; after `rest` seconds one call may try again while the others still go around."""

    def __init__(self, rest: float = 2.0) -> None:
        self.rest = rest
        self._opens_until = 0.0
        self._probing = threading.Lock()

    @property
    def is_open(self) -> bool:
        """Whether calls should go around; the one that may probe sees a closed breaker."""
        if not self._opens_until:
            return False
        if time.monotonic() < self._opens_until:
            return True
        with self._probing:
            if self._opens_until and time.monotonic() >= self._opens_until:
                self._opens_until = time.monotonic() + self.rest
                return False
            return bool(self._opens_until)

    def failed(self, reason: str) -> None:
        if not self._opens_until:
            logger.warning("redis_unreachable", extra={"reason": reason})
        self._opens_until = time.monotonic() + self.rest

    def succeeded(self) -> None:
        if self._opens_until:
            self._opens_until = 0.0
            logger.info("redis_back")
