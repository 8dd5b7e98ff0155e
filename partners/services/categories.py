"""Making, moving and ending categories; the whole tree of a partner is locked, so that no two moves make a ring."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from loyalty.errors import ResourceAlreadyExists, ResourceNotFound, ValidationFailed
from loyalty.services import audit
from loyalty.services.audit import Actor
from partners.errors import CategoryInUse
from partners.models import Category, Partner, Product
from partners.rules.tree import DEEPEST, depth_below, path_to
from partners.selectors.catalog import with_descendants

FIELDS = ("key", "slug", "name", "description", "parent_id", "earns_points", "is_active")


@transaction.atomic
def create_category(*, actor: Actor, partner: Partner, data: Mapping[str, Any], at: datetime) -> Category:
    """A new category; one that was deleted under the same key comes back.

    Raises ValidationFailed, ResourceAlreadyExists (key or slug), ResourceNotFound (parent).
    """
    parents = _lock_tree(partner)
    key = _key(data, partner)
    category = Category.objects.filter(partner=partner, key=key).first()
    if category is not None and category.deleted_at is None:
        raise ResourceAlreadyExists(what=f"key {key}", errors={"key": [_("There is a category with this key.")]})
    category = category or Category(partner=partner)
    fresh = Category()
    for name in FIELDS:
        setattr(category, name, data.get(name, getattr(fresh, name)))
    category.key, category.deleted_at = key, None
    category.slug = _slug(partner, category, data.get("slug"))
    _place(partner, category, parents, says_earning=data.get("earns_points") is True)
    category.save()
    made = {name: (None, value) for name, value in audit.snapshot(category, FIELDS).items() if value not in (None, "")}
    _record(actor, "category.created", category, made, at)
    return category


@transaction.atomic
def update_category(
    *, actor: Actor, partner: Partner, category_id: int, data: Mapping[str, Any], at: datetime
) -> Category:
    """Change what `data` names. A category that stops earning takes all below it along.

    Raises ValidationFailed, ResourceAlreadyExists (key or slug), ResourceNotFound.
    """
    parents = _lock_tree(partner)
    category = _get(partner, category_id)
    before = audit.snapshot(category, FIELDS)
    for name in FIELDS:
        if name in data and name not in {"key", "slug"}:
            setattr(category, name, data[name])
    if "key" in data:
        category.key = _key(data, partner)
        if Category.objects.filter(partner=partner, key=category.key).exclude(pk=category.pk).exists():
            raise ResourceAlreadyExists(
                what=f"key {category.key}", errors={"key": [_("There is a category with this key.")]}
            )
    if data.get("slug") and data["slug"] != category.slug:
        category.slug = _slug(partner, category, data["slug"])
    _place(partner, category, parents, says_earning=data.get("earns_points") is True)
    category.save()
    _record(actor, "category.updated", category, audit.difference(before, audit.snapshot(category, FIELDS)), at)
    if not category.earns_points:
        stop_earning_below(actor=actor, category=category, at=at)
    return category


@transaction.atomic
def delete_category(*, actor: Actor, partner: Partner, category_id: int, at: datetime) -> None:
    """End a category. Raises CategoryInUse while something hangs below it or products are in it."""
    _lock_tree(partner)
    category = _get(partner, category_id)
    children = Category.objects.filter(partner=partner, parent=category, deleted_at=None).count()
    products = Product.objects.filter(partner=partner, category=category, deleted_at=None).count()
    if children or products:
        raise CategoryInUse(children=children, products=products)
    category.deleted_at = at
    category.slug = ""  # its name in addresses is free again
    category.save(update_fields=["deleted_at", "slug", "updated_at"])
    _record(actor, "category.deleted", category, {"deleted_at": (None, at)}, at)


@transaction.atomic
def stop_earning_below(*, actor: Actor, category: Category, at: datetime) -> None:
    """All that hangs below a category that earns nothing earns nothing from now on."""
    partner = category.partner
    below = with_descendants(partner=partner, category_ids=[category.pk]) - {category.pk}
    rows = Category.objects.select_for_update().filter(partner=partner, pk__in=below, earns_points=True)
    for row in rows.order_by("pk"):
        row.earns_points = False
        row.save(update_fields=["earns_points", "updated_at"])
        _record(actor, "category.updated", row, {"earns_points": (True, False)}, at)


def _lock_tree(partner: Partner) -> dict[int, int | None]:
    rows = Category.objects.select_for_update().filter(partner=partner, deleted_at=None).order_by("pk")
    return dict(rows.values_list("pk", "parent_id"))


def _get(partner: Partner, category_id: int) -> Category:
    category = Category.objects.filter(partner=partner, pk=category_id, deleted_at=None).first()
    if category is None:
        raise ResourceNotFound(errors={"category_id": [_("There is no such category.")]})
    return category


def _key(data: Mapping[str, Any], partner: Partner) -> str:
    """The word that tills send: as given, else the name in the partner's language."""
    name = data.get("name") or {}
    text = data.get("key") or name.get(partner.default_language) or next(iter(name.values()), "")
    key = " ".join(str(text).split()).casefold()
    if not key or len(key) > 100:
        text = _("This field is required.") if not key else _("Must have at most {most} characters.").format(most=100)
        raise ValidationFailed(errors={"key": [text]})
    return key


def _slug(partner: Partner, category: Category, wanted: str | None) -> str:
    """A free name in addresses. Raises ResourceAlreadyExists where the one that is asked for is taken."""
    taken = set(
        Category.objects.filter(partner=partner).exclude(slug="").exclude(pk=category.pk).values_list("slug", flat=True)
    )
    if wanted:
        if wanted in taken:
            raise ResourceAlreadyExists(what=f"slug {wanted}", errors={"slug": [_("Another category has this slug.")]})
        return wanted
    base = slugify(category.name.get("en") or category.key)[:100] or "category"
    number, slug = 1, base
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug


def _place(partner: Partner, category: Category, parents: Mapping[int, int | None], *, says_earning: bool) -> None:
    """See that the category hangs where it may. Raises ResourceNotFound, ValidationFailed."""
    parent_id = category.parent_id
    if parent_id is None:
        return
    if parent_id not in parents:
        raise ResourceNotFound(errors={"parent_id": [_("There is no such category.")]})
    path = path_to(parents, parent_id)
    if category.pk in path:
        raise ValidationFailed(errors={"parent_id": [_("A category cannot hang below itself.")]})
    if len(path) + (depth_below(parents, category.pk) if category.pk in parents else 1) > DEEPEST:
        text = _("The tree has at most {most} levels.").format(most=DEEPEST)
        raise ValidationFailed(errors={"parent_id": [text]})
    if not Category.objects.get(pk=parent_id, partner=partner).earns_points:
        if says_earning:
            text = _("The category above earns no points, so this one earns none either.")
            raise ValidationFailed(errors={"earns_points": [text]})
        category.earns_points = False


def _record(
    actor: Actor, action: str, category: Category, changes: Mapping[str, tuple[Any, Any]], at: datetime
) -> None:
    if changes:
        audit.record(
            actor=actor,
            action=action,
            target=category,
            partner_id=category.partner_id,
            changes=changes,
            personal=(),
            at=at,
        )
