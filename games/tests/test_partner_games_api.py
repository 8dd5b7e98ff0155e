"""Games over the Partner API (contract 3.6)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cards.tests.factories import IssuedCardFactory
from games.models import Game, GameShop, Play, StampProgress
from games.tests.factories import CouponFactory, GameFactory, PrizeFactory
from loyalty.models import AuditEvent
from partners.tests.callers import credential_caller, staff_caller
from partners.tests.factories import PartnerFactory, ProductFactory, ShopFactory

pytestmark = pytest.mark.django_db
GAMES = "/en/partners/games"
AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
BODY: dict[str, Any] = {
    "name": "Eight coffees",
    "description": "Eight coffees and the next one is on us.",
    "game_type": "stamps",
    "reward_description": "A free coffee",
}
REWARD = {
    "type": "free_product",
    "value": None,
    "points": None,
    "product_name": "",
    "minimum_purchase": 0.0,
    "maximum_discount": None,
}


def a_play(game: Game, **values: Any) -> Play:
    """A play of a customer of the game's partner."""
    issued = values.pop("issued_card", None) or IssuedCardFactory(partner=game.partner)
    known: dict[str, Any] = {
        "server_seed": "s" * 64,
        "seed_hash": "h" * 64,
        "local_on": AT.date(),
        "started_at": AT,
        "expires_at": datetime(2099, 1, 1, tzinfo=UTC),
        **values,
    }
    return Play.objects.create(partner=game.partner, game=game, customer=issued.customer, issued_card=issued, **known)


def test_the_four_required_fields_make_a_game_with_the_defaults_of_the_contract() -> None:
    owner = staff_caller(PartnerFactory())
    answer = owner.post(GAMES, BODY)
    game = Game.objects.get()
    data = answer["data"]
    assert answer["code"] == 201
    assert data.pop("created_at").endswith("Z")
    assert data.pop("updated_at").endswith("Z")
    settings = data.pop("stamp_settings")
    assert data == {
        **BODY,
        "id": game.pk,
        "partner_id": owner.staff.partner_id,
        "is_active": True,
        "is_ready": True,
        "allow_multiple_active_coupons": True,
        "coupon_validity_days": None,
        "coupon_validity": "default",
        "product_ids": [],
        "shop_ids": [],
        "start_date": None,
        "end_date": None,
        "branding": {"logo_url": None, "background_image_url": None},
        "theme": None,
        "reward": REWARD,
        "points_cost": 0,
        "plays_per_day": None,
        "plays_per_customer": None,
        "session_minutes": 30,
        "total_players": 0,
        "active_sessions": 0,
        "completed_sessions": 0,
    }
    assert {key: value for key, value in settings.items() if value is not None} == {
        "stamps_required": 10,
        "reset_on_complete": True,
        "overflow": "carry",
        "auto_stamp": "none",
        "reward_type": "free_product",
        "product_name": "",
    }
    event = AuditEvent.objects.get(action="game.created")
    assert (event.actor_kind, event.actor_id, event.partner_id) == ("staff", owner.staff.pk, owner.staff.partner_id)
    assert event.changes["name"] == [None, BODY["name"]]


@pytest.mark.parametrize("game_type", ["stamps", "wheel", "collection", "quiz", "memory", "scratch"])
def test_every_type_is_created_with_the_required_fields_alone(game_type: str) -> None:
    made = staff_caller(PartnerFactory()).post(GAMES, {**BODY, "game_type": game_type})["data"]
    assert (made["game_type"], made["is_ready"]) == (game_type, game_type == "stamps")
    assert ("stamp_settings" in made) == (game_type == "stamps")


