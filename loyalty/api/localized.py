"""Texts in the languages of the platform, as bodies and answers carry them."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

LANGUAGES = tuple(code for code, _name in settings.LANGUAGES)


@extend_schema_field(
    {"type": "object", "properties": {code: {"type": "string"} for code in LANGUAGES}, "additionalProperties": False}
)
class LocalizedTextField(serializers.Field):
    """`{"en": "…", "lt": "…"}`. It is read and replaced as a whole, so a change cannot lose a language unnoticed."""

    def __init__(
        self, *, max_length: int, every_language: bool = False, allow_empty: bool = False, **kwargs: Any
    ) -> None:
        self.max_length = max_length
        self.every_language = every_language
        self.allow_empty = allow_empty
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> dict[str, str]:
        if not isinstance(data, Mapping):
            raise serializers.ValidationError(_("Must be an object with a text for each language."))
        faults: dict[str, list[Any]] = {}
        for code in data:
            if code not in LANGUAGES:
                faults[str(code)[:20]] = [_("Unknown language.")]
        for code in LANGUAGES:
            fault = self._fault(data.get(code))
            if fault is not None:
                faults[code] = [fault]
        if faults:
            raise serializers.ValidationError(faults)
        texts = {code: data[code].strip() for code in LANGUAGES if data.get(code) is not None}
        if not any(texts.values()):
            if self.allow_empty:
                return {}
            raise serializers.ValidationError(_("Give a text in at least one language."))
        return texts

    def _fault(self, text: Any) -> Any:
        if text is None or (isinstance(text, str) and not text.strip()):
            return _("This field is required.") if self.every_language else None
        if not isinstance(text, str):
            return _("Must be a text.")
        if len(text.strip()) > self.max_length:
            return _("Must be at most {most} characters.").format(most=self.max_length)
        return None

    def to_representation(self, value: Any) -> Any:
        return value


def shown_text(texts: Mapping[str, str], language: str, fallback: str = "") -> str:
    """The text in this language, else in the fallback, else in any."""
    return texts.get(language) or texts.get(fallback) or next((text for text in texts.values() if text), "")
