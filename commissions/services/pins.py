"""Keeping the platform's defaults from partners whose commission is locked while they are changed (analytics 3.2)."""

from datetime import datetime

from commissions.models import DefaultsPin, PartnerLock
from commissions.selectors.rates import defaults_of, last_pin
from commissions.services.locking import lock_in_force, wait_for_lock


def keep_defaults_of_locked(*, at: datetime) -> None:
    """Note for every locked partner what the defaults are, before they change. The caller changes them next.

    Each partner's own lock is taken, so that nobody lifts its lock in between. Raises CommissionSyncRunning.
    """
    locks = PartnerLock.objects.filter(is_locked=True).select_related("partner").order_by("partner_id")
    for lock in locks:
        partner = lock.partner
        wait_for_lock(partner_id=partner.pk)
        held = lock_in_force(partner_id=partner.pk, at=at)
        pin = last_pin(partner=partner)
        if held is None or (pin is not None and (pin.until is None or pin.until > at)):
            continue
        rates = [
            {
                "id": piece.version.pk,
                "from": piece.valid_from.isoformat(),
                "to": None if piece.valid_to is None else piece.valid_to.isoformat(),
            }
            for piece in defaults_of(partner=partner)
        ]
        DefaultsPin.objects.create(partner=partner, rates=rates, until=held.locked_until, at=at)


def release_defaults(*, partner_id: int, at: datetime) -> None:
    """From here on the partner pays by the defaults as they are. The caller holds the partner's lock."""
    for pin in DefaultsPin.objects.filter(partner_id=partner_id).order_by("-pk")[:1]:
        if pin.until is None or pin.until > at:
            pin.until = at
            pin.save()