def test_every_field_of_a_stamp_card_can_be_written_and_is_read_back() -> None:
    partner = PartnerFactory()
    shops = [ShopFactory(partner=partner) for _ in range(2)]
    products = [ProductFactory(partner=partner) for _ in range(2)]
    settings = {
        "stamps_required": 9,
        "reward_type": "percentage",
        "product_name": "",
        "discount_amount": 12.5,
        "points_amount": None,
        "expiration_days": 14,
        "reset_on_complete": False,
        "overflow": "cap",
        "auto_stamp": "per_product",
        "layout": "grid",
        "rows": 3,
        "columns": 3,
        "background_color": "#3B2A20",
        "text_color": "#fff",
        "item_name_singular": {"en": "coffee", "lt": "kava"},
        "item_name_plural": {"lt": "kavos"},
        "punch_text": "One more",
        "reward_text": {"en": "On us"},
        "stamp_icon": "coffee",
        "stamp_icon_type": "icon",
    }
    wanted = {
        **BODY,
        "name": {"en": "Nine coffees", "lt": "Devynios kavos"},
        "is_active": False,
        "allow_multiple_active_coupons": False,
        "coupon_validity_days": 30,
        "coupon_validity": "days",
        "product_ids": [products[1].pk, products[0].pk, products[1].pk],
        "shop_ids": [shops[1].pk, shops[0].pk],
        "start_date": "2026-05-01T08:00:00Z",
        "end_date": "2026-06-01T08:00:00Z",
        "theme": "winter",
        "points_cost": 5,
        "plays_per_day": 2,
        "plays_per_customer": 10,
        "session_minutes": 15,
        "stamp_settings": settings,
        "reward": {"minimum_purchase": 5, "maximum_discount": 7.25},
    }
    owner = staff_caller(partner)
    made = owner.post(GAMES, wanted)["data"]
    assert owner.get(f"{GAMES}/{made['id']}")["data"] == made
    expected = {
        **wanted,
        "product_ids": sorted(product.pk for product in products),
        "shop_ids": [shop.pk for shop in shops],
        "reward": {
            **REWARD,
            "type": "percentage",
            "value": 12.5,
            "minimum_purchase": 5.0,
            "maximum_discount": 7.25,
        },
    }
    assert {key: made[key] for key in wanted} == expected
    assert owner.get(f"{GAMES}/{made['id']}/stamps")["data"] == settings
    # What is answered can be sent again and changes nothing.
    again = owner.put(f"{GAMES}/{made['id']}", {key: made[key] for key in wanted})["data"]
    assert {**again, "updated_at": None} == {**made, "updated_at": None}
    assert not AuditEvent.objects.filter(action="game.updated").exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "ab"}, "name"),
        ({"name": " " * 5}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"name": 5}, "name"),
        ({"name": {}}, "name"),
        ({"name": {"en": "ab"}}, "name.en"),
        ({"name": {"en": "Fine", "ru": "Чашка"}}, "name.ru"),
        ({"name": {"en": "Fine", "lt": 5}}, "name.lt"),
        ({"description": "too short"}, "description"),
        ({"description": "x" * 10_001}, "description"),
        ({"reward_description": "ab"}, "reward_description"),
        ({"reward_description": "x" * 1_001}, "reward_description"),
        ({"game_type": "slot_machine"}, "game_type"),
        ({"is_active": "perhaps"}, "is_active"),
        ({"coupon_validity_days": 0}, "coupon_validity_days"),
        ({"coupon_validity_days": 3651}, "coupon_validity_days"),
        ({"coupon_validity": "days"}, "coupon_validity"),
        ({"coupon_validity": "never", "coupon_validity_days": 3}, "coupon_validity"),
        ({"product_ids": ["one"]}, "product_ids.0"),
        ({"shop_ids": [0]}, "shop_ids.0"),
        ({"start_date": "yesterday"}, "start_date"),
        ({"start_date": "2026-02-30"}, "start_date"),
        ({"start_date": 20260301}, "start_date"),
        # Other ways to write a day would be taken for its midnight.
        ({"end_date": "20260301"}, "end_date"),
        ({"end_date": "2026-W10-1"}, "end_date"),
        ({"end_date": "2026-03-01T"}, "end_date"),
        ({"start_date": "2026-05-02", "end_date": "2026-05-01"}, "end_date"),
        ({"start_date": "2026-05-02T10:00:00Z", "end_date": "2026-05-02T10:00:00Z"}, "end_date"),
        ({"theme": "Über"}, "theme"),
        ({"branding": {"primary_color": "red"}}, "branding.primary_color"),
        ({"branding": {"logo": "https://example.com/a.png"}}, "branding.logo"),
        ({"branding": {"font": "Arial"}}, "branding.font"),
        ({"points_cost": -1}, "points_cost"),
        ({"plays_per_day": 0}, "plays_per_day"),
        ({"session_minutes": 0}, "session_minutes"),
        ({"stamp_settings": {"stamps_required": 0}}, "stamp_settings.stamps_required"),
        ({"stamp_settings": {"stamps_required": 101}}, "stamp_settings.stamps_required"),
        ({"stamp_settings": {"reward_type": "percentage"}}, "stamp_settings.discount_amount"),
        ({"stamp_settings": {"reward_type": "percentage", "discount_amount": 101}}, "stamp_settings.discount_amount"),
        ({"stamp_settings": {"reward_type": "fixed", "discount_amount": 0}}, "stamp_settings.discount_amount"),
        ({"stamp_settings": {"reward_type": "points"}}, "stamp_settings.points_amount"),
        ({"stamp_settings": {"discount_amount": 5}}, "stamp_settings.discount_amount"),
        ({"stamp_settings": {"stamp_icon_type": "image"}}, "stamp_settings.stamp_icon"),
        ({"stamp_settings": {"text_color": "white"}}, "stamp_settings.text_color"),
        ({"stamp_settings": {"punch_text": {"de": "Noch eine"}}}, "stamp_settings.punch_text.de"),
        ({"stamp_settings": {"expiration_days": 0}}, "stamp_settings.expiration_days"),
        ({"stamp_settings": {"colour": "red"}}, "stamp_settings.colour"),
        ({"reward": {"type": "points", "points": 0}}, "reward.points"),
        ({"reward": {"value": 5.001}}, "reward.value"),
        ({"reward": {"maximum_discount": 0}}, "reward.maximum_discount"),
        (
            {"reward": {"type": "points", "points": 5}, "stamp_settings": {"reward_type": "free_product"}},
            "stamp_settings.reward_type",
        ),
        ({"prizes": [{"name": "A prize", "weight": 1}]}, "prizes"),
        ({"questions": []}, "questions"),
        ({"pass_score": 3}, "pass_score"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_is_refused_by_its_dotted_path(change: dict[str, Any], field: str) -> None:
    answer = staff_caller(PartnerFactory()).post(GAMES, {**BODY, **change}, status=422)
    assert answer["code"] == "VALIDATION_ERROR"
    assert list(answer["errors"]) == [field]
    assert not Game.objects.exists()
    assert not AuditEvent.objects.filter(action__startswith="game.").exists()


def test_what_is_missing_is_named_and_said_in_the_callers_language() -> None:
    owner = staff_caller(PartnerFactory())
    answer = owner.post(GAMES.replace("/en/", "/lt/"), {}, status=422)
    assert set(answer["errors"]) == set(BODY)
    assert not Game.objects.exists()


@pytest.mark.parametrize(
    ("sent", "mode", "days"),
    [
        ({}, "default", None),
        ({"coupon_validity_days": None}, "never", None),
        ({"coupon_validity_days": 7}, "days", 7),
        ({"coupon_validity_days": None, "coupon_validity": "default"}, "default", None),
    ],
)
def test_the_validity_of_coupons_is_a_number_never_or_what_others_say(
    sent: dict[str, Any], mode: str, days: int | None
) -> None:
    owner = staff_caller(PartnerFactory())
    made = owner.post(GAMES, {**BODY, **sent})["data"]
    assert (made["coupon_validity"], made["coupon_validity_days"]) == (mode, days)
    # A change that does not speak of it keeps it.
    same = owner.put(f"{GAMES}/{made['id']}", {"name": "Nine coffees"})["data"]
    assert (same["coupon_validity"], same["coupon_validity_days"]) == (mode, days)
    never = owner.put(f"{GAMES}/{made['id']}", {"coupon_validity_days": None})["data"]
    assert (never["coupon_validity"], never["coupon_validity_days"]) == ("never", None)


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [
        ("2026-03-29", "2026-03-29", ("2026-03-28T22:00:00Z", "2026-03-29T20:59:59Z")),
        ("2026-10-25", "2026-10-25", ("2026-10-24T21:00:00Z", "2026-10-25T21:59:59Z")),
        ("2026-06-01T09:30:00", "2026-06-02T09:30:00+02:00", ("2026-06-01T06:30:00Z", "2026-06-02T07:30:00Z")),
    ],
)
def test_a_day_begins_and_ends_in_the_partners_time_zone(start: str, end: str, shown: tuple[str, str]) -> None:
    owner = staff_caller(PartnerFactory(time_zone="Europe/Vilnius"))
    made = owner.post(GAMES, {**BODY, "start_date": start, "end_date": end})["data"]
    assert (made["start_date"], made["end_date"]) == shown
    cleared = owner.put(f"{GAMES}/{made['id']}", {"start_date": None, "end_date": None})["data"]
    assert (cleared["start_date"], cleared["end_date"]) == (None, None)


