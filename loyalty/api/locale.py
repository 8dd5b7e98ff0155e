"""The language that a path begins with."""

from django.conf import settings


class LocaleConverter:
    """`en` or `lt`; anything else is a path that does not exist."""

    regex = "|".join(code for code, _name in settings.LANGUAGES)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
