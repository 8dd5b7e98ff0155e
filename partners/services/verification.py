"""A partner's application: what it says of itself, the papers it hands in, and what the platform finds."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from loyalty import events
from loyalty.errors import ResourceNotFound, ValidationFailed
from loyalty.files.storage import private_storage, unguessable_name
from loyalty.files.uploads import Checked
from loyalty.services import audit
from loyalty.services.audit import Actor
from partners.choices import PartnerStatus, ReviewStatus
from partners.errors import ApplicationDecided, TooManyPapers
from partners.events import PaperReviewed
from partners.models import Partner, Verification
from partners.rules.lifecycle import compliance_of, verification_of
from partners.rules.papers import folder_of
from partners.selectors.lifecycle import paper_states

# What an applicant says of the business itself, until the registration is verified.
APPLICATION_FIELDS = ("legal_name", "registration_code")
MOST_PAPERS = 100
VERDICTS = (ReviewStatus.VERIFIED, ReviewStatus.FAILED)


@transaction.atomic
def submit_application(*, actor: Actor, partner: Partner, data: Mapping[str, Any], at: datetime) -> Partner:
    """Say who the business is. Raises ApplicationDecided once it is approved, or its registration was verified."""
    locked = _lock(partner)
    is_open = locked.status == PartnerStatus.PENDING_REVIEW and locked.verification_status != ReviewStatus.VERIFIED
    if not is_open:
        raise ApplicationDecided
    values = {name: data[name] for name in APPLICATION_FIELDS if name in data}
    changes = audit.difference(audit.snapshot(locked, values), values)
    if not changes:
        return locked
    for name, value in values.items():
        setattr(locked, name, value)
    locked.save(update_fields=[*changes, "updated_at"])
    audit.record(
        actor=actor,
        action="partner.applied",
        target=locked,
        partner_id=locked.pk,
        changes=changes,
        personal=(),
        at=at,
    )
    return locked


def hand_in_paper(*, actor: Actor, partner: Partner, kind: str, file: Checked, at: datetime) -> Verification:
    """Keep a paper for review; one that lies there already, not refused, is answered again.

    The file is written before any row is locked, so a refused call leaves at most an unused file. Raises TooManyPapers.
    """
    same = _same(partner, kind, file)
    if same is not None:
        return same
    name = private_storage().save(unguessable_name(folder_of(partner.pk), file.kind), ContentFile(file.content))
    try:
        paper = _keep(actor=actor, partner=partner, kind=kind, file=file, name=name, at=at)
    except BaseException:
        private_storage().delete(name)
        raise
    if paper.stored_name != name:
        private_storage().delete(name)
    return paper


@transaction.atomic
def review_paper(
    *, actor: Actor, partner: Partner, paper_id: int, state: str, at: datetime, reason: str = ""
) -> Verification:
    """Find a paper good, or refuse it with a reason; the partner's two checks follow. The same again changes nothing.

    Raises ResourceNotFound, or ValidationFailed for a refusal without a reason.
    """
    reason = reason.strip() if state == ReviewStatus.FAILED else ""
    if state not in VERDICTS:
        raise ValidationFailed(errors={"state": [_("A paper is verified or failed.")]})
    if state == ReviewStatus.FAILED and not reason:
        raise ValidationFailed(errors={"reason": [_("Say why the paper is refused.")]})
    locked = _lock(partner)
    paper = Verification.objects.select_for_update(no_key=True).filter(partner=locked, pk=paper_id).first()
    if paper is None:
        raise ResourceNotFound
    if (paper.state, paper.reason) == (state, reason):
        return paper
    before = paper.state
    paper.state, paper.reason, paper.reviewed_at, paper.reviewed_by = state, reason, at, str(actor)
    paper.save(update_fields=["state", "reason", "reviewed_at", "reviewed_by"])
    audit.record(
        actor=actor,
        action="paper.reviewed",
        target=paper,
        partner_id=locked.pk,
        changes={"state": (before, state), "kind": (paper.kind, paper.kind)},
        reason=reason,
        at=at,
    )
    _follow(actor, locked, at)
    events.publish(
        PaperReviewed(partner_id=locked.pk, paper_id=paper.pk, kind=paper.kind, state=state, reason=reason, at=at)
    )
    return paper


@transaction.atomic
def _keep(*, actor: Actor, partner: Partner, kind: str, file: Checked, name: str, at: datetime) -> Verification:
    locked = _lock(partner)
    same = _same(locked, kind, file)
    if same is not None:
        return same
    if Verification.objects.filter(partner=locked).count() >= MOST_PAPERS:
        raise TooManyPapers(most=MOST_PAPERS)
    paper = Verification.objects.create(
        partner=locked,
        kind=kind,
        stored_name=name,
        file_name=file.name,
        content_type=file.content_type,
        size=file.size,
        sha256=file.sha256,
        uploaded_at=at,
        uploaded_by=str(actor),
    )
    audit.record(
        actor=actor,
        action="paper.handed_in",
        target=paper,
        partner_id=locked.pk,
        changes={"kind": (None, kind), "sha256": (None, file.sha256), "size": (None, file.size)},
        at=at,
    )
    _follow(actor, locked, at)
    return paper


def _lock(partner: Partner) -> Partner:
    return Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)


def _same(partner: Partner, kind: str, file: Checked) -> Verification | None:
    papers = Verification.objects.filter(partner=partner, kind=kind, sha256=file.sha256)
    return papers.exclude(state=ReviewStatus.FAILED).order_by("-pk").first()


def _follow(actor: Actor, partner: Partner, at: datetime) -> None:
    """What the papers say of the partner, as they are now."""
    states = paper_states(partner)
    found = {"verification_status": verification_of(states), "compliance_status": compliance_of(states)}
    changes = audit.difference(audit.snapshot(partner, found), {name: str(value) for name, value in found.items()})
    if not changes:
        return
    for name, (_before, after) in changes.items():
        setattr(partner, name, after)
    partner.save(update_fields=[*changes, "updated_at"])
    audit.record(actor=actor, action="partner.checked", target=partner, partner_id=partner.pk, changes=changes, at=at)
