"""A form that asks before it does something does it once, however often it is sent: by a double click, by a page that
is loaded again because its answer was lost.
"""

from logging import getLogger
from types import TracebackType
from uuid import UUID, uuid4

from django.core.cache import cache
from django.http import HttpRequest
from redis.exceptions import RedisError

FIELD = "form_key"
KEPT_SECONDS = 86_400
logger = getLogger("loyalty.backoffice")


def new_key() -> str:
    """What tells one form that is shown from all others."""
    return str(uuid4())


class SentForm:
    """The form that a request brought. One without a key, which scripts send, is always taken."""

    def __init__(self, request: HttpRequest) -> None:
        self.key = _key(request.POST.get(FIELD, ""))
        self._place = f"form:{request.user.pk}:{self.key}" if self.key else None

    def take(self) -> bool:
        """Whether it is the first time. Without Redis only the page itself keeps people from sending twice."""
        if self._place is None:
            return True
        try:
            return cache.add(self._place, 1, KEPT_SECONDS)
        except (RedisError, OSError) as error:
            logger.warning("form_not_noted", extra={"reason": type(error).__name__})
            return True

    def give_back(self) -> None:
        """It did nothing: it may be sent again."""
        if self._place is not None:
            try:
                cache.delete(self._place)
            except (RedisError, OSError) as error:
                logger.warning("form_not_noted", extra={"reason": type(error).__name__})

    def __enter__(self) -> None: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self.give_back()


def _key(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        return ""
