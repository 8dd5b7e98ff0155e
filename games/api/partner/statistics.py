"""Performance of a game: `/{locale}/partners/games/{id}/statistics`."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from games.api.partner.fields import MoneyField, TextField
from games.choices import GameType, RewardType
from games.rules.periods import PERIODS, share
from games.selectors.games import find_game
from games.selectors.statistics import Figures, GameStatistics, get_game_statistics
from loyalty.api import envelope
from loyalty.api.filters import ChoiceFilter, HouseFilterSet, IdFilter
from loyalty.api.schema import document
from loyalty.errors import ResourceNotFound, UnknownParameter, ValidationFailed
from partners.api.base import PartnerViewSet
from partners.errors import InsufficientPartnerPermissions, ScopeInsufficient, StoreAccessDenied
from partners.selectors.shops import check_shops

FIGURES: dict[str, Any] = {
    "players": 1,
    "plays": 2,
    "completions": 1,
    "stamps_added": 3,
    "points_given": 0,
    "coupons_issued": 1,
    "coupons_redeemed": 1,
    "redeeming_purchases": 1,
    "revenue": 12.4,
}
EXAMPLE: dict[str, Any] = {
    "game_id": 31,
    "period": "day",
    "start_date": "2026-11-23",
    "end_date": "2026-11-23",
    "time_zone": "Europe/Vilnius",
    "currency": "EUR",
    **FIGURES,
    "completion_rate": 0.5,
    "redemption_rate": 1.0,
    "conversion_rate": 1.0,
    "rewards": {"free_product": 1},
    "prizes": [],
    "by_period": [{"start_date": "2026-11-23", **FIGURES}],
    "by_shop": [{"shop_id": 1, "name": "Kavos namai, Pilies 12", **FIGURES}],
}


class FiguresAnswer(serializers.Serializer):
    players = serializers.IntegerField(help_text="Customers who played, or got a stamp.")
    plays = serializers.IntegerField(help_text="Plays that were begun; of a stamp card: times that stamps were added.")
    completions = serializers.IntegerField(help_text="Plays that were finished; stamp cards that were filled.")
    stamps_added = serializers.IntegerField(allow_null=True, help_text="Less those taken back; null for other games.")
    points_given = serializers.IntegerField(help_text="Points that were won.")
    coupons_issued = serializers.IntegerField()
    coupons_redeemed = serializers.IntegerField(help_text="Redeemed now, whenever they were issued.")
    redeeming_purchases = serializers.IntegerField(help_text="Purchases that are known to have redeemed a coupon.")
    revenue = MoneyField(
        allow_null=True,
        help_text="What these purchases brought, less refunds; null where coupons were redeemed and none names its "
        "purchase.",
    )


class PeriodAnswer(FiguresAnswer):
    start_date = serializers.DateField(help_text="A day; of `year` the first of a month.")


class ShopAnswer(FiguresAnswer):
    shop_id = serializers.IntegerField(allow_null=True, help_text="null: what happened at no shop in particular.")
    name = serializers.CharField(allow_null=True)


class PrizeCountAnswer(serializers.Serializer):
    prize_id = serializers.IntegerField()
    name = TextField(max_length=255)
    reward_type = serializers.ChoiceField(RewardType.choices)
    awarded = serializers.IntegerField()


class GameStatisticsAnswer(FiguresAnswer):
    game_id = serializers.IntegerField()
    period = serializers.ChoiceField([(name, name) for name in PERIODS])
    start_date = serializers.DateField()
    end_date = serializers.DateField()
    time_zone = serializers.CharField()
    currency = serializers.CharField()
    completion_rate = serializers.FloatField(allow_null=True, help_text="Completions of plays; null without plays.")
    redemption_rate = serializers.FloatField(
        allow_null=True, help_text="Of the coupons issued in the period, how many are redeemed by now."
    )
    conversion_rate = serializers.FloatField(
        allow_null=True,
        help_text="Of the players of the period, how many redeemed a coupon of this game since it began.",
    )
    rewards = serializers.DictField(child=serializers.IntegerField(), help_text="Coupons issued by type of reward.")
    prizes = PrizeCountAnswer(many=True, help_text="Of a wheel or a scratch card.")
    by_period = PeriodAnswer(many=True)
    by_shop = ShopAnswer(many=True)


class StatisticsFilters(HouseFilterSet):
    """What is counted; nothing of it narrows a list of rows."""

    period = ChoiceFilter(
        method="kept",
        choices=[(name, name) for name in PERIODS],
        help_text="`day`: today; `week`, `month`: 7 and 30 days that end today; `year`: 12 months. Default `month`.",
    )
    shop_id = IdFilter(method="kept", help_text="Only what happened in this shop.")

    def kept(self, rows: Any, _name: str, _value: Any) -> Any:
        return rows


class GameStatisticsViewSet(PartnerViewSet):
    """Figures of one game."""

    capabilities = {"retrieve": "games.view"}
    parameters = {"retrieve": StatisticsFilters.names()}

    @document(
        "Statistics of a game",
        answer=GameStatisticsAnswer,
        parameters=StatisticsFilters.described(),
        raises=(
            *(InsufficientPartnerPermissions, ScopeInsufficient, StoreAccessDenied, ResourceNotFound),
            *(ValidationFailed, UnknownParameter),
        ),
        example=EXAMPLE,
        description="Days are the partner's. A coupon counts for the shop of the purchase or play that earned it, and "
        "once redeemed for the shop that took it. Who is limited to shops sees what happened there.",
    )
    def retrieve(self, request: Request, locale: str, pk: int) -> Response:
        game = find_game(partner=self.partner, game_id=pk)
        filters = StatisticsFilters(request.query_params, type(game).objects.none())
        reach = self.shop_ids
        if shop_id := filters.value("shop_id"):
            check_shops(partner=self.partner, shop_ids=[shop_id], reach=reach)
            reach = frozenset({shop_id})
        statistics = get_game_statistics(
            partner=self.partner, game=game, period=filters.value("period") or "month", at=self.now, reach=reach
        )
        return envelope.ok(self._shown(statistics))

    def _shown(self, found: GameStatistics) -> dict[str, Any]:
        is_stamps = found.game.game_type == GameType.STAMPS
        total = found.total
        shops = sorted(found.shops.items(), key=lambda row: (-row[1].plays, -row[1].redeemed, row[0] is None, row[0]))
        return {
            "game_id": found.game.pk,
            "period": found.period.name,
            "start_date": found.period.first,
            "end_date": found.period.last,
            "time_zone": self.partner.time_zone,
            "currency": self.partner.currency,
            **_figures(total, is_stamps=is_stamps),
            "completion_rate": share(total.completions, total.plays),
            "redemption_rate": share(total.issued_and_redeemed, total.issued),
            "conversion_rate": share(total.converted, total.players),
            "rewards": dict(found.rewards),
            "prizes": [
                {
                    "prize_id": row.prize.pk,
                    "name": row.prize.name,
                    "reward_type": row.prize.reward_type,
                    "awarded": row.awarded,
                }
                for row in found.prizes
            ],
            "by_period": [
                {"start_date": start, **_figures(figures, is_stamps=is_stamps)}
                for start, figures in found.groups.items()
            ],
            "by_shop": [
                {"shop_id": shop, "name": found.shop_names.get(shop or 0), **_figures(figures, is_stamps=is_stamps)}
                for shop, figures in shops
            ],
        }


def _figures(figures: Figures, *, is_stamps: bool) -> dict[str, Any]:
    return {
        "players": figures.players,
        "plays": figures.plays,
        "completions": figures.completions,
        "stamps_added": figures.stamps if is_stamps else None,
        "points_given": figures.points,
        "coupons_issued": figures.issued,
        "coupons_redeemed": figures.redeemed,
        "redeeming_purchases": figures.purchases,
        "revenue": figures.revenue,
    }
