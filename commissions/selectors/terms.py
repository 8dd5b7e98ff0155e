"""What was agreed with a partner about its months."""

from commissions.models import CommissionTerms
from partners.models import Partner


def get_terms(*, partner: Partner, month: str) -> CommissionTerms:
    """The terms of a month: the last said of those that begin with it or before; none: no minimum, cap or threshold."""
    said = CommissionTerms.objects.filter(partner=partner, valid_from__lte=month).order_by("-pk").first()
    return said or CommissionTerms(partner=partner, valid_from=month)


def list_terms(*, partner: Partner) -> list[CommissionTerms]:
    """Everything that was ever agreed, the newest first."""
    return list(CommissionTerms.objects.filter(partner=partner).order_by("-pk"))
