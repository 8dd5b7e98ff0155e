"""Putting a feed's items into the catalogue, a batch at a time: what is the same already is not written."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from interchange.models import FeedImport, FeedRowError
from interchange.rules.feed_values import ReadItem
from interchange.services.feed_categories import FeedCategories
from loyalty.services.audit import Actor
from partners.models import Offer, OfferCategory, Partner, Product, ProductCategory
from partners.rules.offers import offer_faults

BATCH = 500
MOST_ERRORS = 1_000
_MISSING = """
UPDATE partners_product SET is_active = false, missing_since = %(at)s, updated_at = %(at)s
WHERE partner_id = %(partner)s AND feed = %(feed)s AND is_active AND deleted_at IS NULL
  AND NOT external_id = ANY (%(seen)s)
"""


@dataclass(slots=True)
class Counts:
    """What came of a feed, by the names of FeedImport's columns."""

    items: int = 0
    products_created: int = 0
    products_updated: int = 0
    products_unchanged: int = 0
    products_deactivated: int = 0
    offers_created: int = 0
    offers_updated: int = 0
    offers_unchanged: int = 0
    errors_count: int = 0


@dataclass(slots=True)
class FeedStore:
    """Takes read items; whoever calls holds the lock of the feed. An item is taken whole or refused whole."""

    run: FeedImport
    partner: Partner
    actor: Actor
    at: datetime
    counts: Counts = field(default_factory=Counts)
    categories: FeedCategories = field(init=False)
    _seen: dict[tuple[bool, str], int] = field(default_factory=dict)
    _batch: list[ReadItem] = field(default_factory=list)
    _errors: list[FeedRowError] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.categories = FeedCategories(partner=self.partner, actor=self.actor, at=self.at)

    def take(self, read: ReadItem) -> None:
        """One item; it is stored with its batch."""
        self.counts.items += 1
        name = (read.is_offer, read.external_id)
        if not read.faults and name in self._seen:
            read.faults.append(("external_id", "twice"))
        if not read.faults and (fault := self.categories.fault(read.categories)) is not None:
            read.faults.append(("categories", fault))
        if read.external_id:
            # A refused item is still in the feed: its product is not missing.
            self._seen.setdefault(name, read.item.number)
        if read.faults:
            self._refuse(read)
            return
        self._batch.append(read)
        if len(self._batch) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Store what waits, in one transaction."""
        with transaction.atomic():
            self._store_products([read for read in self._batch if not read.is_offer])
            for read in self._batch:
                if read.is_offer:
                    self._store_offer(read)
            FeedRowError.objects.bulk_create(self._errors)
        self._batch, self._errors = [], []

    def switch_off_missing(self) -> None:
        """Products that this feed once brought and does not bring any more."""
        seen = [number for is_offer, number in self._seen if not is_offer]
        parameters: dict[str, Any] = {"at": self.at, "partner": self.partner.pk, "feed": self.run.feed, "seen": seen}
        with connection.cursor() as cursor:
            cursor.execute(_MISSING, parameters)
            self.counts.products_deactivated = cursor.rowcount

    def _refuse(self, read: ReadItem) -> None:
        self.counts.errors_count += 1
        if self.counts.errors_count > MOST_ERRORS:
            return
        self._errors += [
            FeedRowError(
                feed_import=self.run,
                line=read.item.line,
                item=read.item.number,
                external_id=read.external_id[:100],
                field=name,
                reason=reason,
            )
            for name, reason in read.faults
        ]

    # --- products

    def _store_products(self, batch: Sequence[ReadItem]) -> None:
        numbers = [read.external_id for read in batch]
        rows = Product.objects.select_for_update().filter(partner=self.partner, external_id__in=numbers).order_by("pk")
        known = {row.external_id: row for row in rows}
        links = self._links([row.pk for row in known.values()])
        made: list[Product] = []
        changed: list[Product] = []
        wanted: dict[str, set[int]] = {}
        for read in batch:
            ids = self.categories.ids(read.categories)
            if ids:
                read.values["category_id"] = ids[0]
                wanted[read.external_id] = self.categories.with_ancestors(ids)
            row = known.get(read.external_id)
            if row is None:
                made.append(self._made(read))
                continue
            is_new_link = ids and links.get(row.pk, set()) != wanted[read.external_id]
            if self._apply(row, read):
                changed.append(row)
            elif not is_new_link:
                self.counts.products_unchanged += 1
                continue
            self.counts.products_updated += 1
        for row in changed:
            row.updated_at = self.at
        Product.objects.bulk_update(changed, _PRODUCT_COLUMNS, batch_size=BATCH)
        known |= {row.external_id: row for row in Product.objects.bulk_create(made)}
        self.counts.products_created += len(made)
        self._link({known[number].pk: ids for number, ids in wanted.items()}, links)

    def _made(self, read: ReadItem) -> Product:
        values = {"currency": self.partner.currency, **read.values}
        return Product(
            partner=self.partner, feed=self.run.feed, is_active=self.run.auto_publish, updated_at=self.at, **values
        )

    def _apply(self, row: Product, read: ReadItem) -> bool:
        """Make the row say what the feed says, and tell whether that changed anything. Absent fields stay."""
        values: dict[str, Any] = dict(read.values)
        if row.feed and row.feed != self.run.feed:
            values["feed"] = self.run.feed
        if row.deleted_at is not None:
            values |= {"deleted_at": None, "feed": self.run.feed, "is_active": self.run.auto_publish}
        if row.missing_since is not None:
            values |= {"missing_since": None, "is_active": self.run.auto_publish}
        changes = {name: value for name, value in values.items() if getattr(row, name) != value}
        for name, value in changes.items():
            setattr(row, name, value)
        return bool(changes)

    def _links(self, product_ids: Sequence[int]) -> dict[int, set[int]]:
        found: dict[int, set[int]] = {}
        rows = ProductCategory.objects.filter(product_id__in=product_ids).values_list("product_id", "category_id")
        for product_id, category_id in rows:
            found.setdefault(product_id, set()).add(category_id)
        return found

    def _link(self, wanted: dict[int, set[int]], present: dict[int, set[int]]) -> None:
        new = []
        for product_id, ids in wanted.items():
            held = present.get(product_id, set())
            if held - ids:
                ProductCategory.objects.filter(product_id=product_id, category_id__in=held - ids).delete()
            new += [ProductCategory(product_id=product_id, category_id=pk) for pk in sorted(ids - held)]
        ProductCategory.objects.bulk_create(new, ignore_conflicts=True)

    # --- offers

    def _store_offer(self, read: ReadItem) -> None:
        number = read.external_id
        offer = Offer.objects.select_for_update().filter(partner=self.partner, external_id=number).first()
        is_new = offer is None
        if offer is None:
            offer = Offer(partner=self.partner, feed=self.run.feed, is_active=self.run.auto_publish)
        # Absent fields stay, and people change offers too: what the feed says must fit what is kept.
        whole = {name: read.values.get(name, getattr(offer, name)) for name in _WHOLE}
        read.faults += [(name, "offer") for name in offer_faults(whole)]
        if read.faults:
            self._refuse(read)
            return
        changes = {name: value for name, value in read.values.items() if getattr(offer, name) != value}
        for name, value in changes.items():
            setattr(offer, name, value)
        ids = self.categories.ids(read.categories)
        held = (
            set(OfferCategory.objects.filter(offer=offer).values_list("category_id", flat=True)) if offer.pk else set()
        )
        if is_new or changes:
            offer.save()
        if ids and set(ids) != held:
            OfferCategory.objects.filter(offer=offer).exclude(category_id__in=ids).delete()
            new = [OfferCategory(offer=offer, category_id=pk) for pk in ids]
            OfferCategory.objects.bulk_create(new, ignore_conflicts=True)
            changes["categories"] = ids
        if is_new:
            self.counts.offers_created += 1
        elif changes:
            self.counts.offers_updated += 1
        else:
            self.counts.offers_unchanged += 1


_WHOLE = (
    *("kind", "discount_type", "discount_value", "points_multiplier", "points_required", "minimum_level"),
    *("valid_from", "valid_until", "usage_limit", "user_limit", "usage_count"),
)
_PRODUCT_COLUMNS = (
    *("name", "description", "brand", "model", "ean", "sku", "xml_id", "price", "discounted_price", "currency"),
    *("availability", "stock_quantity", "delivery_info", "warranty_info", "image_url", "external_url", "weight"),
    *("color", "size", "is_featured", "category", "feed", "is_active", "deleted_at", "missing_since", "updated_at"),
)
