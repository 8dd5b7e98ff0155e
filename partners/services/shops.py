"""What becomes of a partner's shops."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from loyalty.services import audit
from loyalty.services.audit import Actor
from partners.models import Partner, Shop


@transaction.atomic
def open_shops(*, actor: Actor, partner: Partner, names: Iterable[str], at: datetime) -> tuple[dict[str, int], int]:
    """The ids of the partner's shops of these names, made where they are missing; and how many were."""
    wanted = set(names)
    known = _ids(partner, wanted)
    missing = sorted(wanted - set(known))
    Shop.objects.bulk_create([Shop(partner=partner, name=name) for name in missing], ignore_conflicts=True)
    ids = _ids(partner, wanted)
    for name in missing:
        shop = Shop(pk=ids[name], partner=partner)
        audit.record(
            actor=actor,
            action="shop.opened",
            target=shop,
            partner_id=partner.pk,
            changes={"name": (None, name)},
            personal=(),
            at=at,
        )
    return ids, len(missing)


def _ids(partner: Partner, names: Iterable[str]) -> dict[str, int]:
    return dict(Shop.objects.filter(partner=partner, name__in=list(names)).values_list("name", "pk"))
