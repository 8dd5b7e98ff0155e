"""Making, changing and ending card programmes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from cards.events import CardCreated
from cards.models import Card, CardShop
from cards.rules.design import PICTURES, changed_design, clamp_faults
from cards.selectors.cards import get_card
from loyalty import events
from loyalty.errors import ResourceNotFound, ValidationFailed
from loyalty.files.images import Picture
from loyalty.services import audit
from loyalty.services.audit import Actor
from partners.errors import StoreAccessDenied
from partners.models import Partner
from partners.selectors.shops import check_shops

CLAMPED = (
    "min_points_per_purchase",
    "max_points_per_purchase",
    "min_points_for_redemption",
    "max_points_per_redemption",
)
FIELDS = (
    *("title", "description", "terms_conditions", "card_design", "is_active", "auto_assign", "points_enabled"),
    *("initial_bonus_points", "points_expiration_days", "points_per_currency", "currency_amount", "round_points_up"),
    *("points_per_visit", "points_redemption_enabled", "points_per_currency_redemption", "currency_amount_redemption"),
    *("default_coupon_validity_days", *CLAMPED),
)
Reach = frozenset[int] | None


def create_card(*, actor: Actor, partner: Partner, data: Mapping[str, Any], reach: Reach, at: datetime) -> Card:
    """A new programme. `data` holds FIELDS and `shop_ids` (empty: valid everywhere); pictures are `Picture`s.

    Raises ResourceNotFound for an unknown shop, StoreAccessDenied where it would be valid beyond `reach`.
    """
    data = _with_stored_pictures(partner, data)
    with transaction.atomic():
        shop_ids = sorted(set(data.get("shop_ids") or ()))
        _check_reach(partner, shop_ids, reach)
        values = {field: data[field] for field in FIELDS if field in data}
        values["card_design"] = changed_design({}, values.get("card_design") or {})
        card = Card(partner=partner, **values)
        _check_clamps(card)
        card.save()
        _set_shops(card, shop_ids)
        made = {**audit.snapshot(card, FIELDS), "shop_ids": shop_ids}
        _record(actor, "card.created", card, audit.difference({}, made), at)
        announce_card(actor=actor, card=card, at=at)
    return get_card(partner=partner, card_id=card.pk)


def announce_card(*, actor: Actor, card: Card, at: datetime) -> None:
    """Tell those who ask of a new programme, in the transaction that makes it."""
    events.publish(CardCreated(card.partner_id, card.pk, actor, at))


def update_card(
    *, actor: Actor, partner: Partner, card_id: int, data: Mapping[str, Any], reach: Reach, at: datetime
) -> Card:
    """Change what `data` names and nothing else; points that customers hold stay as they are.

    Raises ResourceNotFound, StoreAccessDenied where the card is or would be valid beyond `reach`.
    """
    data = _with_stored_pictures(partner, data)
    with transaction.atomic():
        card = _lock(partner, card_id)
        present = _shop_ids(card)
        _check_reach(partner, present, reach)
        wanted = sorted(set(data["shop_ids"] or ())) if "shop_ids" in data else present
        if wanted != present:
            _check_reach(partner, wanted, reach)
        before = {**audit.snapshot(card, FIELDS), "shop_ids": present}
        for field in FIELDS:
            if field in data:
                setattr(card, field, data[field])
        if "card_design" in data:
            card.card_design = changed_design(before["card_design"], data["card_design"])
        _check_clamps(card)
        card.save()
        if wanted != present:
            _set_shops(card, wanted)
        after = {**audit.snapshot(card, FIELDS), "shop_ids": wanted}
        _record(actor, "card.updated", card, audit.difference(before, after), at)
    return get_card(partner=partner, card_id=card.pk)


@transaction.atomic
def delete_card(*, actor: Actor, partner: Partner, card_id: int, reach: Reach, at: datetime) -> None:
    """End a programme: it is not issued any more and earns nothing; customers keep their cards and points."""
    card = _lock(partner, card_id)
    _check_reach(partner, _shop_ids(card), reach)
    card.deleted_at = at
    card.save(update_fields=["deleted_at", "updated_at"])
    _record(actor, "card.deleted", card, audit.difference({"deleted_at": None}, {"deleted_at": at}), at)


def _lock(partner: Partner, card_id: int) -> Card:
    card = Card.objects.select_for_update().filter(partner=partner, pk=card_id, deleted_at=None).first()
    if card is None:
        raise ResourceNotFound
    return card


def _check_reach(partner: Partner, shop_ids: Sequence[int], reach: Reach) -> None:
    if not shop_ids and reach is not None:
        text = _("Without shops the card is valid in all of them: name those within your reach.")
        raise StoreAccessDenied(errors={"shop_ids": [text]})
    check_shops(partner=partner, shop_ids=shop_ids, reach=reach, field="shop_ids")


def _check_clamps(card: Card) -> None:
    faults = clamp_faults(audit.snapshot(card, CLAMPED))
    if faults:
        raise ValidationFailed(errors={field: [_("Must not be below the lower limit.")] for field in faults})


def _with_stored_pictures(partner: Partner, data: Mapping[str, Any]) -> Mapping[str, Any]:
    """`data` with its pictures replaced by the names of their files, written before any row is locked.

    A file is named by its content, so a repeat writes nothing and a refused change leaves at most an unused file.
    """
    design = data.get("card_design") or {}
    stored = {key: _store(partner, design[key]) for key in PICTURES if isinstance(design.get(key), Picture)}
    return {**data, "card_design": {**design, **stored}} if stored else data


def _store(partner: Partner, picture: Picture) -> str:
    name = f"partners/{partner.pk}/cards/{picture.name}"
    if not default_storage.exists(name):
        return default_storage.save(name, ContentFile(picture.content))
    return name


def _shop_ids(card: Card) -> list[int]:
    return sorted(CardShop.objects.filter(card=card).values_list("shop_id", flat=True))


def _set_shops(card: Card, shop_ids: Sequence[int]) -> None:
    CardShop.objects.filter(card=card).exclude(shop_id__in=shop_ids).delete()
    CardShop.objects.bulk_create([CardShop(card=card, shop_id=shop_id) for shop_id in shop_ids], ignore_conflicts=True)


def _record(actor: Actor, action: str, card: Card, changes: Mapping[str, tuple[Any, Any]], at: datetime) -> None:
    if changes:
        audit.record(actor=actor, action=action, target=card, partner_id=card.partner_id, changes=changes, at=at)
