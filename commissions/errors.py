"""Refusals that speak of commission."""

from django.utils.translation import gettext_lazy as _

from loyalty.errors import ConflictError


class CommissionLocked(ConflictError):
    """The commission of this period is settled: rates, synchronizing and manual lines are refused, sales never are."""

    code = "COMMISSION_LOCKED"
    template = _("The commission of this period is locked.")
