"""When an event is tried again, and when an endpoint is given a rest: the schedule of Standard Webhooks.

Ten attempts over 75 hours, 35 minutes and 5 seconds.
"""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

# After the first, second, … attempt.
PAUSES = (
    *(timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=5)),
    *(timedelta(hours=10), timedelta(hours=14), timedelta(hours=20), timedelta(hours=24)),
)
ATTEMPTS = len(PAUSES) + 1
# Pauses are a tenth shorter or longer by chance, so that what failed together does not come back together.
JITTER = 0.1
LONGEST_WAIT = timedelta(hours=24)
PATIENCE = timedelta(days=5)
# When the partner is told, while there is time to mend it.
WORRY = timedelta(days=1)


def next_attempt(*, attempts: int, at: datetime, luck: float, asked: timedelta | None = None) -> datetime | None:
    """When to try again after so many attempts; None: never. `luck` is between 0 and 1.

    A receiver that `asked` for time gets at least that much, a day at most.
    """
    if attempts >= ATTEMPTS:
        return None
    pause = PAUSES[max(attempts, 1) - 1] * (1 - JITTER + 2 * JITTER * luck)
    if asked is not None:
        pause = max(pause, min(asked, LONGEST_WAIT))
    return at + pause


def read_retry_after(text: str, *, at: datetime) -> timedelta | None:
    """The time that a Retry-After header asks for: seconds, or a date. None where it says nothing."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:10]), int(LONGEST_WAIT.total_seconds())))
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(timedelta(0), moment - at)


def is_worn_out(*, failing_since: datetime, at: datetime) -> bool:
    """Whether an endpoint has failed for so long that it is paused."""
    return at - failing_since >= PATIENCE


def is_worrying(*, failing_since: datetime, at: datetime) -> bool:
    """Whether an endpoint has failed for so long that its partner should know."""
    return at - failing_since >= WORRY