def test_a_change_is_checked_against_what_stays() -> None:
    owner = staff_caller(PartnerFactory())
    game = GameFactory(partner=owner.staff.partner, starts_at=AT)
    path = f"{GAMES}/{game.pk}"
    assert list(owner.put(path, {"end_date": "2026-03-01", "is_active": False}, status=422)["errors"]) == ["end_date"]
    assert list(owner.put(path, {"game_type": "wheel"}, status=422)["errors"]) == ["game_type"]
    answer = owner.put(path, {"stamp_settings": {"discount_amount": 5}}, status=422)
    assert list(answer["errors"]) == ["stamp_settings.discount_amount"]
    game.refresh_from_db()
    assert (game.ends_at, game.is_active, game.reward_value) == (None, True, None)
    assert owner.put(path, {"game_type": "stamps"})["data"]["game_type"] == "stamps"


def test_another_reward_takes_the_place_of_the_former_figures() -> None:
    owner = staff_caller(PartnerFactory())
    game = GameFactory(partner=owner.staff.partner)
    path = f"{GAMES}/{game.pk}"
    changed = owner.put(path, {"stamp_settings": {"reward_type": "discount", "discount_amount": 2.5}})["data"]
    assert changed["reward"] == {**REWARD, "type": "fixed", "value": 2.5}
    points = owner.put(path, {"reward": {"type": "points", "points": 100}})["data"]
    assert points["reward"] == {**REWARD, "type": "points", "points": 100}
    assert points["stamp_settings"]["points_amount"] == 100
    assert points["stamp_settings"]["discount_amount"] is None
    changes = AuditEvent.objects.filter(action="game.updated").order_by("-id")[0].changes
    assert changes == {
        "reward_type": ["fixed", "points"],
        "reward_value": ["2.50", None],
        "reward_points": [None, 100],
    }


