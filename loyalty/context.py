"""What every log line and answer of one request shares: its id."""

import contextvars
import re
import uuid

request_id_var: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="")
_ACCEPTED = re.compile(r"^[0-9a-zA-Z][0-9a-zA-Z._-]{7,63}$")


def new_request_id(offered: str | None = None) -> str:
    """The caller's own id where it is harmless to log, else a fresh UUID."""
    return offered if offered and _ACCEPTED.match(offered) else str(uuid.uuid4())


def request_id() -> str:
    """The id of the request at hand; empty outside one."""
    return request_id_var.get()
