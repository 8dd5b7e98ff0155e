"""What stands between strangers and passwords: attempts counted by address and by e-mail, closed while Redis is away.

Every attempt counts against a pace that no person reaches; wrong ones count against a much smaller number, so that
somebody who logs in often is never locked out and somebody who guesses soon is.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.http import HttpRequest

from loyalty.errors import InvalidCredentials
from loyalty.limits.anonymous import guard, require

WRONG_BY_ADDRESS = "100/h"
WRONG_BY_EMAIL = "10/15m"


@contextmanager
def guarded_log_in(request: HttpRequest, email: str) -> Iterator[None]:
    """Around the proof of a password. Raises QuotaExceeded or LimiterUnavailable before anything is hashed."""
    require(request, group="login", rate="60/m")
    require(request, group="login-email", rate="30/m", key=email)
    require(request, group="login-wrong", rate=WRONG_BY_ADDRESS, is_counted=False)
    require(request, group="login-wrong-email", rate=WRONG_BY_EMAIL, key=email, is_counted=False)
    try:
        yield
    except InvalidCredentials:
        guard(request, group="login-wrong", rate=WRONG_BY_ADDRESS)
        guard(request, group="login-wrong-email", rate=WRONG_BY_EMAIL, key=email)
        raise


def guard_forgotten(request: HttpRequest, email: str) -> None:
    """Before a mail: the same for addresses known and unknown."""
    require(request, group="forgot", rate="30/h")
    require(request, group="forgot-email", rate="3/15m", key=email)


def guard_reset(request: HttpRequest) -> None:
    """Before a link for a new password is looked at."""
    require(request, group="reset", rate="30/15m")
