"""Reading categories and products."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Max, Prefetch, Q, QuerySet
from django.utils.text import slugify
from django.utils.translation import gettext as _

from loyalty.api.pagination import Page
from loyalty.errors import ResourceNotFound
from partners.models import Category, Partner, Product


@dataclass(frozen=True, slots=True)
class Branch:
    """A category with what hangs below it; `level` counts from 0."""

    category: Category
    level: int
    children: "list[Branch]"


def categories_of(partner: Partner) -> QuerySet[Category]:
    """The categories of a partner that are not deleted."""
    return Category.objects.filter(partner=partner, deleted_at=None)


def products_of(partner: Partner) -> QuerySet[Product]:
    """The products of a partner that are not deleted."""
    return Product.objects.filter(partner=partner, deleted_at=None)


def get_category(*, partner: Partner, category_id: int) -> Category:
    """One category. Raises ResourceNotFound, for another partner's and for a deleted one too."""
    category = categories_of(partner).filter(pk=category_id).first()
    if category is None:
        raise ResourceNotFound(errors={"category_id": [_("There is no such category.")]})
    return category


def get_product(*, partner: Partner, product_id: int) -> Product:
    """One product with its categories. Raises ResourceNotFound, for another partner's and for a deleted one too."""
    product = with_categories(products_of(partner)).filter(pk=product_id).first()
    if product is None:
        raise ResourceNotFound(errors={"product_id": [_("There is no such product.")]})
    return product


def list_categories(*, partner: Partner, filtered: QuerySet[Category], page: Page) -> tuple[list[Category], int]:
    """One page of categories by key, and how many there are."""
    rows = filtered.filter(partner=partner)
    return list(rows.order_by("key", "pk")[page.offset : page.offset + page.size]), rows.count()


def list_products(*, partner: Partner, filtered: QuerySet[Product], page: Page) -> tuple[list[Product], int]:
    """One page of products with their categories, newest first, and how many there are."""
    rows = filtered.filter(partner=partner)
    shown = with_categories(rows).order_by("-pk")[page.offset : page.offset + page.size]
    return list(shown), rows.count()


def with_categories(products: QuerySet[Product]) -> QuerySet[Product]:
    """With everything that an answer shows."""
    return products.prefetch_related(Prefetch("categories", Category.objects.filter(deleted_at=None).order_by("pk")))


def check_categories(*, partner: Partner, category_ids: Iterable[int], field: str) -> None:
    """Raises ResourceNotFound unless all are categories of this partner."""
    wanted = set(category_ids)
    known = set(categories_of(partner).filter(pk__in=wanted).values_list("pk", flat=True)) if wanted else set()
    if wanted - known:
        raise ResourceNotFound(errors={field: [_("There is no such category.")]})


def check_product(*, partner: Partner, product_id: int, field: str = "product_id") -> None:
    """Raises ResourceNotFound unless it is a product of this partner."""
    if not products_of(partner).filter(pk=product_id).exists():
        raise ResourceNotFound(errors={field: [_("There is no such product.")]})


def category_tree(*, partner: Partner) -> list[Branch]:
    """All active categories as trees, siblings by key. What hangs below an inactive one is not shown."""
    rows = categories_of(partner).filter(is_active=True).order_by("key", "pk")
    below: dict[int | None, list[Category]] = {}
    for row in rows:
        below.setdefault(row.parent_id, []).append(row)
    return _branches(below, None, 0)


def _branches(below: dict[int | None, list[Category]], parent_id: int | None, level: int) -> list[Branch]:
    return [Branch(row, level, _branches(below, row.pk, level + 1)) for row in below.get(parent_id, [])]


def flat(branches: Sequence[Branch]) -> list[Branch]:
    """The trees as one list, each category before what hangs below it."""
    return [one for branch in branches for one in (branch, *flat(branch.children))]


def with_ancestors(*, partner: Partner, category_ids: Iterable[int]) -> set[int]:
    """These categories and all above them."""
    parents = dict(categories_of(partner).values_list("pk", "parent_id"))
    found: set[int] = set()
    for pk in category_ids:
        here: int | None = pk
        while here is not None and here not in found:
            found.add(here)
            here = parents.get(here)
    return found


def with_descendants(*, partner: Partner, category_ids: Iterable[int]) -> set[int]:
    """These categories and all below them."""
    below: dict[int | None, list[int]] = {}
    for pk, parent_id in categories_of(partner).values_list("pk", "parent_id"):
        below.setdefault(parent_id, []).append(pk)
    found: set[int] = set()
    waiting = list(category_ids)
    while waiting:
        here = waiting.pop()
        if here not in found:
            found.add(here)
            waiting += below.get(here, [])
    return found


def slug_of(category: Category) -> str:
    """Its name in addresses, made of the key where nobody gave one."""
    return category.slug or slugify(category.key) or str(category.pk)


def product_figures(*, partner: Partner) -> dict[str, Any]:
    """How many products there are, by what clients ask of them."""
    rows = products_of(partner)
    return rows.aggregate(
        total=Count("pk"),
        active=Count("pk", filter=Q(is_active=True)),
        inactive=Count("pk", filter=Q(is_active=False)),
        discounted=Count("pk", filter=Q(discounted_price__lt=F("price"))),
        in_stock=Count("pk", filter=~Q(availability="out_of_stock")),
        with_images=Count("pk", filter=~Q(image_url="")),
        last_change=Max("updated_at"),
    ) | {"categories": rows.exclude(categories=None).values("categories").distinct().count()}
