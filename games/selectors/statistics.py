"""How a game fares: players, plays, prizes, coupons and what redeeming purchases brought, by days and shops.

Everything is counted in the database, in a fixed number of queries. Days are the partner's own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Count, Q

from games.choices import GameType, RewardType
from games.models import Game, Play, Prize
from games.rules.config import WITH_PRIZES
from games.rules.periods import Period, period_of
from partners.models import Partner, Shop

Reach = frozenset[int] | None


@dataclass(slots=True)
class Figures:
    """What happened in all, in one group of days, or in one shop. `linked` redeemed coupons name their purchase."""

    players: int = 0
    plays: int = 0
    completions: int = 0
    stamps: int = 0
    points: int = 0
    converted: int = 0
    issued: int = 0
    issued_and_redeemed: int = 0
    redeemed: int = 0
    linked: int = 0
    purchases: int = 0
    amount: Decimal = Decimal("0.00")

    @property
    def revenue(self) -> Decimal | None:
        """What redeeming purchases brought, less what was given back; None where no coupon names its purchase."""
        return None if self.redeemed and not self.linked else self.amount


@dataclass(frozen=True, slots=True)
class PrizeCount:
    """How often a prize was won in the period."""

    prize: Prize
    awarded: int


@dataclass(frozen=True, slots=True)
class GameStatistics:
    """A game's figures of a period. `shops` has None for what happened nowhere in particular."""

    game: Game
    period: Period
    total: Figures
    groups: Mapping[date, Figures]
    shops: Mapping[int | None, Figures]
    shop_names: Mapping[int, str]
    prizes: Sequence[PrizeCount]
    rewards: Mapping[str, int]


