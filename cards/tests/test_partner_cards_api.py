"""Card programmes over the Partner API (contract 3.5)."""

import base64
import io
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image

from cards.models import Card, CardShop
from cards.tests.factories import CardFactory, IssuedCardFactory
from loyalty.models import AuditEvent
from partners.tests.callers import credential_caller, staff_caller
from partners.tests.factories import PartnerFactory, ShopFactory

pytestmark = pytest.mark.django_db
CARDS = "/en/partners/cards"
TEXTS = {
    "title": {"en": "Coffee card", "lt": "Kavos kortelė"},
    "description": {"en": "Drink and collect"},
    "terms_conditions": {"lt": "Taisyklės"},
    "card_design": {},
}


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def _uri(kind: str = "PNG", size: tuple[int, int] = (4, 3), **options: Any) -> str:
    output = io.BytesIO()
    Image.new("RGB", size, "#0055AA").save(output, kind, **options)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(output.getvalue()).decode()}"


def test_a_card_is_created_with_the_defaults_of_the_contract_and_audited() -> None:
    owner = staff_caller(PartnerFactory())
    partner = owner.staff.partner
    answer = owner.post(CARDS, TEXTS)
    card = Card.objects.get()
    data = answer["data"]
    assert answer["code"] == 201
    created_at, updated_at = data.pop("created_at"), data.pop("updated_at")
    assert created_at.endswith("Z")
    assert updated_at >= created_at
    assert data == {
        **TEXTS,
        "id": card.pk,
        "partner_id": partner.pk,
        "card_design": {"logo_url": None, "background_image_url": None},
        "is_active": True,
        "shop_ids": [],
        "auto_assign": True,
        "points_enabled": True,
        "initial_bonus_points": 0,
        "points_expiration_days": None,
        "points_per_currency": 1.0,
        "currency_amount": 1.0,
        "round_points_up": False,
        "min_points_per_purchase": 0,
        "max_points_per_purchase": None,
        "points_per_visit": 0,
        "points_redemption_enabled": False,
        "points_per_currency_redemption": 100.0,
        "currency_amount_redemption": 1.0,
        "min_points_for_redemption": 0,
        "max_points_per_redemption": None,
        "default_coupon_validity_days": None,
    }
    event = AuditEvent.objects.get(action="card.created")
    assert (event.actor_kind, event.actor_id, event.partner_id) == ("staff", owner.staff.pk, partner.pk)
    assert event.changes["title"] == [None, TEXTS["title"]]


