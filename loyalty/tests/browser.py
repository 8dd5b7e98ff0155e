"""What a browser would send: the values of a page's form, read from its HTML."""

from html.parser import HTMLParser

from django.test import Client


class _Form(HTMLParser):
    """Collects the fields of the one form with an id that ends in `_form`."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, list[str]] = {}
        self.is_inside = False
        self.select = ""
        self.textarea = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        name = found.get("name", "")
        if tag == "form":
            self.is_inside = found.get("id", "").endswith("_form")
        if not self.is_inside:
            return
        if tag == "select":
            self.select = name
        elif tag == "option" and self.select and "selected" in found:
            self.values.setdefault(self.select, []).append(found.get("value", ""))
        elif tag == "textarea" and name:
            self.textarea = name
            self.values.setdefault(name, []).append("")
        elif tag == "input" and name and self._is_sent(found):
            default = "on" if found.get("type") == "checkbox" else ""
            self.values.setdefault(name, []).append(found.get("value", default))

    @staticmethod
    def _is_sent(found: dict[str, str]) -> bool:
        kind = found.get("type", "text")
        return kind not in {"submit", "file"} and (kind not in {"checkbox", "radio"} or "checked" in found)

    def handle_data(self, data: str) -> None:
        if self.textarea:
            self.values[self.textarea][-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.is_inside = False
        elif tag == "select":
            self.select = ""
        elif tag == "textarea" and self.textarea:
            # A browser drops the line break after the tag.
            self.values[self.textarea][-1] = self.values[self.textarea][-1].removeprefix("\n").removeprefix("\r\n")
            self.textarea = ""


def form_values(client: Client, url: str) -> dict[str, list[str]]:
    """What saving the page at once would send."""
    parser = _Form()
    parser.feed(client.get(url).content.decode())
    parser.values.pop("csrfmiddlewaretoken", None)
    return parser.values
