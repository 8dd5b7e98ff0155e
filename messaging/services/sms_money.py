"""Money on SMS accounts: what comes in by hand. What messages cost is taken where they are queued."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from loyalty.errors import ResourceAlreadyExists, ResourceNotFound, ValidationFailed
from loyalty.services import audit
from loyalty.services.audit import Actor
from messaging.models import SmsAccount, SmsTopUp
from partners.models import Partner


def may_hold(account: SmsAccount, balance: Decimal) -> bool:
    """Whether the account may have this balance."""
    return balance >= -account.credit_limit


@transaction.atomic
def top_up(
    *,
    actor: Actor,
    partner: Partner,
    account_id: int,
    amount: Decimal,
    reference: str,
    reason: str,
    at: datetime,
) -> tuple[SmsTopUp, bool]:
    """Put money on an account, or take some back (a negative amount); and whether that had been done before.

    `reference` (of a payment, say) counts once: the same again changes nothing, with another amount it is refused.
    Raises ResourceNotFound, ResourceAlreadyExists and ValidationFailed.
    """
    account = SmsAccount.objects.select_for_update().filter(partner=partner, pk=account_id, deleted_at=None).first()
    if account is None:
        raise ResourceNotFound
    earlier = SmsTopUp.objects.filter(account=account, reference=reference).first() if reference else None
    if earlier is not None:
        if earlier.amount != amount:
            raise ResourceAlreadyExists(what=_("a top-up with this reference"))
        return earlier, True
    before, account.balance = account.balance, account.balance + amount
    if not may_hold(account, account.balance):
        raise ValidationFailed(errors={"amount": [_("There is not as much on the account.")]})
    if abs(account.balance) >= Decimal(10) ** 10:
        raise ValidationFailed(errors={"amount": [_("The balance would be too large.")]})
    account.save(update_fields=["balance", "updated_at"])
    done = SmsTopUp.objects.create(
        partner=partner,
        account=account,
        amount=amount,
        currency=account.currency,
        reference=reference,
        reason=reason,
        balance_after=account.balance,
        actor_kind=actor.kind,
        actor_id=actor.id,
        at=at,
    )
    audit.record(
        actor=actor,
        action="sms_account.topped_up",
        target=account,
        partner_id=partner.pk,
        changes={"balance": (before, account.balance)},
        reason=reason,
        at=at,
    )
    return done, False
