"""Forms with files, as plain objects like those of the JSON parser."""

from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation, TooManyFilesSent
from rest_framework.exceptions import ParseError
from rest_framework.parsers import MultiPartParser

from loyalty.api.json import refuse_odd_characters
from loyalty.errors import PayloadTooLarge

# Texts and the lines between the files.
FORM_ITSELF = 100_000


class UploadParser(MultiPartParser):
    """A form: texts are strings, files are uploads, and a name that ends in `[]` is a list under its bare name.

    Nothing is read of a body that announces more than `most_bytes` of files, or does not say how long it is.
    """

    most_bytes = 0

    def parse(  # type: ignore[override]  # an object, as the JSON parser gives
        self, stream: Any, media_type: str | None = None, parser_context: Any = None
    ) -> dict[str, Any]:
        announced = parser_context["request"].META.get("CONTENT_LENGTH") or ""
        if not announced.isdigit() or int(announced) > self.most_bytes + FORM_ITSELF:
            raise PayloadTooLarge
        try:
            form = super().parse(stream, media_type, parser_context)
        except (RequestDataTooBig, TooManyFilesSent) as error:
            raise PayloadTooLarge from error
        except SuspiciousOperation as error:
            raise ParseError from error
        found: dict[str, Any] = {}
        for name, values in [*form.data.lists(), *form.files.lists()]:
            bare = name.removesuffix("[]")
            refuse_odd_characters(name)
            for value in values:
                if isinstance(value, str):
                    refuse_odd_characters(value)
            if bare != name:
                found.setdefault(bare, []).extend(values)
            elif name in found or len(values) != 1:
                raise ParseError
            else:
                found[name] = values[0]
        return found


def uploads_of(most_bytes: int) -> type[UploadParser]:
    """A parser for forms with at most so many bytes of files."""
    return type("UploadParser", (UploadParser,), {"most_bytes": most_bytes})
