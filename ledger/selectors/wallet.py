"""An issued card with what it holds, as the wallets show it."""

from django.conf import settings
from django.core.files.storage import default_storage

from cards.rules.wallet import CardFacts, color
from cards.selectors.cards import shown_design
from ledger.selectors.issued_cards import CardView


def wallet_facts(view: CardView) -> CardFacts:
    """The facts of a card for cards.rules.wallet."""
    issued, programme, partner = view.issued, view.issued.card, view.issued.partner
    design = programme.card_design
    logo = shown_design(programme)["logo_url"] or partner.logo_url or None
    return CardFacts(
        card_id=issued.pk,
        programme_id=issued.card_id,
        number=issued.number,
        qr_value=str(issued.qr_value),
        points=view.points.points,
        is_active=issued.status == "active" and programme.is_usable,
        holder=issued.customer.name,
        partner_name=partner.name,
        default_language=partner.default_language,
        title=programme.title,
        description=programme.description,
        terms=programme.terms_conditions,
        background=color(design, "background_color", "#1f4e79"),
        foreground=color(design, "text_color", "#ffffff"),
        labels=color(design, "text_color_labels", "#d0e2f2"),
        qr_background=color(design, "qr_background_color", "#ffffff"),
        qr_color=color(design, "qr_color", "#000000"),
        logo_url=logo,
    )


def design_picture(view: CardView, key: str) -> bytes | None:
    """A stored picture of the programme's design."""
    name = view.issued.card.card_design.get(key)
    if not name:
        return None
    try:
        with default_storage.open(name) as file:
            return bytes(file.read())
    except OSError:
        return None


def origin() -> str:
    """The web address whose pages may show a save button."""
    return str(settings.BASE_URL)
