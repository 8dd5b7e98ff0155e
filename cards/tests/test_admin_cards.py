"""The back office's form of a card programme."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from cards.models import Card
from cards.tests.factories import CardFactory
from loyalty.models import AuditEvent
from loyalty.tests.browser import form_values
from loyalty.tests.factories import AdminFactory
from partners.tests.factories import PartnerFactory, ShopFactory

ADD = "admin:cards_card_add"


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(AdminFactory())
    return client


def _change(card: Card) -> str:
    return reverse("admin:cards_card_change", args=[card.pk])


@pytest.mark.django_db
def test_the_form_shows_inputs_and_no_json(boss: Client) -> None:
    page = boss.get(reverse(ADD)).content.decode()
    for name in ("title_en", "title_lt", "description_lt", "terms_conditions_en", "card_design_text_color"):
        assert f'name="{name}"' in page
    assert "{&quot;" not in page


@pytest.mark.django_db
def test_a_programme_is_made_with_texts_in_both_languages_and_colors(boss: Client) -> None:
    shop = ShopFactory()
    sent = form_values(boss, reverse(ADD)) | {
        "partner": shop.partner_id,
        "title_en": "Coffee card",
        "title_lt": "Kavos kortelė",
        "description_lt": "Taškai už kavą",
        "valid_in": [shop.pk],
        "card_design_background_color": "#0055aa",
        "card_design_background_color_opacity": "0.8",
        "points_per_currency": "2",
    }
    assert boss.post(reverse(ADD), sent).status_code == 302
    card = Card.objects.get()
    assert card.title == {"en": "Coffee card", "lt": "Kavos kortelė"}
    assert card.description == {"lt": "Taškai už kavą"}
    assert card.card_design["background_color"] == "#0055aa"
    assert card.card_design["background_color_opacity"] == 0.8
    assert list(card.shops.all()) == [shop]
    actions = AuditEvent.objects.order_by("id").values_list("action", "partner_id", "target_id")
    assert list(actions) == [
        ("card.created", shop.partner_id, str(card.pk)),
        ("card.updated", shop.partner_id, str(card.pk)),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "value", "wrong"),
    [
        ("title_lt", "", "title"),
        ("points_per_currency", "0", "points_per_currency"),
        ("currency_amount_redemption", "-1", "currency_amount_redemption"),
        ("max_points_per_purchase", "1", "max_points_per_purchase"),
        ("default_coupon_validity_days", "3651", "__all__"),
        ("card_design_text_color", "javascript:alert(1)", "card_design"),
        ("card_design_background_color_opacity", "1.5", "card_design"),
    ],
)
def test_what_makes_no_sense_is_said_at_its_field(boss: Client, field: str, value: str, wrong: str) -> None:
    sent = form_values(boss, reverse(ADD)) | {
        "partner": PartnerFactory().pk,
        "title_en": "A",
        "title_lt": "B",
        "min_points_per_purchase": "5",
    }
    answer = boss.post(reverse(ADD), sent | {field: value})
    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == [wrong]
    assert not Card.objects.exists()


@pytest.mark.django_db
def test_a_change_keeps_pictures_and_other_keys_and_audits_only_what_changed(boss: Client) -> None:
    design = {"logo": "/media/logo.png", "text_color": "#ffffff"}
    card = CardFactory(card_design=design, title={"en": "A", "lt": "B"}, points_per_visit=1)
    sent = form_values(boss, _change(card)) | {"title_lt": "C", "points_per_visit": "5", "audit_reason": "new terms"}
    assert boss.post(_change(card), sent).status_code == 302
    card.refresh_from_db()
    assert card.card_design["logo"] == "/media/logo.png"
    event = AuditEvent.objects.get()
    assert event.reason == "new terms"
    assert event.changes["title"] == [{"en": "A", "lt": "B"}, {"en": "A", "lt": "C"}]
    assert event.changes["points_per_visit"] == [1, 5]


@pytest.mark.django_db
def test_a_foreign_shop_is_refused_and_a_card_never_moves_to_another_partner(boss: Client) -> None:
    card, foreign = CardFactory(), ShopFactory()
    sent: dict[str, Any] = dict(form_values(boss, _change(card)))
    answer = boss.post(_change(card), sent | {"valid_in": [foreign.pk]})
    assert "valid_in" in answer.context["adminform"].form.errors
    boss.post(_change(card), sent | {"partner": foreign.partner_id})
    card.refresh_from_db()
    assert card.partner_id != foreign.partner_id
    assert not card.shops.exists()
