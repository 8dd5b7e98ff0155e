"""A feed read piece by piece: never more in memory than one item, no document type, nothing deep, nothing endless."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from interchange.rules.feed_words import ITEMS

CHUNK = 65_536
DEEPEST = 64
MOST_ITEMS = 100_000
MOST_TEXT = 100_000  # characters of one element
MOST_ELEMENTS = 500  # of one item
ITEM_DEPTH = 5
SHOWN = 200
NO_MEMORY = 1  # expat's number for it


class FeedBrokenError(ValueError):
    """Why a feed cannot be read: `reason` is a code with a text in `rules/feed_texts.py`."""

    def __init__(self, reason: str, line: int = 0) -> None:
        self.reason = reason
        self.line = line
        super().__init__(reason)


@dataclass(slots=True)
class FeedItem:
    """One product or offer as the feed has it: texts by tag (`categories/category` for nested ones)."""

    number: int
    line: int
    tag: str
    path: str
    texts: dict[str, list[str]] = field(default_factory=dict)
    nested: set[str] = field(default_factory=set)

    def first(self, *tags: str) -> str | None:
        """The text of the first of these tags that is there and not empty."""
        for tag in tags:
            for text in self.texts.get(tag, ()):
                if text:
                    return text
        return None


class _Target:
    """Takes the parser's events and collects items."""

    def __init__(self) -> None:
        self.ready: list[FeedItem] = []
        self.count = 0
        self.expat: Any = None
        self._path: list[str] = []
        self._item: FeedItem | None = None
        self._base = 0
        self._text: list[str] = []
        self._size = 0
        self._elements = 0

    @property
    def line(self) -> int:
        """Where the parser is."""
        return int(self.expat.CurrentLineNumber)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self._path) >= DEEPEST:
            raise FeedBrokenError("too_deep", self.line)
        name = tag.rpartition("}")[2].lower()
        self._path.append(name)
        self._text, self._size = [], 0
        if self._item is None:
            if name in ITEMS and 2 <= len(self._path) <= ITEM_DEPTH:
                self._begin(name, attributes)
            return
        self._elements += 1
        if self._elements > MOST_ELEMENTS:
            raise FeedBrokenError("item_too_large", self.line)
        if len(self._path) > self._base + 1:
            self._item.nested.add("/".join(self._path[self._base : -1]))

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if self.count > MOST_ITEMS:
            raise FeedBrokenError("too_many_items", self.line)
        parent = self._path[-2]
        path = f"{parent}/{name}" if parent == f"{name}s" else name
        self._item, self._base, self._elements = FeedItem(self.count, self.line, name, path), len(self._path), 0
        if attributes.get("id"):
            self._item.texts["id"] = [attributes["id"].strip()[:MOST_TEXT]]

    def data(self, text: str) -> None:
        if self._item is None:
            return
        self._size += len(text)
        if self._size > MOST_TEXT:
            raise FeedBrokenError("text_too_long", self.line)
        self._text.append(text)

    def end(self, tag: str) -> None:
        item = self._item
        if item is not None and len(self._path) == self._base:
            self.ready.append(item)
            self._item = None
        elif item is not None:
            name = "/".join(self._path[self._base :])
            if name not in item.nested:
                item.texts.setdefault(name, []).append("".join(self._text).strip())
        self._path.pop()
        self._text, self._size = [], 0

    def close(self) -> None: ...


def read_items(file: IO[bytes]) -> Iterator[FeedItem]:
    """The items of a feed in their order. Raises FeedBrokenError; what came before the fault was read rightly."""
    target = _Target()
    parser: Any = DefusedXMLParser(target=target, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    target.expat = parser.parser
    try:
        while piece := file.read(CHUNK):
            parser.feed(piece)
            yield from target.ready
            target.ready.clear()
        parser.close()
    except DefusedXmlException as error:
        raise FeedBrokenError("document_type", target.line) from error
    except (ParseError, ValueError, LookupError) as error:
        if isinstance(error, FeedBrokenError):
            raise
        if isinstance(error, ParseError) and error.code == NO_MEMORY:
            raise FeedBrokenError("too_heavy", target.line) from error
        line = error.position[0] if isinstance(error, ParseError) else target.line
        raise FeedBrokenError("not_xml", line) from error


def sample_fields(item: FeedItem) -> list[dict[str, Any]]:
    """The tags of an item with shortened values, to show what was recognized."""
    nested = [name for name in item.nested if "/" not in name]
    plain = [name for name in item.texts if "/" not in name and name not in item.nested]
    return [
        *({"name": name, "value": "[...]", "has_children": True} for name in nested),
        *({"name": name, "value": item.texts[name][0][:SHOWN], "has_children": False} for name in plain),
    ]
