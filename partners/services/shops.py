"""What becomes of a partner's shops."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from loyalty.errors import ResourceAlreadyExists, ValidationFailed
from loyalty.services import audit
from loyalty.services.audit import Actor
from loyalty.services.records import create_record
from partners.models import Partner, Shop
from partners.rules.profile import normal_phone

# A shop's name is the name of a business; how to reach it may be somebody's.
PERSONAL = ("email", "phone")


@transaction.atomic
def create_shop(*, actor: Actor, partner: Partner, data: Mapping[str, Any], at: datetime, within: str = "") -> Shop:
    """Open a shop; `data` holds fields of Shop, errors are named `within`.

    Raises ValidationFailed, ResourceAlreadyExists where the partner has one of this name.
    """
    values = dict(data)
    if phone := values.get("phone"):
        values["phone"] = normal_phone(phone, partner.country)
        if values["phone"] is None:
            raise ValidationFailed(errors={f"{within}phone": [_("This is no valid phone number; send +370…")]})
    shop = Shop(partner=partner, **values)
    try:
        with transaction.atomic():
            return create_record(actor=actor, record=shop, at=at, personal=PERSONAL)
    except IntegrityError as error:
        raise ResourceAlreadyExists(
            what=f"shop {shop.name}", errors={f"{within}name": [_("There is a shop of this name.")]}
        ) from error


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
