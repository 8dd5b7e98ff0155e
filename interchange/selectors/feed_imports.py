"""Reading imports of feeds, and what the catalogue holds by now."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from interchange.choices import ImportStatus
from interchange.models import FeedImport, FeedRowError
from interchange.rules.feed_texts import ITEM_REASONS
from loyalty.errors import ResourceNotFound
from partners.models import Partner
from partners.selectors.catalog import product_figures
from partners.selectors.offers import offer_counts

SHOWN_ERRORS = 100


def list_imports(*, partner: Partner, limit: int) -> list[FeedImport]:
    """The newest imports that were not taken out of the history."""
    return list(_of(partner).order_by("-pk")[:limit])


def get_import(*, partner: Partner, import_id: int) -> FeedImport:
    """One import. Raises ResourceNotFound."""
    run = _of(partner).filter(pk=import_id).first()
    if run is None:
        raise ResourceNotFound(errors={"import_id": [_("There is no such import.")]})
    return run


def shown_errors(*, run: FeedImport) -> list[dict[str, Any]]:
    """The first refused items of an import, in words."""
    return [error_row(row) for row in run.row_errors.order_by("pk")[:SHOWN_ERRORS]]


def error_row(row: FeedRowError) -> dict[str, Any]:
    """One refused item, in words."""
    return {
        "line": row.line,
        "item": row.item,
        "external_id": row.external_id,
        "field": row.field,
        "message": str(ITEM_REASONS.get(row.reason, row.reason)),
    }


def last_import(*, partner: Partner) -> datetime | None:
    """When the last import that succeeded was done, taken out of the history or not."""
    done = FeedImport.objects.filter(partner=partner, status=ImportStatus.COMPLETED)
    return done.order_by("-pk").values_list("finished_at", flat=True).first()


def import_stats(*, partner: Partner, at: datetime) -> dict[str, Any]:
    """The catalogue in figures."""
    figures = product_figures(partner=partner)
    return {
        "total_products": figures["total"],
        "total_offers": offer_counts(partner=partner, at=at)["total"],
        "products_with_images": figures["with_images"],
        "products_with_discount": figures["discounted"],
        "products_in_stock": figures["in_stock"],
        "categories_used": figures["categories"],
        "last_import": last_import(partner=partner),
    }


def _of(partner: Partner) -> QuerySet[FeedImport]:
    return FeedImport.objects.filter(partner=partner, deleted_at=None)