def test_a_change_keeps_what_it_does_not_name() -> None:
    owner = staff_caller(PartnerFactory())
    body = {
        **BODY,
        "theme": "winter",
        "branding": {"primary_color": "#112233"},
        "stamp_settings": {"layout": "grid", "rows": 2, "text_color": "#fff"},
    }
    made = owner.post(GAMES, body)["data"]
    change = {"branding": {"text_color": "#000"}, "stamp_settings": {"rows": None, "columns": 5}}
    changed = owner.put(f"{GAMES}/{made['id']}", change)["data"]
    settings = {**made["stamp_settings"], "rows": None, "columns": 5}
    assert {**changed, "updated_at": None} == {
        **made,
        "updated_at": None,
        "branding": {**made["branding"], "text_color": "#000"},
        "stamp_settings": settings,
    }


def test_a_game_is_switched_off_and_on_and_a_named_state_stays() -> None:
    owner = staff_caller(PartnerFactory())
    game = GameFactory(partner=owner.staff.partner)
    path = f"{GAMES}/{game.pk}/toggle-status"
    assert owner.put(path, {})["data"]["is_active"] is False
    assert owner.put(path, {})["data"]["is_active"] is True
    for _ in range(2):
        assert owner.put(path, {"is_active": False})["data"]["is_active"] is False
    assert list(owner.put(path, {"is_active": "x"}, status=422)["errors"]) == ["is_active"]
    changes = AuditEvent.objects.filter(action="game.updated").order_by("id").values_list("changes", flat=True)
    assert [change["is_active"] for change in changes] == [[True, False], [False, True], [True, False]]


def test_a_deleted_game_is_gone_for_the_api_and_its_coupons_stay() -> None:
    owner = staff_caller(PartnerFactory())
    game = GameFactory(partner=owner.staff.partner)
    coupon = CouponFactory(partner=game.partner, game=game)
    path = f"{GAMES}/{game.pk}"
    answer = owner.delete(path)
    assert set(answer) == {"success", "code", "request_id", "message"}
    owner.get(path, 404)
    owner.put(path, {"is_active": True}, status=404)
    owner.put(f"{path}/toggle-status", {}, status=404)
    owner.delete(path, status=404)
    assert owner.get(GAMES)["data"]["games"] == []
    coupon.refresh_from_db()
    assert coupon.status == "active"
    assert AuditEvent.objects.filter(action="game.deleted").count() == 1


