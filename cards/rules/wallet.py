"""What a card says in Apple's and Google's wallets and on paper, put together from plain facts."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from loyalty.rules.qr import side_of, svg_path

LANGUAGES = ("en", "lt")
WORDS: dict[str, dict[str, str]] = {
    "POINTS": {"en": "Points", "lt": "Taškai"},
    "HOLDER": {"en": "Name", "lt": "Vardas"},
    "NUMBER": {"en": "Card number", "lt": "Kortelės numeris"},
    "ABOUT": {"en": "About the card", "lt": "Apie kortelę"},
    "TERMS": {"en": "Terms and conditions", "lt": "Taisyklės"},
}
# The size of a bank card.
PAPER = 'xmlns="http://www.w3.org/2000/svg" width="85.6mm" height="54mm" viewBox="0 0 85.6 54"'
_LONGEST = 4000
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class CardFacts:
    """A card as a wallet shows it; localized texts are `{"en": …, "lt": …}`."""

    card_id: int
    programme_id: int
    number: str
    qr_value: str
    points: int
    is_active: bool
    holder: str
    partner_name: str
    default_language: str
    title: Mapping[str, str]
    description: Mapping[str, str]
    terms: Mapping[str, str]
    background: str
    foreground: str
    labels: str
    qr_background: str
    qr_color: str
    logo_url: str | None = None

    def text(self, texts: Mapping[str, str], language: str) -> str:
        """In the language, or the partner's own, or whichever there is."""
        found = texts.get(language) or texts.get(self.default_language) or next(iter(texts.values()), "")
        return found[:_LONGEST]


def color(design: Mapping[str, Any], key: str, default: str) -> str:
    """A color of the design as #RRGGBB."""
    text = str(design.get(key) or default)
    if re.fullmatch(r"#[0-9a-fA-F]{3}", text):
        text = "#" + "".join(char * 2 for char in text[1:])
    return text[:7].lower() if re.fullmatch(r"#[0-9a-fA-F]{6}(?:[0-9a-fA-F]{2})?", text) else default


def rgb(text: str) -> str:
    """#RRGGBB as Apple writes it."""
    return f"rgb({int(text[1:3], 16)}, {int(text[3:5], 16)}, {int(text[5:7], 16)})"


def apple_pass(facts: CardFacts, *, pass_type_id: str, team_id: str) -> dict[str, Any]:
    """The pass.json of a store card; labels and texts are keys of pass.strings."""
    barcode = {
        "format": "PKBarcodeFormatQR",
        "message": facts.qr_value,
        "messageEncoding": "iso-8859-1",
        "altText": facts.number,
    }
    return {
        "formatVersion": 1,
        "passTypeIdentifier": pass_type_id,
        "teamIdentifier": team_id,
        "serialNumber": str(facts.card_id),
        "organizationName": facts.partner_name,
        "description": "CARD_TITLE",
        "logoText": facts.partner_name,
        "backgroundColor": rgb(facts.background),
        "foregroundColor": rgb(facts.foreground),
        "labelColor": rgb(facts.labels),
        "voided": not facts.is_active,
        "barcode": barcode,
        "barcodes": [barcode],
        "storeCard": {
            "headerFields": [{"key": "points", "label": "POINTS", "value": facts.points}],
            "primaryFields": [{"key": "title", "label": "", "value": "CARD_TITLE"}],
            "secondaryFields": [
                {"key": "holder", "label": "HOLDER", "value": facts.holder},
                {"key": "number", "label": "NUMBER", "value": facts.number, "textAlignment": "PKTextAlignmentRight"},
            ],
            "backFields": [
                {"key": "about", "label": "ABOUT", "value": "CARD_ABOUT"},
                {"key": "terms", "label": "TERMS", "value": "CARD_TERMS"},
            ],
        },
    }


def apple_strings(facts: CardFacts, language: str) -> str:
    """The pass.strings of one language."""
    texts = {key: words[language] for key, words in WORDS.items()} | {
        "CARD_TITLE": facts.text(facts.title, language),
        "CARD_ABOUT": facts.text(facts.description, language),
        "CARD_TERMS": facts.text(facts.terms, language),
    }
    # JSON escapes what this format does, and more than it needs.
    return "".join(f'"{key}" = {json.dumps(value, ensure_ascii=False)};\n' for key, value in texts.items())


