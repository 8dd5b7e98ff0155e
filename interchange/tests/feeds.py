"""Feeds for tests."""

import io
from typing import Any
from xml.sax.saxutils import escape


def feed(*items: str, head: str = '<?xml version="1.0" encoding="UTF-8"?>') -> bytes:
    """A feed of `<products>`."""
    return "\n".join([head, "<products>", *items, "</products>", ""]).encode()


def product(number: Any, name: str = "Tea", **tags: Any) -> str:
    """One product; a list of values makes several tags."""
    shown = {"id": number, "name": name, **tags}
    rows = [(tag, one) for tag, value in shown.items() for one in (value if isinstance(value, list) else [value])]
    return f"<product>{''.join(f'<{tag}>{escape(str(one))}</{tag}>' for tag, one in rows)}</product>"


def offer(number: Any, title: str = "Half price", **tags: Any) -> str:
    """One offer."""
    shown = {"id": number, "title": title, **tags}
    return f"<offer>{''.join(f'<{tag}>{escape(str(one))}</{tag}>' for tag, one in shown.items())}</offer>"


def opened(content: bytes) -> io.BytesIO:
    """The same as a file."""
    return io.BytesIO(content)
