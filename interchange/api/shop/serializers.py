"""How imports of feeds are asked for and answered (contract 8)."""

from collections.abc import Mapping
from typing import Any

from django.core.files import File
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from interchange.models import FeedImport
from interchange.rules.feed_texts import FEED_REASONS

KINDS = frozenset({"application/xml", "text/xml", "application/gzip", "application/x-gzip"})
# What a client says that does not know.
VAGUE_KINDS = frozenset({"", "application/octet-stream", "binary/octet-stream", "text/plain"})


class FeedUrlSerializer(serializers.Serializer):
    """Where the feed is; `xml_url` is the older name of `url`."""

    url = serializers.CharField(max_length=2_000, required=False)
    xml_url = serializers.CharField(max_length=2_000, required=False)
    validate_only = serializers.BooleanField(required=False, help_text="Only look; store nothing.")
    auto_publish = serializers.BooleanField(required=False, help_text="New products are active. Default true.")
    deactivate_missing = serializers.BooleanField(
        required=False, help_text="Switch off products that this feed brought once and does not bring now."
    )


def refuse_other_kinds(file: "File[Any]") -> None:
    """A feed says that it is XML, or packed, by its type or else by its name; what is in it is read later."""
    kind = (getattr(file, "content_type", None) or "").partition(";")[0].strip().lower()
    name = (file.name or "").lower()
    is_named = name.endswith((".xml", ".gz")) or "." not in name
    if kind not in KINDS and not kind.endswith("+xml") and not (kind in VAGUE_KINDS and is_named):
        raise serializers.ValidationError(_("Send an XML file (application/xml or text/xml), plain or gzip."))


class FeedFileSerializer(serializers.Serializer):
    """The feed itself, at most 10 MB, plain or gzip; `file` is another name of `xml_file`."""

    xml_file = serializers.FileField(required=False, validators=[refuse_other_kinds])
    file = serializers.FileField(required=False, validators=[refuse_other_kinds])
    validate_only = serializers.BooleanField(required=False)
    auto_publish = serializers.BooleanField(required=False)
    deactivate_missing = serializers.BooleanField(required=False)


class FeedErrorSerializer(serializers.Serializer):
    line = serializers.IntegerField()
    item = serializers.IntegerField(help_text="Which item of the feed, from 1.")
    external_id = serializers.CharField()
    field = serializers.CharField()
    message = serializers.CharField()


class SampleFieldSerializer(serializers.Serializer):
    name = serializers.CharField()
    value = serializers.CharField()
    has_children = serializers.BooleanField()


class FeedStructureSerializer(serializers.Serializer):
    detected_path = serializers.CharField(required=False)
    sample_fields = SampleFieldSerializer(many=True, required=False)


class FeedCheckSerializer(serializers.Serializer):
    """What is in a feed. `structure` is empty where nothing was found."""

    is_valid = serializers.BooleanField()  # type: ignore[assignment]  # the name on the wire
    product_count = serializers.IntegerField()
    structure = FeedStructureSerializer()
    errors = FeedErrorSerializer(many=True)  # type: ignore[assignment]  # the name on the wire


class FeedImportSerializer(serializers.Serializer):
    """One import in the history."""

    id = serializers.IntegerField()
    status = serializers.CharField(help_text="queued, running, completed or failed.")
    source = serializers.CharField()  # type: ignore[assignment]  # the name on the wire
    url = serializers.CharField()
    file_name = serializers.CharField()
    items = serializers.IntegerField()
    products_created = serializers.IntegerField()
    products_updated = serializers.IntegerField()
    products_unchanged = serializers.IntegerField()
    products_deactivated = serializers.IntegerField()
    offers_created = serializers.IntegerField()
    offers_updated = serializers.IntegerField()
    offers_unchanged = serializers.IntegerField()
    errors_count = serializers.IntegerField()
    error_code = serializers.CharField()
    error_message = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)

    def get_error_message(self, run: FeedImport) -> str:
        return str(FEED_REASONS.get(run.error_reason, run.error_reason))


class FeedReportSerializer(FeedImportSerializer):
    """What came of an import, with the first items that were refused."""

    import_id = serializers.IntegerField(source="id")
    errors = FeedErrorSerializer(many=True)  # type: ignore[assignment]  # the name on the wire


class FeedStatsSerializer(serializers.Serializer):
    total_products = serializers.IntegerField()
    total_offers = serializers.IntegerField()
    products_with_images = serializers.IntegerField()
    products_with_discount = serializers.IntegerField()
    products_in_stock = serializers.IntegerField()
    categories_used = serializers.IntegerField()
    last_import = serializers.DateTimeField(allow_null=True)


class FeedDashboardSerializer(serializers.Serializer):
    stats = FeedStatsSerializer()
    recent_imports = FeedImportSerializer(many=True)
    limits = serializers.DictField(child=serializers.IntegerField())


class FeedMappingsSerializer(serializers.Serializer):
    product_fields = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))
    offer_fields = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))
    category_fields = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))


class OfferSyncSerializer(serializers.Serializer):
    total_offers = serializers.IntegerField()
    active_offers = serializers.IntegerField()
    expired_offers = serializers.IntegerField()
    last_sync = serializers.DateTimeField(allow_null=True)


class ProductSyncSerializer(serializers.Serializer):
    total_products = serializers.IntegerField()
    active_products = serializers.IntegerField()
    inactive_products = serializers.IntegerField()
    products_with_discount = serializers.IntegerField()
    products_in_stock = serializers.IntegerField()
    categories_used = serializers.IntegerField()
    last_sync = serializers.DateTimeField(allow_null=True)


def report(run: FeedImport, errors: list[dict[str, Any]]) -> Mapping[str, Any]:
    """The body of FeedReportSerializer."""
    shown = dict(FeedImportSerializer(run).data)
    return {**shown, "import_id": run.pk, "errors": errors}
