"""Making, changing and ending offers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from loyalty.errors import ResourceNotFound, ValidationFailed
from loyalty.services import audit
from loyalty.services.audit import Actor
from partners.errors import StoreAccessDenied
from partners.models import Offer, OfferCategory, OfferShop, Partner
from partners.rules.offers import offer_faults, settled
from partners.selectors.catalog import check_categories, check_product
from partners.selectors.offers import get_offer
from partners.selectors.programmes import check_programmes
from partners.selectors.shops import check_shops

FIELDS = (
    *("external_id", "title", "description", "terms_conditions", "kind", "discount_type", "discount_value"),
    *("points_multiplier", "points_required", "minimum_level", "valid_from", "valid_until", "usage_limit"),
    *("user_limit", "minimum_purchase", "maximum_discount", "coupon_validity_days", "product_id", "image_url"),
    "card_ids",
    *("priority", "is_featured", "is_active"),
)
# Audited under their own names: none of them is about a person.
NOT_PERSONAL: frozenset[str] = frozenset()
Reach = frozenset[int] | None


@transaction.atomic
def create_offer(
    *, actor: Actor, partner: Partner, data: Mapping[str, Any], reach: Reach, at: datetime, feed: str = ""
) -> Offer:
    """A new offer. `data` holds FIELDS and `category_ids`, `card_ids` and `shop_ids`; empty ones mean all goods, cards
    and shops.

    Raises ValidationFailed; ResourceNotFound for an unknown shop, group or product; StoreAccessDenied where it would be
    valid beyond `reach`.
    """
    offer = Offer(partner=partner, feed=feed)
    shop_ids = sorted(set(data.get("shop_ids") or ()))
    category_ids = sorted(set(data.get("category_ids") or ()))
    _check_reach(partner, shop_ids, reach)
    _check_goods(partner, data, category_ids)
    _fill(partner, offer, data)
    offer.save(force_insert=True)
    _link(offer, shop_ids, category_ids)
    made = {**audit.snapshot(offer, FIELDS), "shop_ids": shop_ids, "category_ids": category_ids}
    _record(actor, "offer.created", offer, {name: (None, value) for name, value in made.items() if value}, at)
    return get_offer(partner=partner, offer_id=offer.pk)


@transaction.atomic
def update_offer(
    *, actor: Actor, partner: Partner, offer_id: int, data: Mapping[str, Any], reach: Reach, at: datetime
) -> Offer:
    """Change what `data` names and nothing else; coupons that were claimed stay as they are.

    Raises ValidationFailed, ResourceNotFound, StoreAccessDenied where the offer is or would be valid beyond `reach`.
    """
    offer = _lock(partner, offer_id)
    shops, categories = _shop_ids(offer), _category_ids(offer)
    _check_reach(partner, shops, reach)
    wanted = sorted(set(data["shop_ids"] or ())) if "shop_ids" in data else shops
    goods = sorted(set(data["category_ids"] or ())) if "category_ids" in data else categories
    if wanted != shops:
        _check_reach(partner, wanted, reach)
    _check_goods(partner, data, goods if goods != categories else ())
    before = {**audit.snapshot(offer, FIELDS), "shop_ids": shops, "category_ids": categories}
    _fill(partner, offer, data)
    offer.save()
    _link(offer, wanted, goods)
    after = {**audit.snapshot(offer, FIELDS), "shop_ids": wanted, "category_ids": goods}
    _record(actor, "offer.updated", offer, audit.difference(before, after), at)
    return get_offer(partner=partner, offer_id=offer.pk)


@transaction.atomic
def delete_offer(*, actor: Actor, partner: Partner, offer_id: int, reach: Reach, at: datetime) -> None:
    """End an offer: nobody sees or claims it any more, no sale gets it; claimed coupons stay valid."""
    offer = _lock(partner, offer_id)
    _check_reach(partner, _shop_ids(offer), reach)
    offer.deleted_at = at
    offer.external_id = ""  # a feed that brings it again makes a new one
    offer.save(update_fields=["deleted_at", "external_id", "updated_at"])
    _record(actor, "offer.deleted", offer, {"deleted_at": (None, at)}, at)


def _lock(partner: Partner, offer_id: int) -> Offer:
    offer = Offer.objects.select_for_update().filter(partner=partner, pk=offer_id, deleted_at=None).first()
    if offer is None:
        raise ResourceNotFound(errors={"offer_id": [_("There is no such offer.")]})
    return offer


def _check_reach(partner: Partner, shop_ids: Sequence[int], reach: Reach) -> None:
    if not shop_ids and reach is not None:
        text = _("Without shops the offer is valid in all of them: name those within your reach.")
        raise StoreAccessDenied(errors={"shop_ids": [text]})
    check_shops(partner=partner, shop_ids=shop_ids, reach=reach, field="shop_ids")


def _check_goods(partner: Partner, data: Mapping[str, Any], category_ids: Sequence[int]) -> None:
    check_categories(partner=partner, category_ids=category_ids, field="category_ids")
    check_programmes(partner=partner, card_ids=data.get("card_ids") or (), field="card_ids")
    if data.get("product_id") is not None:
        check_product(partner=partner, product_id=data["product_id"])


def _fill(partner: Partner, offer: Offer, data: Mapping[str, Any]) -> None:
    """Set the fields and see that they make a whole. Raises ValidationFailed."""
    values = audit.snapshot(offer, FIELDS) | {name: data[name] for name in FIELDS if name in data}
    values = settled(values) | {"card_ids": sorted(set(values["card_ids"] or ()))}
    faults = offer_faults({**values, "usage_count": offer.usage_count})
    level = values["minimum_level"]
    if level and level not in partner.levels and "minimum_level" not in faults:
        known = ", ".join(sorted(partner.levels, key=partner.levels.__getitem__))
        faults["minimum_level"] = [_("Unknown level. There are: {levels}.").format(levels=known)]
    number = values["external_id"]
    others = Offer.objects.filter(partner=partner, external_id=number).exclude(pk=offer.pk)
    if number and others.exists():
        faults["external_id"] = [_("Another offer has this number.")]
    if faults:
        raise ValidationFailed(errors=faults)
    for name, value in values.items():
        setattr(offer, name, value)


def _shop_ids(offer: Offer) -> list[int]:
    return sorted(OfferShop.objects.filter(offer=offer).values_list("shop_id", flat=True))


def _category_ids(offer: Offer) -> list[int]:
    return sorted(OfferCategory.objects.filter(offer=offer).values_list("category_id", flat=True))


def _link(offer: Offer, shop_ids: Sequence[int], category_ids: Sequence[int]) -> None:
    """Make the links exactly these."""
    OfferShop.objects.filter(offer=offer).exclude(shop_id__in=shop_ids).delete()
    OfferShop.objects.bulk_create([OfferShop(offer=offer, shop_id=pk) for pk in shop_ids], ignore_conflicts=True)
    OfferCategory.objects.filter(offer=offer).exclude(category_id__in=category_ids).delete()
    OfferCategory.objects.bulk_create(
        [OfferCategory(offer=offer, category_id=pk) for pk in category_ids], ignore_conflicts=True
    )


def _record(actor: Actor, action: str, offer: Offer, changes: Mapping[str, tuple[Any, Any]], at: datetime) -> None:
    if changes:
        audit.record(
            actor=actor,
            action=action,
            target=offer,
            partner_id=offer.partner_id,
            changes=changes,
            personal=NOT_PERSONAL,
            at=at,
        )
