"""The words of Pusher protocol 7 that we speak: what a client may say, and what we answer (contract 9.1)."""

import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import orjson

from loyalty.realtime.channels import is_known

# Seconds of silence after which a client should ask whether we are there. We speak earlier: the SDK wakes its caller
# for nothing after 30 s in which no frame came.
ACTIVITY_TIMEOUT = 120
SPEAK_EVERY = 25.0
LARGEST_CLIENT_FRAME = 4096
PROTOCOLS = frozenset({"5", "6", "7"})

# What Pusher's clients do with a code: 4000-4099 stay away, 4100-4199 come back later, 4200-4299 come back at once.
NO_SUCH_APP = 4001
WRONG_PROTOCOL = 4007
NOT_ALLOWED = 4009
OVER_CAPACITY = 4100
COME_BACK = 4200
CLIENT_EVENT_REFUSED = 4301


class ProtocolError(Exception):
    """What the client is told; with `closes` the socket ends."""

    def __init__(self, code: int | None, message: str, *, closes: int | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.closes = code, message, closes


@dataclass(frozen=True, slots=True)
class Said:
    """One understood frame of a client."""

    event: str
    channel: str = ""


PONG = '{"event":"pusher:pong","data":"{}"}'
PING = '{"event":"pusher:ping","data":"{}"}'


def frame(event: str, data: dict[str, Any], channel: str | None = None) -> str:
    """An event of the protocol; its data is a JSON text inside the JSON."""
    whole = {"event": event, "data": orjson.dumps(data).decode()}
    if channel is not None:
        whole["channel"] = channel
    return orjson.dumps(whole).decode()


def established() -> str:
    """The first frame of every accepted socket."""
    socket_id = f"{secrets.randbelow(10**9)}.{secrets.randbelow(10**9)}"
    return frame("pusher:connection_established", {"socket_id": socket_id, "activity_timeout": ACTIVITY_TIMEOUT})


def subscribed(channel: str) -> str:
    return frame("pusher_internal:subscription_succeeded", {}, channel)


def refused(error: ProtocolError) -> str:
    return frame("pusher:error", {"code": error.code, "message": error.message})


def require_app(path: str, query: str, key: str) -> None:
    """Raise unless the address is `/app/{key}` in a version of the protocol that we speak."""
    if not secrets.compare_digest(path.encode(), f"/app/{key}".encode()):
        raise ProtocolError(NO_SUCH_APP, "There is no app with this key.", closes=NO_SUCH_APP)
    version = parse_qs(query).get("protocol", ["7"])[-1]
    if version not in PROTOCOLS:
        raise ProtocolError(WRONG_PROTOCOL, "Only protocol 7 is spoken here.", closes=WRONG_PROTOCOL)


def understand(text: bytes) -> Said:
    """What a client's frame asks for. Raises ProtocolError."""
    try:
        said = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ProtocolError(None, "This frame is not valid JSON.") from error
    event = said.get("event") if isinstance(said, dict) else None
    if not isinstance(event, str):
        raise ProtocolError(None, "A frame is an object with an event.")
    if event in {"pusher:ping", "pusher:pong"}:
        return Said(event)
    if event in {"pusher:subscribe", "pusher:unsubscribe"}:
        return Said(event, _channel(said.get("data"), event))
    if event.startswith("client-"):
        raise ProtocolError(CLIENT_EVENT_REFUSED, "Clients may not send events on these channels.")
    raise ProtocolError(None, "This event is not known here.")


def _channel(data: Any, event: str) -> str:
    channel = data.get("channel") if isinstance(data, dict) else None
    if not isinstance(channel, str):
        raise ProtocolError(None, "The channel's name is missing.")
    if event == "pusher:subscribe" and not is_known(channel):
        if channel.startswith(("private-", "presence-")):
            raise ProtocolError(NOT_ALLOWED, "There are no private or presence channels here.")
        raise ProtocolError(NOT_ALLOWED, "There is no such channel.")
    return channel
