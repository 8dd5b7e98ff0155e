"""What the database itself refuses about commission."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from commissions.models import CommissionEntry, CommissionPeriod, CommissionRate, PartnerLock
from commissions.tests.factories import RateFactory, clock, instant, tiers
from partners.models import Partner
from partners.tests.factories import PartnerFactory, ShopFactory

pytestmark = pytest.mark.django_db


def refused(make: Any) -> str:
    """The name of the rule that refuses it."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        make()
    return caught.value.__cause__.diag.constraint_name or str(caught.value.__cause__.sqlstate)  # type: ignore[union-attr]


def _entry(partner: Partner, period: CommissionPeriod, **fields: Any) -> CommissionEntry:
    values = {
        "partner": partner,
        "period": period,
        "origin_month": period.month,
        "kind": "accrual",
        "component": "platform",
        "source_id": 1,
        "local_on": clock("2026-06-10"),
        "base": 20,
        "amount": 1,
    }
    return CommissionEntry.objects.create(**{**values, "currency": "EUR", **fields})


def test_two_versions_of_one_scope_never_overlap() -> None:
    partner = PartnerFactory()
    RateFactory(partner=partner, valid_to=clock("2026-07-01"))
    RateFactory(partner=partner, valid_from=clock("2026-07-01"))
    overlapping = {"valid_from": clock("2026-06-30"), "valid_to": clock("2026-07-01")}
    assert refused(lambda: RateFactory(partner=partner, **overlapping)) == "rate_versions_never_overlap"
    other_scopes: list[dict[str, Any]] = [
        {"component": "processing", "partner": partner},
        {"category": "coffee", "partner": partner},
        {"shop": ShopFactory(partner=partner), "partner": partner},
        {"currency": "USD", "partner": partner},
        {"partner": PartnerFactory()},
        {"partner": partner, "withdrawn_at": instant("2026-06-01T00:00")},
        {},
    ]
    for scope in other_scopes:
        RateFactory(**overlapping, **scope)
    assert refused(lambda: RateFactory(**overlapping)) == "rate_versions_never_overlap"


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"percent": Decimal("100.01")}, "rate_percent_range"),
        ({"percent": -1}, "rate_percent_range"),
        ({"fixed": -1}, "rate_money_range"),
        ({"minimum": 2, "maximum": 1}, "rate_money_range"),
        ({"currency": "eur"}, "rate_currency_iso"),
        ({"mode": "whole"}, "rate_tiers_fit_mode"),
        ({"tiers": tiers(("0", "5"))}, "rate_tiers_fit_mode"),
        ({"valid_to": clock("2026-01-01")}, "rate_ends_after_it_begins"),
        ({"component": "tip"}, "rate_component_known"),
    ],
)
def test_a_rate_makes_sense(fields: dict[str, Any], rule: str) -> None:
    assert refused(lambda: RateFactory(**fields)) == rule


def test_a_rate_is_ended_but_never_edited_or_deleted() -> None:
    rate = RateFactory()
    CommissionRate.objects.filter(pk=rate.pk).update(valid_to=clock("2026-07-01"))
    assert refused(lambda: CommissionRate.objects.filter(pk=rate.pk).update(percent=4)) == "23001"
    assert refused(lambda: CommissionRate.objects.filter(pk=rate.pk).delete()) == "23001"


def test_lines_of_a_closed_period_never_change() -> None:
    partner = PartnerFactory()
    june = CommissionPeriod.objects.create(partner=partner, month="2026-06", currency="EUR")
    july = CommissionPeriod.objects.create(partner=partner, month="2026-07", currency="EUR")
    line, open_line = _entry(partner, june), _entry(partner, july, source_id=2)
    june.state, june.locked_at, june.checksum = "locked", instant("2026-07-02T08:00"), "0" * 64
    june.save()
    own = CommissionEntry.objects.filter(pk=line.pk)
    assert refused(lambda: own.update(amount=2)) == "23001"
    assert refused(own.delete) == "23001"
    assert refused(lambda: _entry(partner, june, source_id=3)) == "23001"
    assert refused(lambda: CommissionEntry.objects.filter(pk=open_line.pk).update(period=june)) == "23001"
    own.filter(period__state="open").update(amount=2)
    assert CommissionEntry.objects.get(pk=line.pk).amount == 1


def test_one_cause_makes_one_line() -> None:
    partner = PartnerFactory()
    june = CommissionPeriod.objects.create(partner=partner, month="2026-06", currency="EUR")
    _entry(partner, june)
    assert refused(lambda: _entry(partner, june)) == "commission_once_per_cause"
    assert refused(lambda: _entry(partner, june, kind="no_rate")) == "commission_sign"
    assert refused(lambda: _entry(partner, june, kind="reversal", amount=1)) == "commission_sign"
    for other in ({"category": "coffee"}, {"component": "processing"}, {"kind": "adjustment", "revision": 1}):
        _entry(partner, june, **other)


def test_a_state_has_what_belongs_to_it() -> None:
    partner = PartnerFactory()
    make = CommissionPeriod.objects.create
    once = {"partner": partner, "currency": "EUR"}
    assert refused(lambda: make(**once, month="2026-06", state="locked")) == "period_state_fields"
    assert refused(lambda: make(**once, month="2026-13")) == "period_month"
    make(**once, month="2026-06")
    assert refused(lambda: make(**once, month="2026-06")) == "period_once_a_month"
    assert refused(lambda: PartnerLock.objects.create(partner=partner, is_locked=True)) == "lock_fields"
    assert refused(lambda: PartnerLock.objects.create(partner=partner, reason="audit")) == "lock_fields"
