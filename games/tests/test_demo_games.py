"""What `manage.py demo` leaves of games: played fairly, used at real purchases, and the same on every run."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import F
from django.utils import timezone

from games.models import Coupon, Game, Play, Prize, StampEvent, StampProgress
from games.rules.codes import is_well_formed
from games.rules.verification import Evidence, verify
from games.selectors.statistics import get_game_statistics
from ledger.selectors.integrity import find_drift
from loyalty.models import AuditEvent
from partners.models import Offer, Partner

TYPES = ["stamps", "wheel", "scratch", "quiz"]


def run() -> None:
    call_command("demo", force=True, scale=0.05)


@pytest.fixture
def path(tmp_path: Path, settings: Any) -> Path:
    settings.VAR_DIR = tmp_path
    return tmp_path / "demo.json"


def counts() -> dict[str, int]:
    models = (Offer, Game, Prize, Play, Coupon, StampProgress, StampEvent, AuditEvent)
    return {model.__name__: model.objects.count() for model in models}


@pytest.mark.django_db
def test_every_demo_partner_has_games_that_were_played_and_a_second_run_adds_nothing(path: Path) -> None:
    run()
    content = json.loads(path.read_text())
    for entry in content["partners"]:
        games = Game.objects.filter(partner=entry["id"]).order_by("pk")
        assert [game.game_type for game in games] == TYPES
        assert entry["games"] == [game.pk for game in games]
        offers = Offer.objects.filter(partner=entry["id"]).order_by("pk")
        assert [offer.kind for offer in offers] == ["discount", "free_item"]
        assert entry["offers"] == [offer.pk for offer in offers]
        _check_coupons(Partner.objects.get(pk=entry["id"]), entry["coupons"])
    _check_plays()
    _check_stamps()
    assert {name: rows for name, rows in find_drift().items() if rows} == {}
    for game in Game.objects.filter(partner__name="Kavos namai").select_related("partner"):
        found = get_game_statistics(partner=game.partner, game=game, period="year", at=timezone.now(), reach=None)
        assert found.total.plays > 20
        assert found.total.redeemed == found.total.linked > 0
        assert found.total.revenue

    before, written = counts(), path.read_bytes()
    run()
    assert counts() == before
    assert path.read_bytes() == written


def _check_coupons(partner: Partner, codes: list[str]) -> None:
    coupons = Coupon.objects.filter(partner=partner)
    assert set(coupons.values_list("status", flat=True)) == {"active", "pending", "redeemed", "expired"}
    assert len(codes) >= 5
    assert all(is_well_formed(code) for code in codes)
    good = coupons.filter(code__in=codes, status="active", expires_at__gt=timezone.now())
    assert good.count() == len(codes)
    for coupon in coupons.filter(status="redeemed").select_related("redeemed_by"):
        sale = coupon.redeemed_by
        assert sale is not None
        assert (sale.issued_card_id, sale.shop_id) == (coupon.issued_card_id, coupon.redeemed_shop_id)
        assert coupon.issued_at < sale.occurred_at == coupon.redeemed_at


def _check_plays() -> None:
    for play in Play.objects.select_related("game", "prize", "coupon"):
        evidence = Evidence(
            game_type=play.game.game_type,
            seed_hash=play.seed_hash,
            server_seed=play.server_seed,
            client_seed=play.client_seed,
            odds=play.odds,
            result=play.result,
        )
        assert verify(evidence).matches
        assert play.points_won == 0
        if play.prize is not None:
            assert (play.coupon is None) == (play.prize.reward_type == "none")
    won = Counter(Play.objects.filter(prize__isnull=False).values_list("prize", flat=True))
    assert dict(Prize.objects.filter(awarded__gt=0).values_list("pk", "awarded")) == dict(won)
    assert not Play.objects.filter(started_at__gt=timezone.now()).exists()


def _check_stamps() -> None:
    for card in StampProgress.objects.select_related("game"):
        stamps = StampEvent.objects.filter(progress=card, action="stamp_added").count()
        assert stamps == card.rounds * (card.game.stamps_required or 0) + card.current_step
    assert StampProgress.objects.filter(current_step__gt=0).exists()
    assert StampProgress.objects.filter(rounds__gt=0).exists()
    linked = StampEvent.objects.filter(action="stamp_added", transaction__occurred_at=F("occurred_at"))
    assert linked.count() == StampEvent.objects.filter(action="stamp_added").count()