def test_the_list_has_its_figures_inside_the_data_and_newest_first() -> None:
    owner = staff_caller(PartnerFactory())
    games = [GameFactory(partner=owner.staff.partner) for _ in range(3)]
    GameFactory()
    data = owner.get(GAMES, per_page=2)["data"]
    assert "meta" not in owner.get(GAMES)
    assert [row["id"] for row in data["games"]] == [games[2].pk, games[1].pk]
    figures = {"current_page": 1, "last_page": 2, "per_page": 2, "total": 3, "from": 1, "to": 2}
    assert data["pagination"] == figures
    assert set(data["games"][0]) == {
        *("id", "name", "game_type", "is_active", "allow_multiple_active_coupons", "coupon_validity_days"),
        *("coupon_validity", "start_date", "end_date", "total_players", "created_at"),
    }
    assert owner.get(GAMES)["data"]["pagination"]["per_page"] == 20
    assert owner.get(GAMES, per_page=500)["data"]["pagination"]["per_page"] == 100


def test_the_list_is_filtered_by_activity_and_type() -> None:
    partner = PartnerFactory()
    stamps = GameFactory(partner=partner)
    wheel = GameFactory(partner=partner, game_type="wheel", stamps_required=None, is_active=False)
    owner = staff_caller(partner)

    def ids(**query: Any) -> list[int]:
        return [row["id"] for row in owner.get(GAMES, **query)["data"]["games"]]

    assert ids(active="True") == ids(active="1") == ids(active_only="true") == [stamps.pk]
    assert ids(active="false") == [wheel.pk]
    assert ids(active_only="0") == ids(customizable="true") == [wheel.pk, stamps.pk]
    assert ids(customizable="false") == []
    assert ids(game_type="wheel") == [wheel.pk]
    assert list(owner.get(GAMES, 422, active="maybe")["errors"]) == ["active"]
    assert list(owner.get(GAMES, 422, game_type="slots")["errors"]) == ["game_type"]
    assert owner.get(GAMES, 400, type="wheel")["code"] == "UNKNOWN_PARAMETER"


def test_players_and_sessions_are_counted() -> None:
    owner = staff_caller(PartnerFactory())
    partner = owner.staff.partner
    game = GameFactory(partner=partner)
    wheel = GameFactory(partner=partner, game_type="wheel", stamps_required=None)
    PrizeFactory(game=wheel)
    GameFactory(partner=partner)
    for step, rounds in ((3, 2), (0, 1), (8, 1)):
        StampProgress.objects.create(
            partner=partner,
            game=game,
            issued_card=IssuedCardFactory(partner=partner),
            current_step=step,
            is_completed=step == 8,
            completed_at=AT if step == 8 else None,
            rounds=rounds,
            started_at=AT,
            updated_at=AT,
        )
    issued = IssuedCardFactory(partner=partner)
    a_play(wheel, issued_card=issued)
    a_play(wheel, issued_card=issued, status="completed", completed_at=AT)
    a_play(wheel, expires_at=datetime(2026, 3, 3, tzinfo=UTC))
    a_play(wheel)
    figures = ("total_players", "active_sessions", "completed_sessions")
    assert [owner.get(f"{GAMES}/{game.pk}")["data"][name] for name in figures] == [3, 1, 4]
    assert [owner.get(f"{GAMES}/{wheel.pk}")["data"][name] for name in figures] == [3, 2, 1]
    assert [row["total_players"] for row in owner.get(GAMES)["data"]["games"]] == [0, 3, 3]


