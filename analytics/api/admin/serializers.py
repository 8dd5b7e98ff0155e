"""How the statistics are answered."""

from typing import Any

from rest_framework import serializers

from analytics.rules.asking import Asked
from analytics.rules.comparing import Compared
from analytics.selectors.stats import Block, Figures, Ranked, Statistics

MONEY: dict[str, Any] = {"max_digits": 20, "decimal_places": 2, "allow_null": True}


class StatsCountAnswer(serializers.Serializer):
    """A number beside that of the period before."""

    current = serializers.IntegerField()
    previous = serializers.IntegerField()
    change = serializers.IntegerField()
    growth = serializers.DecimalField(**MONEY, help_text="In percent of `previous`; null: there was nothing before.")


class StatsRatioAnswer(serializers.Serializer):
    """An amount or a percentage beside that of the period before; null where there is nothing to divide by."""

    current = serializers.DecimalField(**MONEY)
    previous = serializers.DecimalField(**MONEY)
    change = serializers.DecimalField(**MONEY)
    growth = serializers.DecimalField(**MONEY, help_text="In percent of `previous`; null: there was nothing before.")


class StatsCountsAnswer(serializers.Serializer):
    """What is no money and adds up over currencies."""

    transactions = StatsCountAnswer(help_text="Purchases, refunds and cancellations.")
    purchases = StatsCountAnswer()
    reversals = StatsCountAnswer(help_text="Refunds and cancellations.")
    active_customers = StatsCountAnswer(help_text="Distinct customers who bought, earned or redeemed.")
    points_issued = StatsCountAnswer(help_text="Earned and bonuses, less what refunds took back.")
    points_redeemed = StatsCountAnswer(help_text="Less what refunds gave back.")
    points_expired = StatsCountAnswer()
    points_adjusted = StatsCountAnswer(help_text="Corrections by staff; signed.")
    points_outstanding = StatsCountAnswer(help_text="What customers hold at the end of the period, less what they owe.")
    points_burn_to_earn = StatsRatioAnswer(help_text="Points redeemed of 100 issued.")


class StatsFiguresAnswer(StatsCountsAnswer):
    """Everything in one currency."""

    revenue = StatsRatioAnswer(help_text="What purchases brought, besides points.")
    refunds = StatsRatioAnswer(help_text="What refunds and cancellations gave back, on their own day.")
    net_revenue = StatsRatioAnswer(help_text="`revenue` less `refunds`.")
    discounts = StatsRatioAnswer(help_text="Paid with points.")
    commission = StatsRatioAnswer(help_text="Lines of commission by the day of their sale or refund.")
    average_purchase = StatsRatioAnswer(help_text="`revenue` by `purchases`.")


class StatsGroupAnswer(StatsFiguresAnswer):
    """The same of the partners of one status or tier."""

    key = serializers.CharField()
    partners = serializers.IntegerField(help_text="Those who sold in the period.")


class StatsRankedAnswer(serializers.Serializer):
    """One partner."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    status = serializers.CharField()
    tier = serializers.CharField()
    net_revenue = StatsRatioAnswer()


class StatsCurrencyAnswer(serializers.Serializer):
    """Everything in one currency."""

    currency = serializers.CharField()
    partners = serializers.IntegerField(help_text="Those who sold in the period.")
    totals = StatsFiguresAnswer()
    by_status = StatsGroupAnswer(many=True)
    by_tier = StatsGroupAnswer(many=True)
    top_partners = StatsRankedAnswer(many=True, help_text="By net revenue, at most 10.")
    falling_partners = StatsRankedAnswer(
        many=True, help_text="By what they lost against the period before, at most 10."
    )


class StatsPeriodAnswer(serializers.Serializer):
    """The days, first and last included; a named period ends by each partner's own clock, shown as of UTC."""

    name = serializers.CharField(allow_null=True)
    date_from = serializers.DateField()
    date_to = serializers.DateField()
    days = serializers.IntegerField()
    previous_from = serializers.DateField()
    previous_to = serializers.DateField()


class StatsPartnersAnswer(serializers.Serializer):
    """How many partners there are now."""

    total = serializers.IntegerField()
    new = StatsCountAnswer(help_text="Made in the period.")
    by_status = serializers.DictField(child=serializers.IntegerField())
    by_tier = serializers.DictField(child=serializers.IntegerField())


class StatsAnswer(serializers.Serializer):
    """The statistics."""

    period = StatsPeriodAnswer()
    partners = StatsPartnersAnswer()
    totals = StatsCountsAnswer()
    currencies = StatsCurrencyAnswer(many=True, help_text="Amounts of different currencies are never added.")


_COUNTS = tuple(StatsCountsAnswer().fields)
_FIGURES = tuple(StatsFiguresAnswer().fields)


def present(statistics: Statistics, asked: Asked) -> dict[str, Any]:
    """The answer, in the order in which it is documented; written by hand because a page waits for it."""
    window, before = statistics.window, statistics.window.before
    return {
        "period": {
            "name": asked.name,
            "date_from": window.first.isoformat(),
            "date_to": window.last.isoformat(),
            "days": window.days,
            "previous_from": before.first.isoformat(),
            "previous_to": before.last.isoformat(),
        },
        "partners": {
            "total": statistics.partners.total,
            "new": _beside(statistics.partners.new),
            "by_status": statistics.partners.by_status,
            "by_tier": statistics.partners.by_tier,
        },
        "totals": {name: _beside(statistics.totals[name]) for name in _COUNTS},
        "currencies": [_block(block) for block in statistics.blocks],
    }


def _block(block: Block) -> dict[str, Any]:
    return {
        "currency": block.currency,
        "partners": block.totals.partners,
        "totals": _figures(block.totals),
        "by_status": [_group(key, figures) for key, figures in sorted(block.by_status.items())],
        "by_tier": [_group(key, figures) for key, figures in sorted(block.by_tier.items())],
        "top_partners": [_ranked(one) for one in block.top],
        "falling_partners": [_ranked(one) for one in block.falling],
    }


def _group(key: str, figures: Figures) -> dict[str, Any]:
    return {"key": key, "partners": figures.partners, **_figures(figures)}


def _figures(figures: Figures) -> dict[str, Any]:
    compared = figures.compared()
    return {name: _beside(compared[name]) for name in _FIGURES}


def _ranked(one: Ranked) -> dict[str, Any]:
    shown = {name: getattr(one, name) for name in ("id", "name", "status", "tier")}
    return {**shown, "net_revenue": _beside(one.revenue)}


def _beside(one: Compared) -> dict[str, Any]:
    return {"current": one.current, "previous": one.previous, "change": one.change, "growth": one.growth}
