"""Corrections by staff: every one has a reason and is audited."""

import uuid
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from cards.models import IssuedCard
from ledger.choices import EntryKind
from ledger.errors import TransferRefused
from ledger.models import PointsBalance
from ledger.services.enrolment import rules_of
from ledger.services.locks import lock_cards
from ledger.services.points import Cause, post_points
from loyalty.errors import ResourceNotFound, ValidationFailed
from loyalty.services import audit
from loyalty.services.audit import Actor
from partners.models import Partner

MOST_POINTS = 10_000_000
MOST_REASON = 500


@transaction.atomic
def adjust_points(
    *, actor: Actor, partner: Partner, issued_card: IssuedCard, points: int, reason: str, at: datetime
) -> PointsBalance:
    """Add points, or take them (below zero) as far as there are any. Raises ValidationFailed, InsufficientPoints."""
    _check(partner, issued_card, points=points, reason=reason)
    before = lock_cards(issued_card_ids=[issued_card.pk])[issued_card.pk]
    posting = post_points(
        issued_card_id=issued_card.pk,
        points=points,
        cause=Cause(EntryKind.ADJUST, f"adjust:{uuid.uuid4()}", actor, occurred_at=at, reason=reason),
        at=at,
        expires_at=rules_of(issued_card.card).expiry_of(at),
    )
    audit.record(
        actor=actor,
        action="points.adjusted",
        target=issued_card,
        partner_id=partner.pk,
        changes={
            "balance": (before.balance, posting.balance.balance),
            "debt": (before.debt, posting.balance.debt),
        },
        reason=reason,
        at=at,
    )
    return posting.balance


@transaction.atomic
def transfer_points(
    *, actor: Actor, partner: Partner, source: IssuedCard, target: IssuedCard, points: int, reason: str, at: datetime
) -> tuple[PointsBalance, PointsBalance]:
    """Move points to another card of the same partner; they keep the day they expire.

    Raises ValidationFailed, TransferRefused, InsufficientPoints.
    """
    _check(partner, source, points=points, reason=reason)
    _check(partner, target, points=points, reason=reason)
    if points < 0:
        raise ValidationFailed(errors={"points": [_("Must be 1 or more.")]})
    if source.pk == target.pk:
        raise TransferRefused(reason=_("both cards are the same."))
    before = lock_cards(issued_card_ids=[source.pk, target.pk])
    old = {pk: row.balance for pk, row in before.items()}
    key = f"transfer:{uuid.uuid4()}"
    out = post_points(
        issued_card_id=source.pk,
        points=-points,
        cause=Cause(EntryKind.TRANSFER_OUT, key, actor, occurred_at=at, reason=reason),
        at=at,
    )
    into = post_points(
        issued_card_id=target.pk,
        points=points,
        cause=Cause(EntryKind.TRANSFER_IN, key, actor, occurred_at=at, reason=reason),
        at=at,
        pieces=out.pieces,
    )
    for card, balance in ((source, out.balance), (target, into.balance)):
        audit.record(
            actor=actor,
            action="points.transferred",
            target=card,
            partner_id=partner.pk,
            changes={"balance": (old[card.pk], balance.balance)},
            reason=reason,
            at=at,
        )
    return out.balance, into.balance


def check_reason(reason: str) -> None:
    """Every correction says why, in a sentence or two. Raises ValidationFailed."""
    if not reason.strip():
        raise ValidationFailed(errors={"reason": [_("Say why.")]})
    if len(reason) > MOST_REASON:
        raise ValidationFailed(errors={"reason": [_("Must have at most {most} characters.").format(most=MOST_REASON)]})


def _check(partner: Partner, issued_card: IssuedCard, *, points: int, reason: str) -> None:
    if issued_card.partner_id != partner.pk:
        raise ResourceNotFound
    if points == 0 or abs(points) > MOST_POINTS:
        text = _("Must not be 0, and at most {most}.").format(most=MOST_POINTS)
        raise ValidationFailed(errors={"points": [text]})
    check_reason(reason)
