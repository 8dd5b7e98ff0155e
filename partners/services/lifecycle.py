"""Moving a partner from state to state. The row is locked, so that of two administrators the second sees the first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from loyalty import events
from loyalty.errors import ValidationFailed
from loyalty.services import audit
from loyalty.services.audit import Actor
from partners.choices import PartnerStatus
from partners.errors import PapersMissing, PartnerHasOpenMoney, StatusChanged, StatusTransitionRefused
from partners.events import PartnerStatusChanged
from partners.models import ApiCredential, Partner
from partners.rules.lifecycle import missing_papers, next_states
from partners.selectors.lifecycle import list_open_money, verified_kinds
from partners.services.credentials import announce_credentials, revoke_credential

KEPT = ("status", "rejection_reason", "review_notes", "status_changed_at")
# The audit trail says that notes changed; a reason stands in its own column.
UNTOLD = ("rejection_reason", "review_notes")
MOST_REASON = 500


@dataclass(frozen=True, slots=True)
class Review:
    """What an administrator decides. `expected` is the state that they looked at, if they say so; None keeps notes."""

    status: str
    review_notes: str | None = None
    rejection_reason: str = ""
    send_notification: bool = True
    expected: str | None = None


@transaction.atomic
def change_status(*, actor: Actor, partner: Partner, review: Review, at: datetime) -> Partner:
    """Move a partner on; the state that it is in already changes nothing but the notes.

    Raises StatusChanged, StatusTransitionRefused, PapersMissing; ValidationFailed for a rejection without a reason, and
    for closing, which is `close_partner`'s.
    """
    if review.status == PartnerStatus.CLOSED:
        raise ValidationFailed(errors={"status": [_("A partner is closed by deleting it.")]})
    if review.status == PartnerStatus.REJECTED and not review.rejection_reason.strip():
        raise ValidationFailed(errors={"rejection_reason": [_("Say why the partner is rejected.")]})
    locked = _lock(partner)
    if review.expected is not None and review.expected != locked.status:
        raise StatusChanged(status=locked.status, expected=review.expected, public={"status": locked.status})
    if locked.status != review.status:
        _check_step(locked, review.status)
        missing = missing_papers(locked.status, review.status, verified_kinds(locked))
        if missing:
            names = ", ".join(str(kind.label) for kind in missing)
            raise PapersMissing(missing=names, public={"missing": [str(kind) for kind in missing]})
    return _move(actor, locked, review, at)


@transaction.atomic
def close_partner(*, actor: Actor, partner: Partner, at: datetime, reason: str = "", force: bool = False) -> Partner:
    """End the business with a partner: its keys are revoked, its staff and tills shut out; nothing else is touched.

    Customers, points, sales and claims stay, and `change_status` opens the partner again, with new keys. Closing twice
    changes nothing. Raises StatusTransitionRefused; PartnerHasOpenMoney unless `force`.
    """
    locked = _lock(partner)
    if locked.status == PartnerStatus.CLOSED:
        return locked
    _check_step(locked, PartnerStatus.CLOSED)
    unsettled = list_open_money(locked)
    if unsettled and not force:
        shown = ", ".join(f"{row['what']} {row['amount']} {row['currency']}" for row in unsettled)
        raise PartnerHasOpenMoney(open=shown, public={"open": [dict(row) for row in unsettled]})
    for credential in ApiCredential.objects.filter(partner=locked, revoked_at=None).order_by("pk"):
        revoke_credential(actor=actor, credential=credential, at=at, reason=reason)
    return _move(actor, locked, Review(PartnerStatus.CLOSED, review_notes=reason or None), at)


def _lock(partner: Partner) -> Partner:
    # A state is no key: sales, which refer to the partner, pass.
    return Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)


def _check_step(partner: Partner, after: str) -> None:
    allowed = next_states(partner.status)
    if after not in allowed:
        names = [str(state) for state in allowed if state != PartnerStatus.CLOSED]
        raise StatusTransitionRefused(
            before=partner.status,
            after=after,
            allowed=", ".join(names),
            public={"status": partner.status, "allowed": names},
        )


def _move(actor: Actor, partner: Partner, review: Review, at: datetime) -> Partner:
    before = audit.snapshot(partner, KEPT)
    values: dict[str, Any] = {"status": review.status}
    if review.review_notes is not None:
        values["review_notes"] = review.review_notes
    if review.status != before["status"] or review.status == PartnerStatus.REJECTED:
        values["rejection_reason"] = review.rejection_reason.strip()
    if review.status != before["status"]:
        values["status_changed_at"] = at
    for name, value in values.items():
        setattr(partner, name, value)
    changes = audit.difference(before, audit.snapshot(partner, KEPT))
    if not changes:
        return partner
    partner.save(update_fields=[*changes, "updated_at"])
    has_moved = "status" in changes
    audit.record(
        actor=actor,
        action="partner.status_changed" if has_moved else "partner.updated",
        target=partner,
        partner_id=partner.pk,
        changes={name: change for name, change in changes.items() if name != "status_changed_at"},
        personal=UNTOLD,
        reason=(partner.rejection_reason or review.review_notes or "")[:MOST_REASON],
        at=at,
    )
    if has_moved:
        announce_credentials(partner=partner)
        events.publish(
            PartnerStatusChanged(
                partner_id=partner.pk,
                before=before["status"],
                after=partner.status,
                reason=partner.rejection_reason,
                notify=review.send_notification,
                at=at,
            )
        )
    return partner
