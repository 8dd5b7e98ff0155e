"""Reading SMS accounts."""


from django.db.models import QuerySet

from loyalty.errors import ResourceNotFound
from messaging.models import SmsAccount
from partners.models import Partner


def accounts_of(partner: Partner) -> "QuerySet[SmsAccount]":
    """The accounts that are there, newest first."""
    return SmsAccount.objects.filter(partner=partner, deleted_at=None).order_by("-pk")


def get_account(*, partner: Partner, account_id: int) -> SmsAccount:
    """Raises ResourceNotFound."""
    found = accounts_of(partner).filter(pk=account_id).first()
    if found is None:
        raise ResourceNotFound
    return found


def find_active_account(partner: Partner | None) -> SmsAccount | None:
    """The account in whose name the partner's messages go; None: the platform's."""
    if partner is None:
        return None
    return SmsAccount.objects.filter(partner=partner, is_active=True).first()
