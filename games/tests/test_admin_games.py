"""The back office's pages of games: inputs instead of JSON, and the same services as everywhere."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cards.tests.factories import IssuedCardFactory
from games.models import Game, Prize, StampEvent, StampProgress
from games.tests.factories import CouponFactory, GameFactory, PrizeFactory
from games.tests.test_partner_games_api import a_play
from loyalty.models import AuditEvent
from loyalty.tests.browser import form_values
from loyalty.tests.factories import AdminFactory, UserFactory
from partners.tests.factories import PartnerFactory, ProductFactory, ShopFactory

pytestmark = pytest.mark.django_db
ADD = reverse("admin:games_game_add")
TEXTS = {
    "name_en": "Eight coffees",
    "name_lt": "Aštuonios kavos",
    "description_en": "Eight coffees, and one for free.",
    "description_lt": "Eight coffees, and one for free.",
    "reward_description_en": "A coffee",
}


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(AdminFactory())
    return client


def page_of(game: Game) -> str:
    return reverse("admin:games_game_change", args=[game.pk])


def saved(boss: Client, game: Game, **changes: Any) -> Game:
    """The game after its page was saved with some inputs changed."""
    answer = boss.post(page_of(game), form_values(boss, page_of(game)) | changes)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    return Game.objects.get(pk=game.pk)


def refused(boss: Client, game: Game, **changes: Any) -> list[str]:
    """The fields that are complained about; nothing is written."""
    before = Game.objects.values().get(pk=game.pk)
    answer = boss.post(page_of(game), form_values(boss, page_of(game)) | changes)
    assert answer.status_code == 200
    assert Game.objects.values().get(pk=game.pk) == before
    return list(answer.context["adminform"].form.errors)


def of_type(game_type: str, **fields: Any) -> Game:
    return GameFactory(game_type=game_type, stamps_required=None, **fields)


def test_a_game_is_made_through_the_service_and_opens_for_setting_up(boss: Client) -> None:
    shop = ShopFactory()
    page = boss.get(ADD).content.decode()
    assert 'name="name_lt"' in page
    assert "{&quot;" not in page
    sent = (
        form_values(boss, ADD)
        | TEXTS
        | {
            "partner": shop.partner_id,
            "game_type": "stamps",
            "played_in": [shop.pk],
            "look_primary_color": "#0055AA",
            "look_theme": "winter",
        }
    )
    answer = boss.post(ADD, sent)
    game = Game.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, page_of(game))
    assert game.name == {"en": "Eight coffees", "lt": "Aštuonios kavos"}
    # The same in every language is one plain text.
    assert game.description == "Eight coffees, and one for free."
    assert game.reward_description == {"en": "A coffee"}
    assert (game.stamps_required, game.coupon_validity) == (10, "default")
    assert game.branding == {"primary_color": "#0055AA", "theme": "winter"}
    assert list(game.shops.all()) == [shop]
    event = AuditEvent.objects.get(action="game.created")
    assert (event.actor_kind, event.partner_id) == ("admin", shop.partner_id)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name_en": "ab"}, "name"),
        ({"name_en": "", "name_lt": ""}, "name"),
        ({"description_en": "short", "description_lt": ""}, "description"),
        ({"coupon_validity": "days"}, "coupon_validity_days"),
        ({"look_primary_color": "red"}, "look"),
        ({"partner": ""}, "partner"),
    ],
)
def test_what_makes_no_sense_is_said_at_its_field(boss: Client, changes: dict[str, str], field: str) -> None:
    sent = form_values(boss, ADD) | TEXTS | {"partner": PartnerFactory().pk, "game_type": "stamps"}
    answer = boss.post(ADD, sent | changes)
    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == [field]
    assert not Game.objects.exists()


def test_saving_a_page_unchanged_changes_nothing(boss: Client) -> None:
    partner = PartnerFactory()
    question = {
        "key": "q1",
        "text": "What?",
        "answers": [{"key": "a1", "text": "This"}, {"key": "a2", "text": {"en": "That", "lt": "Tai"}}],
        "right": ["a1"],
        "score": 3,
    }
    configs: dict[str, Any] = {
        "stamps": {},
        "wheel": {},
        "scratch": {"scratch_fields": 12},
        "quiz": {"questions": [question], "pass_score": 2},
        "memory": {"pairs": [{"key": "p1", "text": "a"}, {"key": "p2", "text": "b"}], "max_moves": 9},
        "collection": {"items": [{"key": "i1", "name": "A", "weight": 1, "needed": 1}]},
    }
    for game_type, config in configs.items():
        game = GameFactory(
            partner=partner,
            game_type=game_type,
            stamps_required=8 if game_type == "stamps" else None,
            config=config,
            branding={"theme": "winter", "logo": "partners/1/games/a.png"},
            stamp_design={"layout": "grid", "punch_text": {"en": "More"}} if game_type == "stamps" else {},
        )
        if game_type in {"wheel", "scratch"}:
            PrizeFactory(game=game, position=0)
        before = Game.objects.values().get(pk=game.pk)
        assert Game.objects.values().get(pk=saved(boss, game).pk) == before, game_type
    assert not AuditEvent.objects.filter(action="game.updated").exists()


def test_a_stamp_card_is_set_up(boss: Client) -> None:
    game = GameFactory(branding={"logo": "partners/1/games/a.png"}, stamp_design={"rows": 2})
    product = ProductFactory(partner=game.partner)
    game = saved(
        boss,
        game,
        stamps_required="9",
        reward_type="percentage",
        reward_value="12.5",
        reward_product_name="",
        stamp_look_layout="grid",
        stamp_look_rows="",
        stamp_look_columns="3",
        stamp_look_stamp_icon="coffee",
        stamp_look_stamp_icon_type="icon",
        punch_text_lt="Dar viena",
        offered=[product.pk],
        coupon_validity="days",
        coupon_validity_days="14",
        look_text_color="#ffffff",
        audit_reason="a new season",
    )
    assert (game.stamps_required, game.reward_type, str(game.reward_value)) == (9, "percentage", "12.50")
    assert (game.reward_product_name, game.coupon_validity_days) == ("", 14)
    design = {"layout": "grid", "columns": 3, "stamp_icon": "coffee", "stamp_icon_type": "icon"}
    assert game.stamp_design == {**design, "punch_text": {"lt": "Dar viena"}}
    assert game.branding == {"logo": "partners/1/games/a.png", "text_color": "#ffffff"}
    assert list(game.products.all()) == [product]
    event = AuditEvent.objects.get(action="game.updated")
    assert event.reason == "a new season"
    assert event.changes["stamps_required"] == [8, 9]
    assert "name" not in event.changes


def test_contradictions_of_a_stamp_card_are_said_at_their_fields(boss: Client) -> None:
    game = GameFactory()
    assert refused(boss, game, reward_type="points") == ["reward_points"]
    assert refused(boss, game, reward_type="fixed") == ["reward_value"]
    assert refused(boss, game, stamp_look_stamp_icon_type="image") == ["stamp_look"]
    days = {"starts_at_0": "2026-05-02", "starts_at_1": "10:00", "ends_at_0": "2026-05-01", "ends_at_1": "10:00"}
    assert "ends_at" in refused(boss, game, **days)
    assert "played_in" in refused(boss, game, played_in=[ShopFactory().pk])
    assert "offered" in refused(boss, game, offered=[ProductFactory().pk])


def test_several_live_coupons_keep_a_game_from_being_limited(boss: Client) -> None:
    game = GameFactory()
    issued = IssuedCardFactory(partner=game.partner)
    for _ in range(2):
        CouponFactory(partner=game.partner, game=game, issued_card=issued)
    sent = form_values(boss, page_of(game))
    sent.pop("allow_multiple_active_coupons")
    answer = boss.post(page_of(game), sent, follow=True)
    assert "2 in all" in answer.content.decode()
    game.refresh_from_db()
    assert game.allow_multiple_active_coupons is True


def test_questions_pairs_and_items_are_lines(boss: Client) -> None:
    quiz = saved(boss, of_type("quiz"), questions="What?\r\n+ This | Tai\r\n- That\r\n", pass_score="1")
    assert quiz.config == {
        "questions": [
            {
                "key": "q1",
                "text": "What?",
                "answers": [{"key": "a1", "text": {"en": "This", "lt": "Tai"}}, {"key": "a2", "text": "That"}],
                "right": ["a1"],
                "score": 1,
            }
        ],
        "pass_score": 1,
    }
    assert refused(boss, quiz, pass_score="2") == ["pass_score"]
    assert refused(boss, quiz, questions="What?\n+ This") == ["questions"]
    memory = saved(boss, of_type("memory"), pairs="Bean\nCup | Puodelis", max_seconds="60")
    assert memory.config == {
        "pairs": [{"key": "p1", "text": "Bean"}, {"key": "p2", "text": {"en": "Cup", "lt": "Puodelis"}}],
        "max_seconds": 60,
    }
    assert refused(boss, memory, pairs="Bean") == ["pairs"]
    collection = saved(boss, of_type("collection"), items="Arabica; 3\nGold; 1; 2")
    assert collection.config == {
        "items": [
            {"key": "i1", "name": "Arabica", "weight": 3, "needed": 1},
            {"key": "i2", "name": "Gold", "weight": 1, "needed": 2},
        ]
    }
    assert refused(boss, collection, items="Arabica; 0") == ["items"]


def _prize(number: int, **values: str) -> dict[str, str]:
    known = {"weight": "1", "reward_type": "none", "minimum_purchase": "0", "is_active": "on", "id": "", **values}
    return {f"prizes-{number}-{name}": value for name, value in known.items()}


def test_prizes_are_set_up_with_the_game_and_switched_off_never_deleted(boss: Client) -> None:
    game = of_type("wheel")
    first, second = PrizeFactory(game=game, position=0, awarded=2), PrizeFactory(game=game, position=1)
    sent = form_values(boss, page_of(game))
    sent.pop("prizes-1-is_active")
    sent |= {"prizes-TOTAL_FORMS": ["3"], "prizes-0-position": ["5"], "prizes-0-weight": ["7"]}
    new = {"name_en": "Coffee", "name_lt": "Kava", "reward_type": "points", "reward_points": "50", "position": "1"}
    assert boss.post(page_of(game), sent | _prize(2, game=str(game.pk), **new)).status_code == 302
    active = list(Prize.objects.filter(game=game, is_active=True).order_by("position"))
    assert [(prize.name, prize.weight, prize.awarded) for prize in active] == [
        ({"en": "Coffee", "lt": "Kava"}, 1, 0),
        (first.name, 7, 2),
    ]
    assert (active[0].reward_type, active[0].reward_points, active[0].partner_id) == ("points", 50, game.partner_id)
    second.refresh_from_db()
    assert second.is_active is False
    assert "prizes" in AuditEvent.objects.get(action="game.updated").changes


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"reward_type": "percentage", "reward_value": ""}, "reward_value"),
        ({"reward_type": "points"}, "reward_points"),
        ({"stock": "1"}, "stock"),
        ({"weight": "1000001"}, "weight"),
        ({"name_en": "", "name_lt": ""}, "name"),
    ],
)
def test_a_prize_that_cannot_be_is_said_at_its_field(boss: Client, change: dict[str, str], field: str) -> None:
    prize = PrizeFactory(awarded=2, position=0)
    before = Prize.objects.values().get()
    sent = form_values(boss, page_of(prize.game)) | {f"prizes-0-{name}": value for name, value in change.items()}
    answer = boss.post(page_of(prize.game), sent)
    assert answer.status_code == 200
    (formset,) = answer.context["inline_admin_formsets"]
    assert list(formset.formset.errors[0]) == [field]
    assert Prize.objects.values().get() == before


def test_a_deleted_game_is_only_looked_at(boss: Client) -> None:
    game = GameFactory()
    url = reverse("admin:games_game_end_game", args=[game.pk])
    assert boss.post(url, {"reason": "the season is over"}).status_code == 302
    game.refresh_from_db()
    assert game.deleted_at is not None
    assert AuditEvent.objects.get(action="game.deleted").reason == "the season is over"
    assert b'name="_save"' not in boss.get(page_of(game)).content
    assert boss.get(url).status_code == 404


def test_games_are_found_by_name_in_any_language(boss: Client) -> None:
    GameFactory(name={"en": "Wheel", "lt": "Laimės ratas"})
    GameFactory(name="Eight coffees")
    found = reverse("admin:games_game_changelist")
    assert "Laimės ratas" in boss.get(found, {"q": "laimės"}).content.decode()
    page = boss.get(found, {"q": "COFFEES"}).content.decode()
    assert "Eight coffees" in page
    assert "Laimės ratas" not in page


def test_who_may_only_look_sees_everything_as_text(client: Client) -> None:
    viewer = UserFactory(is_staff=True)
    viewer.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(viewer)
    for game in (
        GameFactory(stamp_design={"layout": "grid", "punch_text": {"en": "One more", "lt": "Dar viena"}}),
        of_type("quiz", config={"questions": [], "pass_score": 3}),
        of_type("memory", config={"pairs": [{"key": "p1", "text": "Bean"}]}),
        of_type("collection", config={"items": [{"key": "i1", "name": "Gold", "weight": 1, "needed": 1}]}),
        PrizeFactory().game,
    ):
        page = client.get(page_of(game)).content.decode()
        assert 'name="_save"' not in page
        assert 'name="name_en"' not in page
    stamps = client.get(page_of(Game.objects.filter(game_type="stamps")[0])).content.decode()
    assert "One more | Dar viena" in stamps


def test_a_stamp_card_shows_what_happened_and_cannot_be_changed(boss: Client) -> None:
    game = GameFactory()
    now = timezone.now()
    progress = StampProgress.objects.create(
        partner=game.partner,
        game=game,
        issued_card=IssuedCardFactory(partner=game.partner),
        current_step=3,
        started_at=now,
        updated_at=now,
    )
    StampEvent.objects.create(
        progress=progress, partner=game.partner, action="stamp_added", value=3, actor_kind="system", occurred_at=now
    )
    url = reverse("admin:games_stampprogress_change", args=[progress.pk])
    page = boss.get(url).content.decode()
    assert "3 / 8" in page
    assert "+3" in page
    assert 'name="_save"' not in page
    found = boss.get(reverse("admin:games_stampprogress_changelist"), {"q": progress.issued_card.number})
    assert "3 / 8" in found.content.decode()


def test_the_seed_of_a_play_is_hidden_until_it_is_over(boss: Client) -> None:
    game = of_type("wheel")
    values = {
        "server_seed": "secret" * 10,
        "result": {"drawn": "77077"},
        "odds": [{"key": "1", "name": "A", "weight": 1}],
    }
    going_on = a_play(game, state={"board": ["hidden board"]}, **values)
    over = a_play(game, status="completed", completed_at=timezone.now(), **values)
    pages = [boss.get(reverse("admin:games_play_change", args=[play.pk])).content.decode() for play in (going_on, over)]
    assert "secretsecret" not in pages[0]
    assert "77077" not in pages[0]
    assert "hidden board" not in pages[0]
    assert "secretsecret" in pages[1]
    assert "77077" in pages[1]
    assert "100.00%" in pages[0]
    for page in pages:
        assert 'name="_save"' not in page
