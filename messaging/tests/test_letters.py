"""Whose look a mail has: the partner's name and color, readable on every color that there is."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.tests.factories import CardFactory
from messaging.rules.letters import VISIBLE, Look, contrast, luminance
from messaging.selectors.templates import get_look
from messaging.services.emails import queue_email
from messaging.tests.test_emails import AT, TO
from partners.models import Partner
from partners.tests.factories import PartnerFactory

OURS = Look(name="x").color


def html_for(partner: Partner | None) -> str:
    words = {"subject": "S", "message": "M", "link": "https://k.test/"}
    return queue_email(partner=partner, to=TO, template="message_received", values=words, language="en", at=AT).html


@given(st.integers(0, 0xFFFFFF))
def test_the_text_on_any_color_is_readable_and_its_edge_is_seen(number: int) -> None:
    look = Look(name="x", color=f"#{number:06x}")
    assert contrast(look.on_color, look.color) >= 4.5
    assert contrast(look.edge, "#ffffff") >= VISIBLE


def test_contrast_is_what_wcag_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#ffffff", "#777777") == contrast("#777777", "#ffffff")
    assert (luminance("#000000"), luminance("#ffffff")) == (0, pytest.approx(1))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("design", "color", "text"),
    [
        ({"background_color": "#3B2A20"}, "#3b2a20", "#ffffff"),
        ({"background_color": "#fd0"}, "#ffdd00", "#000000"),
        ({"background_color": "#0055AACC"}, "#0055aa", "#ffffff"),
        ({"background_color": "#FFFFFF"}, "#ffffff", "#000000"),
        ({"background_color": "red;background:url(//evil)"}, OURS, "#ffffff"),
        ({"background_color": None}, OURS, "#ffffff"),
        ({}, OURS, "#ffffff"),
    ],
)
def test_a_mail_has_the_color_of_the_partners_card(design: dict[str, Any], color: str, text: str) -> None:
    partner = PartnerFactory(name="Kavos Namai")
    CardFactory(partner=partner, card_design=design)
    html = html_for(partner)
    assert f"background:{color};color:{text};border-radius:8px" in html
    edge = "#6b7280" if color in {"#ffffff", "#ffdd00"} else color
    assert f"background:{color};color:{text};padding:11px 23px;border:1px solid {edge}" in html
    assert "evil" not in html


@pytest.mark.django_db
def test_the_color_is_of_the_card_that_customers_get_and_of_nobody_elses() -> None:
    partner = PartnerFactory()
    CardFactory(partner=PartnerFactory(), card_design={"background_color": "#111111"})
    assert get_look(partner).color == OURS
    CardFactory(partner=partner, auto_assign=False, card_design={"background_color": "#222222"})
    CardFactory(partner=partner, is_active=False, card_design={"background_color": "#333333"})
    CardFactory(partner=partner, deleted_at=AT, is_active=False, card_design={"background_color": "#555555"})
    assert get_look(partner).color == "#222222"
    CardFactory(partner=partner, auto_assign=True, card_design={"background_color": "#444444"})
    assert get_look(partner).color == "#444444"
    assert get_look(None).color == OURS
    assert f"background:{OURS}" in html_for(None)
