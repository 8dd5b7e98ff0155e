"""The groups that a feed names: by our number, or by a word, which makes a new one where there is none."""

from collections.abc import Iterable
from datetime import datetime

from loyalty.services.audit import Actor
from partners.models import Partner
from partners.selectors.catalog import categories_of
from partners.services.categories import create_category

MOST_NEW = 500
LONGEST = 100


class FeedCategories:
    """Knows all categories of a partner, and makes those that are missing."""

    def __init__(self, *, partner: Partner, actor: Actor, at: datetime) -> None:
        self.partner, self.actor, self.at = partner, actor, at
        self._new = 0
        self._parents: dict[int, int | None] = {}
        self._by_key: dict[str, int] = {}
        for pk, key, parent_id in categories_of(partner).values_list("pk", "key", "parent_id"):
            self._parents[pk], self._by_key[key] = parent_id, pk

    def fault(self, texts: Iterable[str]) -> str | None:
        """Why these cannot be taken, if they cannot; nothing is made yet."""
        new = 0
        for text in texts:
            if text.isascii() and text.isdigit() and self._by_key.get(text) is None:
                if len(text) > 18 or int(text) not in self._parents:
                    return "category"
            elif len(self._key(text)) > LONGEST:
                return "category_name"
            elif self._key(text) not in self._by_key:
                new += 1
        return "categories" if self._new + new > MOST_NEW else None

    def ids(self, texts: Iterable[str]) -> list[int]:
        """The groups themselves, the first one being the main one; made where they are missing."""
        found: list[int] = []
        for text in texts:
            key = self._key(text)
            pk = self._by_key.get(key)
            if pk is None and text.isascii() and text.isdigit():
                pk = int(text)
            if pk is None:
                pk = self._made(text, key)
            if pk not in found:
                found.append(pk)
        return found

    def with_ancestors(self, ids: Iterable[int]) -> set[int]:
        """These and all above them."""
        found: set[int] = set()
        for pk in ids:
            here: int | None = pk
            while here is not None and here not in found:
                found.add(here)
                here = self._parents.get(here)
        return found

    def _made(self, text: str, key: str) -> int:
        data = {"name": {self.partner.default_language: " ".join(text.split())}, "key": key}
        category = create_category(actor=self.actor, partner=self.partner, data=data, at=self.at)
        self._new += 1
        self._by_key[key], self._parents[category.pk] = category.pk, None
        return category.pk

    @staticmethod
    def _key(text: str) -> str:
        return " ".join(text.split()).casefold()
