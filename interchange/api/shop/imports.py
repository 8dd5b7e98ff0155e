"""Feeds of products and offers: `/{locale}/shop/xml-import*` (contract 8)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer
from rest_framework.request import Request
from rest_framework.response import Response

from customers.api.base import TillViewSet
from interchange.api.shop.parsers import FeedUploadParser
from interchange.api.shop.serializers import (
    FeedCheckSerializer,
    FeedDashboardSerializer,
    FeedFileSerializer,
    FeedImportSerializer,
    FeedMappingsSerializer,
    FeedReportSerializer,
    FeedStatsSerializer,
    FeedUrlSerializer,
    report,
)
from interchange.errors import ImportRunning, XmlFileTooLarge, XmlImportFailed, XmlNotValid
from interchange.rules.feed_reading import MOST_ITEMS
from interchange.rules.feed_texts import ITEM_REASONS
from interchange.rules.feed_words import CATEGORY_TAGS, OFFER_TAGS, PRODUCT_TAGS
from interchange.selectors.feed_imports import get_import, import_stats, list_imports, shown_errors
from interchange.services.feed_imports import (
    MOST_FILE_BYTES,
    MOST_UNPACKED_BYTES,
    FeedOrder,
    Survey,
    delete_import,
    import_feed,
    validate_feed,
)
from loyalty.api.envelope import acknowledged, ok
from loyalty.api.json import StrictJSONParser
from loyalty.api.schema import document
from loyalty.errors import (
    ResourceNotFound,
    ValidationFailed,
)
from loyalty.outbound.allowance import configured_allowance
from partners.errors import ScopeInsufficient, StoreAccessDenied
from partners.selectors.shops import check_whole_partner

REFUSED = (ScopeInsufficient, StoreAccessDenied)
READ = (*REFUSED, ValidationFailed, XmlImportFailed, XmlNotValid, XmlFileTooLarge, ImportRunning)
DEFAULT_HISTORY, MOST_HISTORY = 20, 100
RUN: dict[str, Any] = {
    "id": 5,
    "status": "completed",
    "source": "url",
    "url": "https://shop.example/products.xml",
    "file_name": "",
    "items": 120,
    "products_created": 118,
    "products_updated": 1,
    "products_unchanged": 0,
    "products_deactivated": 0,
    "offers_created": 0,
    "offers_updated": 0,
    "offers_unchanged": 0,
    "errors_count": 1,
    "error_code": "",
    "error_message": "",
    "created_at": "2026-11-27T05:00:00Z",
    "started_at": "2026-11-27T05:00:01Z",
    "finished_at": "2026-11-27T05:00:02Z",
}
FAULT = {"line": 14, "item": 3, "external_id": "A-3", "field": "price", "message": "This is no amount."}
REPORT = {**RUN, "import_id": 5, "errors": [FAULT]}
CHECK: dict[str, Any] = {
    "is_valid": True,
    "product_count": 120,
    "structure": {
        "detected_path": "products/product",
        "sample_fields": [{"name": "name", "value": "Green tea", "has_children": False}],
    },
    "errors": [FAULT],
}
STATS: dict[str, Any] = {
    "total_products": 120,
    "total_offers": 4,
    "products_with_images": 110,
    "products_with_discount": 12,
    "products_in_stock": 97,
    "categories_used": 14,
    "last_import": "2026-11-27T05:00:02Z",
}
OUTCOME = PolymorphicProxySerializer(
    component_name="FeedReportOrCheck",
    serializers=[FeedReportSerializer, FeedCheckSerializer],
    resource_type_field_name=None,
)
HOW = (
    "Large feeds are answered as `queued` and stored by a worker; look again at `xml-import/{id}`. An item is taken"
    " whole or refused whole. A feed that is imported again changes nothing that is the same."
)


class FeedImportViewSet(TillViewSet):
    """Feeds are of the whole partner: a key that reaches one shop only imports none."""

    capabilities: ClassVar[Mapping[str, str]] = {
        "from_url": "catalog.edit",
        "from_file": "catalog.edit",
        "validate": "catalog.edit",
        "mappings": "till.read",
        "stats": "till.read",
        "dashboard": "till.read",
        "history": "till.read",
        "retrieve": "till.read",
        "destroy": "catalog.edit",
    }
    parameters: ClassVar[Mapping[str, frozenset[str]]] = {"history": frozenset({"limit"})}

    def get_parsers(self) -> list[Any]:
        action = getattr(self, "action", None) or self.action_map.get((self.request.method or "").lower(), "")
        return [FeedUploadParser()] if action == "from_file" else [StrictJSONParser()]

    @document(
        "Import a feed from an address",
        answer=OUTCOME,
        body=FeedUrlSerializer,
        raises=READ,
        example=REPORT,
        body_example={"url": "https://shop.example/products.xml", "auto_publish": True},
        description=f"{HOW} With `validate_only` the answer is that of validation.",
    )
    def from_url(self, request: Request, locale: str) -> Response:
        data = self.validated(FeedUrlSerializer)
        return self._import(FeedOrder(url=self._url(data), **_wishes(data)), data)

    # What is fetched must not be inside the transaction that keeps answers; a repeat changes nothing that is the same.
    from_url.keeps_its_own_key = True

    @document(
        "Import a feed from a file",
        answer=OUTCOME,
        body={"multipart/form-data": FeedFileSerializer},
        raises=READ,
        example=REPORT,
        description=HOW,
    )
    def from_file(self, request: Request, locale: str) -> Response:
        # An absent box of a form means what we say, not "off".
        data = self.validated(FeedFileSerializer, partial=True)
        file = data.get("xml_file") or data.get("file")
        if not isinstance(file, UploadedFile):
            raise ValidationFailed(errors={"xml_file": [_("This field is required.")]})
        return self._import(FeedOrder(file=file, file_name=file.name or "", **_wishes(data)), data)

    @document(
        "Validate a feed",
        answer=FeedCheckSerializer,
        body=FeedUrlSerializer,
        raises=READ,
        example=CHECK,
        body_example={"url": "https://shop.example/products.xml"},
        description="Reads all of it and stores nothing.",
    )
    def validate(self, request: Request, locale: str) -> Response:
        order = FeedOrder(url=self._url(self.validated(FeedUrlSerializer)))
        return ok(_check(validate_feed(partner=self.partner, order=order, allowance=configured_allowance())))

    validate.keeps_its_own_key = True

    @document(
        "List the tags of a feed",
        answer=FeedMappingsSerializer,
        raises=(ScopeInsufficient,),
        example={
            "product_fields": {"name": ["name", "title", "product_name"]},
            "offer_fields": {"title": ["title", "name"]},
            "category_fields": {"categories": ["categories/category", "category"]},
        },
        description="For each field the tags that are understood; the first that is there counts.",
    )
    def mappings(self, request: Request, locale: str) -> Response:
        tables = {"product_fields": PRODUCT_TAGS, "offer_fields": OFFER_TAGS, "category_fields": CATEGORY_TAGS}
        return ok({name: {key: list(tags) for key, tags in table.items()} for name, table in tables.items()})

    @document("Get figures of the catalogue", answer=FeedStatsSerializer, raises=(ScopeInsufficient,), example=STATS)
    def stats(self, request: Request, locale: str) -> Response:
        return ok(import_stats(partner=self.partner, at=self.now))

    @document(
        "Get the overview of imports",
        operation_id="shop_xml_import_overview",
        answer=FeedDashboardSerializer,
        raises=(ScopeInsufficient,),
        example={"stats": STATS, "recent_imports": [RUN], "limits": {"file_bytes": 10_000_000, "items": 100_000}},
    )
    def dashboard(self, request: Request, locale: str) -> Response:
        rows = FeedImportSerializer(list_imports(partner=self.partner, limit=5), many=True).data
        limits = {"file_bytes": MOST_FILE_BYTES, "unpacked_bytes": MOST_UNPACKED_BYTES, "items": MOST_ITEMS}
        stats = import_stats(partner=self.partner, at=self.now)
        return ok({"stats": stats, "recent_imports": rows, "limits": limits})

    @document(
        "List imports",
        answer=FeedImportSerializer,
        many=True,
        parameters=[OpenApiParameter("limit", int, description="How many, at most 100. Default 20.")],
        raises=(ScopeInsufficient, ValidationFailed),
        example=[RUN],
        description="Newest first, failed ones too.",
    )
    def history(self, request: Request, locale: str) -> Response:
        text = request.query_params.get("limit") or str(DEFAULT_HISTORY)
        if not (text.isascii() and text.isdigit()) or not int(text[:9]) >= 1:
            raise ValidationFailed(errors={"limit": [_("Must be a whole number, 1 or more.")]})
        rows = list_imports(partner=self.partner, limit=min(int(text[:9]), MOST_HISTORY))
        return ok(FeedImportSerializer(rows, many=True).data)

    @document(
        "Get an import", answer=FeedReportSerializer, raises=(ScopeInsufficient, ResourceNotFound), example=REPORT
    )
    def retrieve(self, request: Request, locale: str, pk: int) -> Response:
        run = get_import(partner=self.partner, import_id=pk)
        return ok(report(run, shown_errors(run=run)))

    @document(
        "Delete an import from the history",
        raises=(*REFUSED, ResourceNotFound, ImportRunning),
        description="What it imported stays.",
    )
    def destroy(self, request: Request, locale: str, pk: int) -> Response:
        check_whole_partner(reach=self.shop_ids)
        delete_import(actor=self.actor, partner=self.partner, import_id=pk, at=self.now)
        return acknowledged(_("The import was deleted from the history. What it imported stays."))

    def _import(self, order: FeedOrder, data: Mapping[str, Any]) -> Response:
        check_whole_partner(reach=self.shop_ids)
        allowance = configured_allowance()
        if data.get("validate_only"):
            return ok(_check(validate_feed(partner=self.partner, order=order, allowance=allowance)))
        run = import_feed(actor=self.actor, partner=self.partner, order=order, at=self.now, allowance=allowance)
        return ok(report(run, shown_errors(run=run)))

    def _url(self, data: Mapping[str, Any]) -> str:
        url = data.get("url") or data.get("xml_url")
        if not url:
            raise ValidationFailed(errors={"url": [_("This field is required.")]})
        return str(url)


def _wishes(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "auto_publish": data.get("auto_publish", True),
        "deactivate_missing": data.get("deactivate_missing", False),
    }


def _check(survey: Survey) -> dict[str, Any]:
    errors = [
        {
            "line": item.line,
            "item": item.number,
            "external_id": (item.first("id", "external_id") or "")[:100],
            "field": name,
            "message": str(ITEM_REASONS.get(reason, reason)),
        }
        for item, name, reason in survey.faults
    ]
    return {
        "is_valid": survey.count > 0,
        "product_count": survey.count,
        "structure": survey.structure,
        "errors": errors,
    }