def test_the_list_takes_as_many_queries_for_twenty_games_as_for_two() -> None:
    owner = staff_caller(PartnerFactory())
    counts = []
    for number in (2, 18):
        for _ in range(number // 2):
            a_play(GameFactory(partner=owner.staff.partner, game_type="quiz", stamps_required=None))
            GameFactory(partner=owner.staff.partner)
        with CaptureQueriesContext(connection) as queries:
            owner.get(GAMES)
        counts.append(len(queries))
    assert counts[0] == counts[1] == 5


def test_another_partners_game_shops_and_products_are_as_good_as_absent() -> None:
    owner = staff_caller(PartnerFactory())
    game = GameFactory()
    before = Game.objects.values().get(pk=game.pk)
    for pk in (game.pk, 987654321, 10**30):
        for answer in (
            owner.get(f"{GAMES}/{pk}", 404),
            owner.get(f"{GAMES}/{pk}/stamps", 404),
            owner.get(f"{GAMES}/{pk}/collection-items", 404),
            owner.put(f"{GAMES}/{pk}", {"is_active": False}, status=404),
            owner.put(f"{GAMES}/{pk}/toggle-status", {}, status=404),
            owner.delete(f"{GAMES}/{pk}", status=404),
        ):
            assert answer["code"] == "RESOURCE_NOT_FOUND"
    for field, foreign in (("shop_ids", ShopFactory()), ("product_ids", ProductFactory())):
        answer = owner.post(GAMES, {**BODY, field: [foreign.pk]}, status=404)
        assert (answer["code"], list(answer["errors"])) == ("RESOURCE_NOT_FOUND", [field])
    assert Game.objects.values().get(pk=game.pk) == before
    assert Game.objects.count() == 1


def test_somebody_limited_to_shops_names_only_those() -> None:
    partner = PartnerFactory()
    mine, other = ShopFactory(partner=partner), ShopFactory(partner=partner)
    theirs, everywhere = GameFactory(partner=partner), GameFactory(partner=partner)
    GameShop.objects.create(game=theirs, shop=other)
    for caller in (staff_caller(partner, "manager", [mine]), credential_caller(partner, mine)):
        for shop_ids in ([other.pk], [mine.pk, other.pk], []):
            answer = caller.post(GAMES, {**BODY, "shop_ids": shop_ids}, status=403)
            assert (answer["code"], list(answer["errors"])) == ("STORE_ACCESS_DENIED", ["shop_ids"])
        made = caller.post(GAMES, {**BODY, "shop_ids": [mine.pk]})["data"]
        assert caller.put(f"{GAMES}/{made['id']}", {"shop_ids": []}, status=403)["code"] == "STORE_ACCESS_DENIED"
        for game in (theirs, everywhere):
            path = f"{GAMES}/{game.pk}"
            assert caller.put(path, {"is_active": False}, status=403)["code"] == "STORE_ACCESS_DENIED"
            assert caller.put(f"{path}/toggle-status", {}, status=403)["code"] == "STORE_ACCESS_DENIED"
            assert caller.delete(path, status=403)["code"] == "STORE_ACCESS_DENIED"
    assert not Game.objects.filter(is_active=False).exists()
    assert Game.objects.filter(deleted_at__isnull=False).count() == 0


def test_analysts_look_cashiers_do_not_and_scopes_count() -> None:
    partner = PartnerFactory()
    game = GameFactory(partner=partner)
    path = f"{GAMES}/{game.pk}"
    staff_caller(partner, "analyst").get(path)
    reader = credential_caller(partner, scopes=["read"])
    reader.get(path)
    for role in ("analyst", "cashier"):
        caller = staff_caller(partner, role)
        for answer in (
            caller.post(GAMES, BODY, status=403),
            caller.put(path, {"is_active": False}, status=403),
            caller.put(f"{path}/toggle-status", {}, status=403),
            caller.post(f"{path}/upload-stamp-image", {"image_base64": "x"}, status=403),
            caller.delete(path, status=403),
        ):
            assert answer["code"] == "INSUFFICIENT_PARTNER_PERMISSIONS"
    assert reader.post(GAMES, BODY, status=403)["code"] == "SCOPE_INSUFFICIENT"
    made = credential_caller(partner, scopes=["write"]).post(GAMES, BODY)["data"]
    assert AuditEvent.objects.get(action="game.created", target_id=made["id"]).actor_kind == "credential"
    game.refresh_from_db()
    assert game.is_active


def test_settings_of_another_type_are_refused_with_a_code() -> None:
    owner = staff_caller(PartnerFactory())
    stamps = GameFactory(partner=owner.staff.partner)
    wheel = GameFactory(partner=owner.staff.partner, game_type="wheel", stamps_required=None)
    assert owner.get(f"{GAMES}/{wheel.pk}/stamps", 400)["code"] == "GAME_TYPE_MISMATCH"
    assert owner.get(f"{GAMES}/{stamps.pk}/collection-items", 400)["code"] == "GAME_TYPE_MISMATCH"
    answer = owner.put(f"{GAMES}/{wheel.pk}", {"stamp_settings": {"rows": 2}}, status=422)
    assert list(answer["errors"]) == ["stamp_settings"]


def test_a_key_repeats_the_first_answer() -> None:
    owner = staff_caller(PartnerFactory())
    first = owner.post(GAMES, BODY, **{"Idempotency-Key": "one"})
    assert owner.post(GAMES, BODY, **{"Idempotency-Key": "one"})["data"] == first["data"]
    assert Game.objects.count() == 1
