"""Telling every process that what stands behind a staff token has changed.

A proven token is remembered for a moment (`partners.api.staff`). The limiter's single call to Redis answers one counter
along; whoever changes a row below raises it, so that the change bites on the very next request all the same.
"""

from django.db import transaction

from loyalty.limits import limiter

GENERATION = "staff"
# Who it is, whether the session lasts, the job and its shops, the partner and its limits.
BEHIND_TOKENS = frozenset(
    {
        *("loyalty.User", "loyalty.LoginSession", "partners.StaffMember", "partners.StaffShop"),
        *("partners.Partner", "partners.Plan"),
    }
)


def announce_change() -> None:
    """Have every process ask again about every staff token, once this transaction is committed.

    `audit.record` does it for every audited change of BEHIND_TOKENS; only what is not audited calls it itself.
    """
    transaction.on_commit(_raise_generation)


def _raise_generation() -> None:
    limiter.bump(GENERATION)
