"""Logs as one JSON object a line, with the request id and without personal data or secrets."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

import orjson

from loyalty.context import request_id

_PLAIN = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "request", "taskName"}


class JsonFormatter(logging.Formatter):
    """One line of JSON a record; `extra` keys are added as they are."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": _without_address(record),
        }
        if request_id():
            line["request_id"] = request_id()
        for key in vars(record).keys() - _PLAIN:
            line[key] = getattr(record, key)
        if record.exc_info and record.exc_info[0]:
            # The traceback's frames, without the exception's text: a database error quotes the row it refused.
            kind, _error, trace = record.exc_info
            line["exception"] = kind.__name__
            line["trace"] = _frames(trace)
        try:
            return orjson.dumps(line, str, orjson.OPT_NON_STR_KEYS).decode()
        except TypeError:  # half of a surrogate pair, or a number beyond 64 bits
            return json.dumps(line, default=str)


def _without_address(record: logging.LogRecord) -> str:
    """What the record says, with the route in place of the address: an address may be a secret, or name a person."""
    text, request = record.getMessage(), getattr(record, "request", None)
    address = getattr(request, "path", "")
    if len(address) < 2 or address not in text:
        return text
    match = getattr(request, "resolver_match", None)
    return text.replace(address, f"/{match.route}" if match is not None else "an address that is not ours")


def _frames(trace: Any) -> list[str]:
    frames = []
    while trace:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return frames[-12:]


def logging_settings(level: str) -> dict[str, Any]:
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonFormatter}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django": {"handlers": ["console"], "level": level, "propagate": False},
            "django.request": {"level": "ERROR"},
            "django.security.DisallowedHost": {"level": "ERROR"},
        },
    }
