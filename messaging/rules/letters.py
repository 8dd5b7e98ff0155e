"""A message's texts with their values as a letter: subject, plain text and HTML in the look of a brand.

Whatever people typed is text: it is escaped in the HTML, and no header can be made of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils import translation

from messaging.rules.placeholders import fill, one_line, paragraphs

LONGEST_SUBJECT = 200
LAYOUT = "messaging/email/letter"


@dataclass(frozen=True, slots=True)
class Texts:
    """What a template says in one language."""

    subject: str
    body: str
    button: str
    language: str


@dataclass(frozen=True, slots=True)
class Look:
    """Whose letter it is: a name, colors (`#rrggbb`) and perhaps a logo."""

    name: str
    color: str = "#4338ca"
    logo_url: str = ""
    website: str = ""

    @property
    def on_color(self) -> str:
        """Black or white, whichever is readable on the color."""
        red, green, blue = (int(self.color[start : start + 2], 16) for start in (1, 3, 5))
        return "#ffffff" if red * 299 + green * 587 + blue * 114 < 150_000 else "#111827"


@dataclass(frozen=True, slots=True)
class Letter:
    """Ready to be sent."""

    subject: str
    text: str
    html: str


def write_letter(texts: Texts, values: Mapping[str, object], look: Look, *, unsubscribe_url: str = "") -> Letter:
    """Put the values in and lay it out, in the language of the texts."""
    link = one_line(str(values.get("link", "")), 2000)
    shown = {
        "subject": one_line(fill(texts.subject, values), LONGEST_SUBJECT),
        "paragraphs": paragraphs(texts.body, values),
        "button": one_line(fill(texts.button, values), 100),
        "link": link if link.startswith(("https://", "http://")) else "",
        "look": look,
        "unsubscribe_url": unsubscribe_url,
        "language": texts.language,
    }
    with translation.override(texts.language):
        text, html = (render_to_string(f"{LAYOUT}.{kind}", shown) for kind in ("txt", "html"))
    return Letter(str(shown["subject"]), text.strip() + "\n", html)