@dataclass(slots=True)
class _Sheet:
    """Where the queries write their rows."""

    period: Period
    total: Figures = field(default_factory=Figures)
    groups: dict[date, Figures] = field(default_factory=dict)
    shops: dict[int | None, Figures] = field(default_factory=dict)
    rewards: dict[str, int] = field(default_factory=dict)

    def fill(self, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Rows are `(kind, group, shop, *values of names)`; kind says which of the groupings a row belongs to."""
        for kind, group, shop, *values in rows:
            figures = self._of(kind, group, shop)
            for name, value in zip(names, values, strict=True):
                setattr(figures, name, value or type(getattr(figures, name))())

    def _of(self, kind: int, group: date | None, shop: int | None) -> Figures:
        if kind == BY_GROUP and group is not None:
            return self.groups.setdefault(group, Figures())
        return self.shops.setdefault(shop, Figures()) if kind == BY_SHOP else self.total


# GROUPING(day, shop): a bit is set for each column that a row is not grouped by.
BY_GROUP, BY_SHOP = 1, 2
_SETS = "GROUP BY GROUPING SETS ((), (grouped_on), (shop_id)) ORDER BY 1"
_LOCAL = "date_trunc(%(unit)s, {moment} AT TIME ZONE %(zone)s)::date"
_REDEEMERS = """
redeemers AS (
    SELECT DISTINCT customer_id FROM games_coupon
    WHERE game_id = %(game)s AND partner_id = %(partner)s AND redeemed_at >= %(start)s
)
"""
_PLAYS = f"""
WITH {_REDEEMERS}, acts AS (
    SELECT p.customer_id, date_trunc(%(unit)s, p.local_on::timestamp)::date AS grouped_on, p.shop_id, p.status,
           p.points_won, r.customer_id IS NOT NULL AS converted
    FROM games_play p LEFT JOIN redeemers r USING (customer_id)
    WHERE p.game_id = %(game)s AND p.partner_id = %(partner)s AND p.local_on BETWEEN %(first)s AND %(last)s
      AND p.status <> 'cancelled' AND (%(reach)s::bigint[] IS NULL OR p.shop_id = ANY(%(reach)s))
)
SELECT GROUPING(grouped_on, shop_id), grouped_on, shop_id, count(DISTINCT customer_id), count(*),
       count(*) FILTER (WHERE status = 'completed'), 0, sum(points_won)::bigint,
       count(DISTINCT customer_id) FILTER (WHERE converted)
FROM acts {_SETS}
"""
# Points that a filled card gave stand in the ledger, under the key of its stamp card.
_STAMPS = f"""
WITH {_REDEEMERS}, events AS (
    SELECT c.customer_id, g.id, g.issued_card_id, {_LOCAL.format(moment="e.occurred_at")} AS grouped_on, e.shop_id,
           e.action, e.value, r.customer_id IS NOT NULL AS converted
    FROM games_stampprogress g
    JOIN cards_issuedcard c ON c.id = g.issued_card_id
    JOIN games_stampevent e ON e.progress_id = g.id
    LEFT JOIN redeemers r ON r.customer_id = c.customer_id
    WHERE g.game_id = %(game)s AND g.partner_id = %(partner)s
      AND e.occurred_at >= %(start)s AND e.occurred_at < %(end)s
      AND (%(reach)s::bigint[] IS NULL OR e.shop_id = ANY(%(reach)s))
), filled AS (
    SELECT DISTINCT id, issued_card_id FROM events WHERE action = 'game_completed'
), acts AS (
    SELECT customer_id, grouped_on, shop_id, action, value, 0 AS points, converted FROM events
    UNION ALL
    SELECT NULL::bigint, {_LOCAL.format(moment="l.occurred_at")}, l.shop_id, 'points', 0, l.points, false
    FROM filled f JOIN ledger_pointsentry l
      ON l.issued_card_id = f.issued_card_id AND l.business_key LIKE 'stamps:' || f.id || ':%%'
    WHERE l.occurred_at >= %(start)s AND l.occurred_at < %(end)s
      AND (%(reach)s::bigint[] IS NULL OR l.shop_id = ANY(%(reach)s))
)
SELECT GROUPING(grouped_on, shop_id), grouped_on, shop_id,
       count(DISTINCT customer_id) FILTER (WHERE action = 'stamp_added'),
       count(*) FILTER (WHERE action = 'stamp_added'),
       count(*) FILTER (WHERE action = 'game_completed'),
       sum(value) FILTER (WHERE action IN ('stamp_added', 'stamp_taken_back'))::bigint, sum(points)::bigint,
       count(DISTINCT customer_id) FILTER (WHERE converted AND action = 'stamp_added')
FROM acts {_SETS}
"""
_ACTS = ("players", "plays", "completions", "stamps", "points", "converted")
# A coupon belongs to the shop of the purchase, or of the play, that earned it.
_ISSUED = f"""
WITH won AS (
    SELECT {_LOCAL.format(moment="c.issued_at")} AS grouped_on, coalesce(t.shop_id, p.shop_id) AS shop_id,
           c.reward_type, c.status = 'redeemed' AS is_redeemed
    FROM games_coupon c
    LEFT JOIN ledger_transaction t ON t.id = c.earned_by_id LEFT JOIN games_play p ON p.coupon_id = c.id
    WHERE c.game_id = %(game)s AND c.partner_id = %(partner)s
      AND c.issued_at >= %(start)s AND c.issued_at < %(end)s
)
SELECT GROUPING(grouped_on, shop_id, reward_type), grouped_on, shop_id, reward_type,
       count(*), count(*) FILTER (WHERE is_redeemed)
FROM won WHERE %(reach)s::bigint[] IS NULL OR shop_id = ANY(%(reach)s)
GROUP BY GROUPING SETS ((), (grouped_on), (shop_id), (reward_type)) ORDER BY 1
"""
# A purchase that redeems two coupons brings its money once.
_REDEEMED = f"""
WITH used AS (
    SELECT {_LOCAL.format(moment="c.redeemed_at")} AS grouped_on, coalesce(c.redeemed_shop_id, t.shop_id) AS shop_id,
           c.redeemed_by_id, t.amount, t.id,
           t.id IS NOT NULL AND row_number() OVER (PARTITION BY c.redeemed_by_id ORDER BY c.redeemed_at, c.id) = 1
               AS is_first
    FROM games_coupon c LEFT JOIN ledger_transaction t ON t.id = c.redeemed_by_id
    WHERE c.game_id = %(game)s AND c.partner_id = %(partner)s
      AND c.redeemed_at >= %(start)s AND c.redeemed_at < %(end)s
), money AS (
    SELECT u.*, CASE WHEN is_first THEN u.amount - coalesce(
        (SELECT sum(b.amount) FROM ledger_transaction b WHERE b.original_id = u.id), 0) END AS net
    FROM used u
)
SELECT GROUPING(grouped_on, shop_id), grouped_on, shop_id, count(*), count(redeemed_by_id),
       count(*) FILTER (WHERE is_first), sum(net)
FROM money WHERE %(reach)s::bigint[] IS NULL OR shop_id = ANY(%(reach)s) {_SETS}
"""


def get_game_statistics(*, partner: Partner, game: Game, period: str, at: datetime, reach: Reach) -> GameStatistics:
    """The figures of a named period that ends today; with `reach`, of what happened in these shops only."""
    zone = ZoneInfo(partner.time_zone)
    days = period_of(period, at.astimezone(zone).date())
    values = {
        "game": game.pk,
        "partner": partner.pk,
        "zone": partner.time_zone,
        "unit": days.unit,
        "first": days.first,
        "last": days.last,
        "start": datetime.combine(days.first, time.min, zone),
        "end": datetime.combine(days.last + timedelta(days=1), time.min, zone),
        "reach": None if reach is None else sorted(reach),
    }
    sheet = _Sheet(days)
    is_stamps = game.game_type == GameType.STAMPS
    sheet.fill(_ACTS, _rows(_STAMPS if is_stamps else _PLAYS, values))
    _fill_issued(sheet, _rows(_ISSUED, values))
    sheet.fill(("redeemed", "linked", "purchases", "amount"), _rows(_REDEEMED, values))
    names = Shop.objects.filter(partner=partner, pk__in=[shop for shop in sheet.shops if shop])
    return GameStatistics(
        game=game,
        period=days,
        total=sheet.total,
        groups={start: sheet.groups.get(start, Figures()) for start in days.starts()},
        shops=sheet.shops,
        shop_names=dict(names.values_list("pk", "name")),
        prizes=_prizes(game, days, reach) if game.game_type in WITH_PRIZES else [],
        rewards={kind: sheet.rewards[kind] for kind in RewardType.values if kind in sheet.rewards},
    )


def _rows(sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def _fill_issued(sheet: _Sheet, rows: Iterable[Sequence[Any]]) -> None:
    """Rows are grouped by the reward's type too: where it is, the last bit is clear."""
    for kind, group, shop, reward_type, issued, redeemed in rows:
        if kind % 2 == 0:
            sheet.rewards[reward_type] = issued
        else:
            sheet.fill(("issued", "issued_and_redeemed"), [(kind // 2, group, shop, issued, redeemed)])


def _prizes(game: Game, period: Period, reach: Reach) -> list[PrizeCount]:
    """What can be won now, and what was won in the period though it cannot be any more."""
    plays = Play.objects.filter(game=game, prize__isnull=False, local_on__range=(period.first, period.last))
    if reach is not None:
        plays = plays.filter(shop_id__in=reach)
    won = dict(plays.order_by().values_list("prize").annotate(Count("pk")))
    prizes = Prize.objects.filter(Q(is_active=True) | Q(pk__in=won), game=game).order_by("-is_active", "position", "pk")
    return [PrizeCount(prize, won.get(prize.pk, 0)) for prize in prizes]
