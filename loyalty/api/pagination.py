"""Pages by number, as the wire has them (contract 1.4)."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from loyalty.errors import ValidationFailed

MAX_PAGE = 1_000_000


@dataclass(frozen=True, slots=True)
class Page:
    """Which slice is asked for; `number` counts from 1."""

    number: int
    size: int

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size

    def meta(self, total: int) -> dict[str, Any]:
        shown = max(0, min(self.size, total - self.offset))
        return {
            "current_page": self.number,
            "last_page": max(1, -(-total // self.size)),
            "per_page": self.size,
            "total": total,
            "from": self.offset + 1 if shown else None,
            "to": self.offset + shown if shown else None,
        }


def read_page(query: Any, *, default: int, cap: int) -> Page:
    """`page` and `per_page` of a query string; a size above the cap is clamped, nonsense is refused."""
    return Page(_number(query, "page", 1, MAX_PAGE), min(_number(query, "per_page", default, None), cap))


def _number(query: Any, name: str, default: int, most: int | None) -> int:
    text = query.get(name)
    if text is None or text == "":
        return default
    if not (text.isascii() and text.isdigit()) or not text.strip("0"):
        raise ValidationFailed(errors={name: [_("Must be a whole number, 1 or more.")]})
    value = int(text.lstrip("0")[:20])  # more digits say nothing more
    if most is not None and value > most:
        raise ValidationFailed(errors={name: [_("Must be at most {most}.").format(most=most)]})
    return value
