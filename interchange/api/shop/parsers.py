"""Uploads: refused by their announced size before a byte of them is read."""

from typing import Any

from rest_framework.parsers import MultiPartParser

from interchange.errors import XmlFileTooLarge
from interchange.services.feed_imports import MOST_FILE_BYTES

FORM_ITSELF = 65_536


class FeedUploadParser(MultiPartParser):
    """A form with a feed of at most 10 MB."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        request = (parser_context or {})["request"]
        announced = request.META.get("CONTENT_LENGTH") or "0"
        if not announced.isdigit() or int(announced) > MOST_FILE_BYTES + FORM_ITSELF:
            raise XmlFileTooLarge(most=MOST_FILE_BYTES // 1_000_000)
        return super().parse(stream, media_type, parser_context)
