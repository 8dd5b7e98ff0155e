from django.urls import path

from interchange.api.shop.imports import FeedImportViewSet
from interchange.api.shop.sync import SyncViewSet

urlpatterns = [
    path("shop/xml-import", FeedImportViewSet.as_view({"get": "dashboard"})),
    path("shop/xml-import/from-url", FeedImportViewSet.as_view({"post": "from_url"})),
    path("shop/xml-import/from-file", FeedImportViewSet.as_view({"post": "from_file"})),
    path("shop/xml-import/validate", FeedImportViewSet.as_view({"post": "validate"})),
    path("shop/xml-import/field-mappings", FeedImportViewSet.as_view({"get": "mappings"})),
    path("shop/xml-import/stats", FeedImportViewSet.as_view({"get": "stats"})),
    path("shop/xml-import/history", FeedImportViewSet.as_view({"get": "history"})),
    path("shop/xml-import/<int:pk>", FeedImportViewSet.as_view({"get": "retrieve", "delete": "destroy"})),
    path("shop/sync-status", SyncViewSet.as_view({"get": "offers"})),
    path("shop/products/sync-status", SyncViewSet.as_view({"get": "products"})),
]
