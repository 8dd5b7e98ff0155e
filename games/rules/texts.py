"""Texts that partners write: a plain one, or one for each language."""

from collections.abc import Mapping
from typing import Any


def localized(value: Any, *, default_language: str, languages: tuple[str, ...] = ("lt", "en")) -> dict[str, str]:
    """The text in every language of the wire; a missing one falls back to the partner's default language."""
    if not isinstance(value, Mapping):
        return dict.fromkeys(languages, "" if value is None else str(value))
    fallback = value.get(default_language) or next((str(text) for text in value.values() if text), "")
    return {language: str(value.get(language) or fallback) for language in languages}


def in_language(value: Any, *, language: str, default_language: str) -> str:
    """The text for one reader."""
    return localized(value, default_language=default_language, languages=(language,))[language]
