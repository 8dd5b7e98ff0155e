"""Where a partner stands: under which network or agency, on which plan."""

from collections.abc import Mapping
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from loyalty.errors import ResourceNotFound, ValidationFailed
from partners.choices import PartnerKind, PartnerStatus
from partners.models import Partner, Plan
from partners.rules.tree import path_to

ABOVE_OTHERS = (PartnerKind.NETWORK, PartnerKind.AGENCY)
# Moves are rare. One at a time, or two together could make a ring that neither sees.
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('partners.tree', 0))"


def plan_of(code: str) -> Plan:
    """The plan with this code. Raises ValidationFailed naming those there are."""
    plan = Plan.objects.filter(code=code).first()
    if plan is None:
        codes = ", ".join(Plan.objects.order_by("pk").values_list("code", flat=True))
        raise ValidationFailed(errors={"plan": [_("There is no such plan. Plans: {codes}.").format(codes=codes)]})
    return plan


def place_in_tree(*, partner: Partner | None, values: Mapping[str, Any]) -> None:
    """See that a partner (None: a new one) may be of this kind and hang there, and keep other moves out until commit.

    Raises ResourceNotFound or ValidationFailed.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOCK)
    below = Partner.objects.none() if partner is None else Partner.objects.filter(parent_id=partner.pk)
    if values.get("kind") == PartnerKind.PARTNER and below.exists():
        raise ValidationFailed(errors={"kind": [_("Other partners belong to this one.")]})
    parent_id = values.get("parent_id")
    if parent_id is None:
        return
    parent = Partner.objects.filter(pk=parent_id).first()
    if parent is None:
        raise ResourceNotFound(errors={"parent_id": [_("There is no such partner.")]})
    if partner is not None and partner.pk in path_to(_parents(parent_id), parent_id):
        raise ValidationFailed(errors={"parent_id": [_("This would make the partner belong to itself.")]})
    if parent.kind not in ABOVE_OTHERS:
        raise ValidationFailed(errors={"parent_id": [_("Partners belong to a network or an agency only.")]})
    if parent.status == PartnerStatus.CLOSED:
        raise ValidationFailed(errors={"parent_id": [_("This partner is closed.")]})


def _parents(pk: int) -> dict[int, int | None]:
    """Each partner on the way up, with the one above it."""
    found: dict[int, int | None] = {}
    here: int | None = pk
    while here is not None and here not in found:
        found[here] = Partner.objects.filter(pk=here).values_list("parent_id", flat=True).first()
        here = found[here]
    return found
