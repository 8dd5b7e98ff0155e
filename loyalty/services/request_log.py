"""The last failed calls of each API key, so that an integrator sees what was refused and why.

Written after a refusal and never by a call that succeeds; what it costs is bounded, as is what is kept.
"""

from dataclasses import dataclass
from datetime import datetime
from logging import getLogger
from time import monotonic
from typing import NamedTuple

from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest
from django.utils import timezone

from loyalty.errors import LoyaltyError
from loyalty.rules.call_shapes import names_of, path_of

logger = getLogger("loyalty.request_log")

KEPT = 100
# Whoever floods us, or tries secrets, must not wash everything else out of the log, nor make us write for each try.
FLOODS = {401, 429}
QUIET_SECONDS = 10.0
MOST_QUIET = 10_000

_WRITE = """
WITH kept AS (
    INSERT INTO loyalty_failedcall (
        partner_id, credential_id, at, method, path, parameters, status, code, fields, request_id
    ) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
)
DELETE FROM loyalty_failedcall WHERE credential_id = %s AND id <= (
    SELECT id FROM loyalty_failedcall WHERE credential_id = %s ORDER BY id DESC OFFSET %s LIMIT 1)
"""


class ApiCaller(NamedTuple):
    """Whose key a call showed, whether or not its secret was right."""

    credential_id: int
    partner_id: int


@dataclass(frozen=True, slots=True)
class Refused:
    """A refused call, without anything that was sent."""

    caller: ApiCaller
    method: str
    path: str
    parameters: list[str]
    status: int
    code: str
    fields: list[str]
    request_id: str


_quiet: dict[tuple[int, str], float] = {}


def note_refusal(request: HttpRequest, *, status: int, request_id: str) -> None:
    """Keep a refused call of an API key, if there is anything to learn from it. Never fails the caller."""
    caller: ApiCaller | None = getattr(request, "api_caller", None)
    match = request.resolver_match
    if caller is None or match is None:
        return
    error: LoyaltyError | None = getattr(request, "refusal", None)
    code = error.code if error is not None else ""
    if status in FLOODS and _is_quiet(caller.credential_id, code):
        return
    call = Refused(
        caller=caller,
        method=(request.method or "")[:10],
        path=path_of(match.route, match.kwargs),
        parameters=names_of(request.GET),
        status=status,
        code=code,
        fields=names_of(error.errors) if error is not None else [],
        request_id=request_id,
    )
    if connection.needs_rollback:
        return
    try:
        with transaction.atomic():
            record_failed_call(call=call, at=timezone.now())
    except DatabaseError as error_of_ours:
        # The database is what failed the call, most likely: the answer says so.
        logger.warning("not_kept", extra={"kind": type(error_of_ours).__name__})


def record_failed_call(*, call: Refused, at: datetime) -> None:
    """Keep it, and of this key only the last hundred."""
    credential_id, partner_id = call.caller
    row = (partner_id, credential_id, at, call.method, call.path, call.parameters, call.status, call.code, call.fields)
    with connection.cursor() as cursor:
        # The row of this statement is not counted yet: one less of the others.
        cursor.execute(_WRITE, [*row, call.request_id, credential_id, credential_id, KEPT - 1])


def _is_quiet(credential_id: int, code: str) -> bool:
    """Whether this process noted the same of this key a moment ago."""
    now = monotonic()
    if _quiet.get((credential_id, code), 0.0) > now:
        return True
    if len(_quiet) >= MOST_QUIET:
        _quiet.clear()
    _quiet[credential_id, code] = now + QUIET_SECONDS
    return False