def google_payload(facts: CardFacts, *, issuer_id: str) -> dict[str, Any]:
    """A loyalty class with one object of it, as the save link carries them."""
    class_id = f"{issuer_id}.programme-{facts.programme_id}"
    programme: dict[str, Any] = {
        "id": class_id,
        "issuerName": facts.partner_name,
        "programName": facts.text(facts.title, facts.default_language),
        "localizedProgramName": _translated(facts, facts.title),
        "hexBackgroundColor": facts.background,
        "reviewStatus": "UNDER_REVIEW",
    }
    if facts.logo_url:
        programme["programLogo"] = {"sourceUri": {"uri": facts.logo_url}}
    label = {"label": WORDS["POINTS"]["en"], "localizedLabel": _translated(facts, WORDS["POINTS"])}
    card: dict[str, Any] = {
        "id": f"{issuer_id}.card-{facts.card_id}",
        "classId": class_id,
        "state": "ACTIVE" if facts.is_active else "INACTIVE",
        "accountId": facts.number,
        "accountName": facts.holder or facts.number,
        "loyaltyPoints": {**label, "balance": {"int": facts.points}},
        "barcode": {"type": "QR_CODE", "value": facts.qr_value, "alternateText": facts.number},
    }
    return {"loyaltyClasses": [programme], "loyaltyObjects": [card]}


def _translated(facts: CardFacts, texts: Mapping[str, str]) -> dict[str, Any]:
    values = [{"language": language, "value": facts.text(texts, language)} for language in LANGUAGES]
    return {"defaultValue": values[0], "translatedValues": values[1:]}


def printable_card(facts: CardFacts, *, language: str) -> bytes:
    """A card of the usual size (85.6 by 54 mm) as SVG: nothing in it but drawings and escaped text."""
    side = side_of(facts.qr_value) + 8
    title, holder = facts.text(facts.title, language), facts.holder
    label = f'font-size="2.4" fill={quoteattr(facts.labels)}'
    body = f"fill={quoteattr(facts.foreground)}"
    picture = (
        f'<path transform="translate(52.6 12) scale({30 / side:.5f})" shape-rendering="crispEdges" '
        f'fill={quoteattr(facts.qr_color)} d="{svg_path(facts.qr_value, 4)}"/>'
    )
    lines = (
        f'<svg {PAPER} font-family="Helvetica, Arial, sans-serif" lang={quoteattr(language)}>',
        f"<title>{_written(title)}</title>",
        f'<rect width="85.6" height="54" rx="3.2" fill={quoteattr(facts.background)}/>',
        f'<text x="5" y="9" font-size="4.4" font-weight="bold" {body}>{_short(facts.partner_name, 24)}</text>',
        f'<text x="5" y="15" font-size="3.2" {body}>{_short(title, 30)}</text>',
        f'<text x="5" y="37" {label}>{escape(WORDS["HOLDER"][language])}</text>' if holder else "",
        f'<text x="5" y="40.5" font-size="3.2" {body}>{_short(holder, 28)}</text>' if holder else "",
        f'<text x="5" y="45.5" {label}>{escape(WORDS["NUMBER"][language])}</text>',
        f'<text x="5" y="49.5" font-size="4" letter-spacing="0.3" {body}>{_written(facts.number)}</text>',
        f'<rect x="52.6" y="12" width="30" height="30" rx="1.5" fill={quoteattr(facts.qr_background)}/>',
        picture,
        "</svg>",
    )
    return "\n".join(line for line in lines if line).encode()


def _written(text: str) -> str:
    """Text between tags; what XML cannot hold at all is left out."""
    return escape(_NOT_XML.sub("", text))


def _short(text: str, most: int) -> str:
    return _written(text if len(text) <= most else f"{text[: most - 1].rstrip()}\N{HORIZONTAL ELLIPSIS}")
