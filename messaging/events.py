"""What others may want to know of messages."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """A message between a partner and the platform; internal notes are nobody's news."""

    partner_id: int
    message_id: int
    is_from_platform: bool
    message_type: str
    topic: str
    at: datetime


@dataclass(frozen=True, slots=True)
class WebhookFailed:
    """An endpoint accepts nothing: for a day (still `active`), for five (`paused`), or for good (`disabled`)."""

    partner_id: int
    endpoint_id: int
    url: str
    state: str
    failing_since: datetime
    at: datetime
