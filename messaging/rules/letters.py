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
# The least contrast of a shape with what lies around it (WCAG 1.4.11).
VISIBLE = 3


def luminance(color: str) -> float:
    """How bright a color (`#rrggbb`) is to the eye, 0 to 1 (WCAG)."""
    parts = (int(color[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """How well one color can be told from the other: 1 (not at all) to 21 (WCAG)."""
    dark, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dark + 0.05)


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
        """Black or white, whichever is readable on the color: one of them has a contrast of at least 4.5 (WCAG AA)."""
        return max("#ffffff", "#000000", key=lambda text: contrast(text, self.color))

    @property
    def edge(self) -> str:
        """Around what has this color on white: the color, or a gray where it could not be told from the paper."""
        return self.color if contrast(self.color, "#ffffff") >= VISIBLE else "#6b7280"


@dataclass(frozen=True, slots=True)
class Letter:
    """Ready to be sent."""

    subject: str
    text: str
    html: str


def write_letter(texts: Texts, values: Mapping[str, object], look: Look, *, unsubscribe_url: str = "") -> Letter:
    """Put the values in and lay it out, in the language of the texts."""
    link = one_line(str(values.get("link", "")), 2000)
    with translation.override(texts.language):
        shown = {
            "subject": one_line(fill(texts.subject, values), LONGEST_SUBJECT),
            "paragraphs": paragraphs(texts.body, values),
            "button": one_line(fill(texts.button, values), 100),
            "link": link if link.startswith(("https://", "http://")) else "",
            "look": look,
            "unsubscribe_url": unsubscribe_url,
            "language": texts.language,
        }
        text, html = (render_to_string(f"{LAYOUT}.{kind}", shown) for kind in ("txt", "html"))
    return Letter(str(shown["subject"]), text.strip() + "\n", html)
