"""Trying rates before they are put: `/{locale}/admin/partners/{id}/commission/rates/simulate`."""

from collections.abc import Callable, Hashable
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from commissions.api import examples
from commissions.api.admin.serializers import MONEY, RatesForm, read_card
from commissions.api.fields import PlainDecimalField
from commissions.services.simulation import DAYS, MOST_DAYS, Difference, Simulation, simulate_rates
from loyalty.api import envelope
from loyalty.api.schema import document
from loyalty.errors import ResourceNotFound, ValidationFailed
from partners.api.admin.base import AdminPartnerViewSet
from partners.errors import InsufficientPartnerPermissions, PartnerNotFound


class SimulateForm(RatesForm):
    """The same as when rates are put, and over how many days."""

    days = serializers.IntegerField(required=False, min_value=1, max_value=MOST_DAYS, help_text=f"Default {DAYS}.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("lock_after_update"):
            raise serializers.ValidationError({"lock_after_update": _("A simulation locks nothing.")})
        return super().validate(attrs)


class _Sums(serializers.Serializer):
    now = PlainDecimalField(**MONEY, help_text="By the rates there are.")
    then = PlainDecimalField(**MONEY, help_text="By the draft.")
    difference = PlainDecimalField(**MONEY)


class SimulatedShop(_Sums):
    shop_id = serializers.IntegerField(allow_null=True)
    shop = serializers.CharField(allow_null=True)


class SimulatedMonth(_Sums):
    period = serializers.CharField()


class SimulatedGroup(SimulatedShop):
    period = serializers.CharField()


class SimulationAnswer(_Sums):
    """`now` and `then` are sums of lines, each rounded by itself, over the same sales and refunds."""

    days = serializers.IntegerField()
    from_date = serializers.DateField()
    to_date = serializers.DateField()
    currency = serializers.CharField()
    sales = serializers.IntegerField()
    refunds = serializers.IntegerField()
    base = PlainDecimalField(**MONEY)
    without_rate = serializers.IntegerField(help_text="Lines of the draft that no platform rate covers.")
    by_month = SimulatedMonth(many=True)
    by_shop = SimulatedShop(many=True)
    groups = SimulatedGroup(many=True)


class SimulationViewSet(AdminPartnerViewSet):
    """A draft of rates and real sales."""

    capabilities = {"simulate": "admin"}
    rights = {
        "simulate": "commissions.view_commissionrate",
    }

    @document(
        "Simulate commission rates",
        description=(
            "What the last days would have paid by another card: the same body as for changing rates. A rate without "
            "`valid_from`, or one that begins in the future, is tried throughout; one that begins in the past counts "
            "from then on. Nothing is written, and no lock is in the way. Minimum and cap of a month are left out."
        ),
        body=SimulateForm,
        answer=SimulationAnswer,
        raises=(InsufficientPartnerPermissions, PartnerNotFound, ResourceNotFound, ValidationFailed),
        example=examples.SIMULATION,
        body_example={"platform_commission_rate": 2, "days": 90},
    )
    def simulate(self, request: Request, locale: str, id: int) -> Response:
        form = self.validated(SimulateForm)
        days = form.pop("days", DAYS)
        card = read_card(form, self.partner.currency)
        found = simulate_rates(partner=self.partner, card=card, days=days, at=self.now)
        return envelope.ok(_present(found, days, self.partner.currency))


def _present(found: Simulation, days: int, currency: str) -> dict[str, Any]:
    months = _added(found.groups, lambda one: {"period": one.month})
    shops = _added(found.groups, lambda one: {"shop_id": one.shop_id, "shop": one.shop})
    groups = _added(found.groups, lambda one: {"shop_id": one.shop_id, "shop": one.shop, "period": one.month})
    return dict(
        SimulationAnswer(
            {
                "days": days,
                "from_date": found.begin,
                "to_date": found.end,
                "currency": currency,
                **{name: getattr(found, name) for name in ("sales", "refunds", "base", "without_rate")},
                **_sums(found.now, found.then),
                "by_month": months,
                "by_shop": shops,
                "groups": groups,
            }
        ).data
    )


def _added(groups: list[Difference], key: Callable[[Difference], dict[str, Hashable]]) -> list[dict[str, Any]]:
    sums: dict[tuple[Hashable, ...], dict[str, Any]] = {}
    for one in groups:
        head = key(one)
        row = sums.setdefault(tuple(head.values()), {**head, **_sums(Decimal(0), Decimal(0))})
        row.update(_sums(row["now"] + one.now, row["then"] + one.then))
    return list(sums.values())


def _sums(now: Decimal, then: Decimal) -> dict[str, Decimal]:
    return {"now": now, "then": then, "difference": then - now}
