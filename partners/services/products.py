"""Making, changing and ending products."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from loyalty.errors import ResourceAlreadyExists, ResourceNotFound, ValidationFailed
from loyalty.services import audit
from loyalty.services.audit import Actor
from partners.models import Partner, Product, ProductCategory
from partners.selectors.catalog import check_categories, get_product, with_ancestors

FIELDS = (
    *("external_id", "xml_id", "name", "description", "category_id", "earns_points", "brand", "model", "sku", "ean"),
    *("price", "discounted_price", "currency", "availability", "stock_quantity", "weight", "color", "size"),
    *("delivery_info", "warranty_info", "image_url", "images", "external_url", "is_featured", "is_active"),
)


@transaction.atomic
def create_product(*, actor: Actor, partner: Partner, data: Mapping[str, Any], at: datetime) -> Product:
    """A new product. `data` holds FIELDS and `category_ids`; one that was deleted under the same number comes back.

    Raises ValidationFailed, ResourceAlreadyExists (number at the till), ResourceNotFound (category).
    """
    number = data["external_id"]
    product = Product.objects.select_for_update().filter(partner=partner, external_id=number).first()
    if product is not None and product.deleted_at is None:
        text = _("Another product has this number.")
        raise ResourceAlreadyExists(what=f"external_id {number}", errors={"external_id": [text]})
    product = product or Product(partner=partner)
    fresh = Product()
    for name in FIELDS:
        setattr(product, name, data.get(name, getattr(fresh, name)))
    product.external_id, product.deleted_at = number, None
    product.currency = data.get("currency") or partner.currency
    linked = _categories(partner, product, data, set())
    _check_prices(product)
    product.save()
    set_categories(product=product, category_ids=linked)
    made = {**audit.snapshot(product, FIELDS), "category_ids": sorted(linked)}
    _record(actor, "product.created", product, {name: (None, value) for name, value in made.items() if value}, at)
    return get_product(partner=partner, product_id=product.pk)


@transaction.atomic
def update_product(
    *, actor: Actor, partner: Partner, product_id: int, data: Mapping[str, Any], at: datetime
) -> Product:
    """Change what `data` names. Raises ValidationFailed, ResourceAlreadyExists, ResourceNotFound."""
    product = _lock(partner, product_id)
    present = set(ProductCategory.objects.filter(product=product).values_list("category_id", flat=True))
    before = {**audit.snapshot(product, FIELDS), "category_ids": sorted(present)}
    number = data.get("external_id", product.external_id)
    if Product.objects.filter(partner=partner, external_id=number).exclude(pk=product.pk).exists():
        text = _("Another product has this number.")
        raise ResourceAlreadyExists(what=f"external_id {number}", errors={"external_id": [text]})
    for name in FIELDS:
        if name in data:
            setattr(product, name, data[name])
    linked = _categories(partner, product, data, present)
    _check_prices(product)
    product.save()
    set_categories(product=product, category_ids=linked)
    after = {**audit.snapshot(product, FIELDS), "category_ids": sorted(linked)}
    _record(actor, "product.updated", product, audit.difference(before, after), at)
    return get_product(partner=partner, product_id=product.pk)


@transaction.atomic
def delete_product(*, actor: Actor, partner: Partner, product_id: int, at: datetime) -> None:
    """End a product: no catalogue shows it; sales and coupons that name it stay."""
    product = _lock(partner, product_id)
    product.deleted_at = at
    product.save(update_fields=["deleted_at", "updated_at"])
    _record(actor, "product.deleted", product, {"deleted_at": (None, at)}, at)


def set_categories(*, product: Product, category_ids: Iterable[int]) -> None:
    """Make the groups that show a product exactly these."""
    wanted = set(category_ids)
    ProductCategory.objects.filter(product=product).exclude(category_id__in=wanted).delete()
    links = [ProductCategory(product=product, category_id=pk) for pk in sorted(wanted)]
    ProductCategory.objects.bulk_create(links, ignore_conflicts=True)


def _lock(partner: Partner, product_id: int) -> Product:
    product = Product.objects.select_for_update().filter(partner=partner, pk=product_id, deleted_at=None).first()
    if product is None:
        raise ResourceNotFound(errors={"product_id": [_("There is no such product.")]})
    return product


def _categories(partner: Partner, product: Product, data: Mapping[str, Any], present: set[int]) -> set[int]:
    """The groups that show the product, those above them included; the first one named is its main group."""
    named = data.get("category_ids")
    if named is not None:
        check_categories(partner=partner, category_ids=named, field="category_ids")
        if "category_id" not in data and product.category_id not in named:
            product.category_id = named[0] if named else None
    if data.get("category_id") is not None:
        check_categories(partner=partner, category_ids=[data["category_id"]], field="category_id")
    chosen = set(present if named is None else named)
    if product.category_id is not None:
        chosen.add(product.category_id)
    return with_ancestors(partner=partner, category_ids=chosen)


def _check_prices(product: Product) -> None:
    if product.discounted_price is not None and product.price is None:
        raise ValidationFailed(errors={"price": [_("Give the regular price beside the discounted one.")]})


def _record(actor: Actor, action: str, product: Product, changes: Mapping[str, tuple[Any, Any]], at: datetime) -> None:
    if changes:
        audit.record(
            actor=actor,
            action=action,
            target=product,
            partner_id=product.partner_id,
            changes=changes,
            personal=(),
            at=at,
        )