def test_every_field_can_be_written_and_is_read_back() -> None:
    partner = PartnerFactory()
    shops = [ShopFactory(partner=partner) for _ in range(2)]
    wanted = {
        **TEXTS,
        "is_active": False,
        "shop_ids": [shops[1].pk, shops[0].pk, shops[1].pk],
        "auto_assign": False,
        "points_enabled": False,
        "initial_bonus_points": 100,
        "points_expiration_days": 365,
        "points_per_currency": 1.25,
        "currency_amount": 2.5,
        "round_points_up": True,
        "min_points_per_purchase": 5,
        "max_points_per_purchase": 1000,
        "points_per_visit": 5,
        "points_redemption_enabled": True,
        "points_per_currency_redemption": 10.0,
        "currency_amount_redemption": 1.0,
        "min_points_for_redemption": 100,
        "max_points_per_redemption": 5000,
        "default_coupon_validity_days": 30,
    }
    owner = staff_caller(partner)
    made = owner.post(CARDS, wanted)["data"]
    read = owner.get(f"{CARDS}/{made['id']}")["data"]
    assert read == made
    expected = {**wanted, "shop_ids": [shops[0].pk, shops[1].pk], "card_design": made["card_design"]}
    assert {key: read[key] for key in wanted} == expected


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": {"en": "Only English"}}, "title.lt"),
        ({"title": {"en": "x" * 256, "lt": "x"}}, "title.en"),
        ({"title": {"en": "a", "lt": "b", "ru": "c"}}, "title.ru"),
        ({"title": "Card"}, "title"),
        ({"title": {"en": 5, "lt": "b"}}, "title.en"),
        ({"description": {}}, "description"),
        ({"card_design": {"text_color": "red"}}, "card_design.text_color"),
        ({"card_design": {"background_color_opacity": 1.1}}, "card_design.background_color_opacity"),
        ({"card_design": {"background_color_opacity": True}}, "card_design.background_color_opacity"),
        ({"card_design": {"font": "Arial"}}, "card_design.font"),
        ({"points_per_currency": 0}, "points_per_currency"),
        ({"points_per_currency": 1.00001}, "points_per_currency"),
        ({"currency_amount": -1}, "currency_amount"),
        ({"initial_bonus_points": -1}, "initial_bonus_points"),
        ({"points_expiration_days": -1}, "points_expiration_days"),
        ({"default_coupon_validity_days": 0}, "default_coupon_validity_days"),
        ({"default_coupon_validity_days": 3651}, "default_coupon_validity_days"),
        ({"min_points_per_purchase": 10, "max_points_per_purchase": 9}, "max_points_per_purchase"),
        ({"min_points_for_redemption": 10, "max_points_per_redemption": 9}, "max_points_per_redemption"),
        ({"shop_ids": ["one"]}, "shop_ids.0"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_is_refused_by_its_dotted_path(change: dict[str, Any], field: str) -> None:
    answer = staff_caller(PartnerFactory()).post(CARDS, {**TEXTS, **change}, status=422)
    assert answer["code"] == "VALIDATION_ERROR"
    assert list(answer["errors"]) == [field]
    assert not Card.objects.exists()
    assert not AuditEvent.objects.filter(action__startswith="card.").exists()


@pytest.mark.parametrize(("sent", "kept"), [(0, None), (None, None), (1, 1)])
def test_zero_days_and_null_both_mean_that_points_never_expire(sent: int | None, kept: int | None) -> None:
    made = staff_caller(PartnerFactory()).post(CARDS, {**TEXTS, "points_expiration_days": sent})["data"]
    assert made["points_expiration_days"] == kept
    assert Card.objects.get().points_expiration_days == kept


def test_a_picture_is_made_anew_and_stored_under_the_partner(media: Path, settings: Any) -> None:
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    owner = staff_caller(PartnerFactory())
    partner = owner.staff.partner
    design = {"logo": _uri("JPEG", exif=exif.tobytes()), "background_image": _uri("WEBP"), "text_color": "#fff"}
    shown = owner.post(CARDS, {**TEXTS, "card_design": design})["data"]["card_design"]
    files = sorted(path.relative_to(media).as_posix() for path in media.rglob("*") if path.is_file())
    assert all(name.startswith(f"partners/{partner.pk}/cards/") for name in files)
    assert sorted(name.rsplit(".")[-1] for name in files) == ["jpg", "webp"]
    assert shown["logo_url"].startswith(f"{settings.BASE_URL}/media/partners/{partner.pk}/cards/")
    assert shown["logo_url"].endswith(".jpg")
    assert shown["text_color"] == "#fff"
    logo = next(media / name for name in files if name.endswith("jpg"))
    assert b"secret place" not in logo.read_bytes()
    with Image.open(logo) as image:
        assert (image.size, dict(image.getexif())) == ((4, 3), {})


@pytest.mark.parametrize(
    "uri",
    [
        "data:image/svg+xml;base64," + base64.b64encode(b"<svg onload='alert(1)'/>").decode(),
        "data:image/png;base64," + base64.b64encode(b"<html><script>alert(1)</script>").decode(),
        "data:text/html;base64,PGI+",
        "data:image/png;base64,!!!!",
        "data:image/png;base64,",
        "https://example.test/logo.png",
        "data:image/gif;base64," + base64.b64encode(b"GIF89a").decode(),
        "data:image/png;base64," + base64.b64encode(b"x" * (256 * 1024 + 1)).decode(),
        _uri("PNG", size=(5001, 5000)),
        _uri("PNG", size=(64, 64))[:140],
        12,
    ],
)
def test_what_is_no_harmless_picture_is_refused_and_nothing_is_stored(uri: Any, media: Path) -> None:
    body = {**TEXTS, "card_design": {"logo": uri}}
    answer = staff_caller(PartnerFactory()).post(CARDS, body, status=422)
    assert list(answer["errors"]) == ["card_design.logo"]
    assert not Card.objects.exists()
    assert not [path for path in media.rglob("*") if path.is_file()]


def test_a_picture_with_another_contents_name_is_judged_by_its_content() -> None:
    disguised = _uri("PNG").replace("image/png", "image/jpeg")
    design = staff_caller(PartnerFactory()).post(CARDS, {**TEXTS, "card_design": {"logo": disguised}})["data"][
        "card_design"
    ]
    assert design["logo_url"].endswith(".png")


def test_a_change_keeps_what_it_does_not_name() -> None:
    owner = staff_caller(PartnerFactory())
    made = owner.post(CARDS, {**TEXTS, "card_design": {"logo": _uri(), "text_color": "#112233"}})["data"]
    path = f"{CARDS}/{made['id']}"
    changed = owner.put(path, {"card_design": {"qr_color": "#000000"}, "points_per_visit": 3})["data"]
    design = {**made["card_design"], "qr_color": "#000000"}
    assert {**changed, "updated_at": None} == {
        **made,
        "card_design": design,
        "points_per_visit": 3,
        "updated_at": None,
    }
    assert AuditEvent.objects.get(action="card.updated").changes["points_per_visit"] == [0, 3]
    assert owner.put(path, {"card_design": {"logo": None}})["data"]["card_design"]["logo_url"] is None
    whole = {key: value for key, value in owner.get(path)["data"].items() if key in TEXTS}
    assert owner.put(path, whole)["data"]["card_design"] == {**design, "logo_url": None}


def test_a_change_is_checked_against_what_stays() -> None:
    owner = staff_caller(PartnerFactory())
    card = CardFactory(partner=owner.staff.partner, min_points_per_purchase=10)
    answer = owner.put(f"{CARDS}/{card.pk}", {"max_points_per_purchase": 9, "is_active": False}, status=422)
    assert list(answer["errors"]) == ["max_points_per_purchase"]
    owner.put(f"{CARDS}/{card.pk}", {"title": {"en": "Half"}}, status=422)
    card.refresh_from_db()
    assert (card.max_points_per_purchase, card.is_active) == (None, True)


def test_a_deleted_card_is_gone_for_the_api_and_its_issued_cards_stay() -> None:
    owner = staff_caller(PartnerFactory())
    issued = IssuedCardFactory(partner=owner.staff.partner)
    path = f"{CARDS}/{issued.card_id}"
    answer = owner.delete(path)
    assert set(answer) == {"success", "code", "request_id", "message"}
    owner.get(path, 404)
    owner.put(path, {"is_active": True}, status=404)
    owner.delete(path, status=404)
    assert owner.get(CARDS)["data"] == []
    issued.refresh_from_db()
    assert issued.status == "active"
    issued.card.refresh_from_db()
    assert issued.card.deleted_at is not None
    assert AuditEvent.objects.filter(action="card.deleted").count() == 1


def test_the_list_has_its_figures_twice_and_newest_first() -> None:
    owner = staff_caller(PartnerFactory())
    cards = [CardFactory(partner=owner.staff.partner) for _ in range(3)]
    CardFactory()
    answer = owner.get(CARDS, per_page=2)
    assert [row["id"] for row in answer["data"]] == [cards[2].pk, cards[1].pk]
    assert answer["pagination"] == answer["meta"]
    assert answer["meta"] == {"current_page": 1, "last_page": 2, "per_page": 2, "total": 3, "from": 1, "to": 2}
    assert owner.get(CARDS)["meta"]["per_page"] == 20
    assert owner.get(CARDS, per_page=500)["meta"]["per_page"] == 100


def test_the_list_is_filtered_by_activity_and_shop() -> None:
    partner = PartnerFactory()
    here, there = ShopFactory(partner=partner), ShopFactory(partner=partner)
    everywhere = CardFactory(partner=partner)
    only_here = CardFactory(partner=partner, is_active=False)
    CardShop.objects.create(card=only_here, shop=here)
    owner = staff_caller(partner)

    def ids(**query: Any) -> list[int]:
        return [row["id"] for row in owner.get(CARDS, **query)["data"]]

    assert ids(is_active="True") == ids(is_active="1") == [everywhere.pk]
    assert ids(is_active="false") == [only_here.pk]
    assert ids(shop_id=here.pk) == [only_here.pk, everywhere.pk]
    assert ids(shop_id=there.pk) == [everywhere.pk]
    assert list(owner.get(CARDS, 422, is_active="maybe")["errors"]) == ["is_active"]
    assert list(owner.get(CARDS, 422, shop_id="x")["errors"]) == ["shop_id"]
    assert list(owner.get(CARDS, 404, shop_id=ShopFactory().pk)["errors"]) == ["shop_id"]
    assert owner.get(CARDS, 400, shop="1")["code"] == "UNKNOWN_PARAMETER"


def test_the_list_takes_as_many_queries_for_twenty_cards_as_for_two() -> None:
    owner = staff_caller(PartnerFactory())
    shop = ShopFactory(partner=owner.staff.partner)
    counts = []
    for _ in range(2):
        for card in [CardFactory(partner=owner.staff.partner) for _ in range(2 if not counts else 18)]:
            CardShop.objects.create(card=card, shop=shop)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            owner.get(CARDS)
        counts.append(len(queries))
    assert counts[0] == counts[1] == 4


def test_another_partners_card_and_shops_are_as_good_as_absent() -> None:
    owner = staff_caller(PartnerFactory())
    card, shop = CardFactory(), ShopFactory()
    before = Card.objects.values().get(pk=card.pk)
    for pk in (card.pk, 987654321, 10**30):
        for answer in (
            owner.get(f"{CARDS}/{pk}", 404),
            owner.put(f"{CARDS}/{pk}", {"is_active": False}, status=404),
            owner.delete(f"{CARDS}/{pk}", status=404),
        ):
            assert answer["code"] == "RESOURCE_NOT_FOUND"
    answer = owner.post(CARDS, {**TEXTS, "shop_ids": [shop.pk]}, status=404)
    assert list(answer["errors"]) == ["shop_ids"]
    assert Card.objects.values().get(pk=card.pk) == before
    assert Card.objects.count() == 1


def test_somebody_limited_to_shops_names_only_those() -> None:
    partner = PartnerFactory()
    mine, other = ShopFactory(partner=partner), ShopFactory(partner=partner)
    theirs = CardFactory(partner=partner)
    CardShop.objects.create(card=theirs, shop=other)
    everywhere = CardFactory(partner=partner)
    for caller in (staff_caller(partner, "manager", [mine]), credential_caller(partner, mine)):
        for shop_ids in ([other.pk], [mine.pk, other.pk], []):
            answer = caller.post(CARDS, {**TEXTS, "shop_ids": shop_ids}, status=403)
            assert (answer["code"], list(answer["errors"])) == ("STORE_ACCESS_DENIED", ["shop_ids"])
        assert list(caller.post(CARDS, {**TEXTS, "shop_ids": [ShopFactory().pk]}, status=404)["errors"]) == ["shop_ids"]
        made = caller.post(CARDS, {**TEXTS, "shop_ids": [mine.pk]})["data"]
        assert caller.put(f"{CARDS}/{made['id']}", {"shop_ids": []}, status=403)["code"] == "STORE_ACCESS_DENIED"
        for card in (theirs, everywhere):
            assert caller.put(f"{CARDS}/{card.pk}", {"is_active": False}, status=403)["code"] == "STORE_ACCESS_DENIED"
            assert caller.delete(f"{CARDS}/{card.pk}", status=403)["code"] == "STORE_ACCESS_DENIED"
        assert caller.get(CARDS, 403, shop_id=other.pk)["code"] == "STORE_ACCESS_DENIED"
        caller.get(f"{CARDS}/{theirs.pk}")
        caller.delete(f"{CARDS}/{made['id']}")
    assert Card.objects.filter(deleted_at=None, is_active=True).count() == 2


@pytest.mark.parametrize("role", ["cashier", "analyst"])
def test_who_may_only_look_changes_nothing(role: str) -> None:
    caller = staff_caller(PartnerFactory(), role)
    card = CardFactory(partner=caller.staff.partner)
    for answer in (
        caller.post(CARDS, TEXTS, status=403),
        caller.put(f"{CARDS}/{card.pk}", {"is_active": False}, status=403),
        caller.delete(f"{CARDS}/{card.pk}", status=403),
    ):
        assert answer["code"] == "INSUFFICIENT_PARTNER_PERMISSIONS"
    assert caller.get(f"{CARDS}/{card.pk}")["data"]["is_active"] is True
    assert Card.objects.count() == 1


def test_one_idempotency_key_makes_one_card() -> None:
    owner = staff_caller(PartnerFactory())
    first = owner.post(CARDS, TEXTS, **{"Idempotency-Key": "card-1"})
    assert owner.post(CARDS, TEXTS, **{"Idempotency-Key": "card-1"})["data"] == first["data"]
    assert Card.objects.count() == 1
