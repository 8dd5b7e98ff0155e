"""`manage.py rebuild_rollup` and `verify_rollup`, on committed rows as they are used."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from analytics.models import CategoryDay, CustomerDay, PartnerDay, PartnerMonth, ShopDay
from analytics.tests.worlds import Shops
from commissions.tests.test_races import wait_until_final

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shops() -> Shops:
    shops = Shops()
    shops.buy("10.00", "2026-06-10T09:00", shops.customer(), goods=(("coffee", "10.00"),))
    wait_until_final()
    shops.roll()
    return shops


def _verify(*options: str) -> tuple[int, dict[str, Any]]:
    out = StringIO()
    try:
        call_command("verify_rollup", "--json", *options, stdout=out)
    except SystemExit as ended:
        return int(ended.code or 0), json.loads(out.getvalue())
    return 0, json.loads(out.getvalue())


@pytest.mark.parametrize(
    ("model", "change", "checks"),
    [
        (ShopDay, {"revenue": 11}, {"shops", "days"}),
        (PartnerDay, {"points_issued": 9}, {"days", "months", "outstanding"}),
        (PartnerMonth, {"purchases": 2}, {"months"}),
        (CustomerDay, {"revenue": 0}, {"customers"}),
        (CustomerDay, {"is_active": False}, {"active"}),
        (CustomerDay, {"next_on": "2026-06-11"}, {"next_days"}),
        (CategoryDay, {"category": "tea"}, {"categories"}),
    ],
)
def test_every_kind_of_drift_is_found_and_rebuilt(shops: Shops, model: Any, change: dict, checks: set[str]) -> None:
    assert _verify()[0] == 0
    model.objects.update(**change)
    code, found = _verify()
    assert code == 1
    assert {name for name, rows in found["drift"].items() if rows} == checks
    assert all(row["subject"] == shops.partner.pk for rows in found["drift"].values() for row in rows)
    out = StringIO()
    call_command("rebuild_rollup", "--partner", str(shops.partner.pk), stdout=out)
    assert "1 sales, 1 points entries" in out.getvalue()
    assert _verify("--partner", str(shops.partner.pk)) == (0, _verify()[1])


def test_a_row_too_many_is_drift(shops: Shops) -> None:
    PartnerDay.objects.create(partner=shops.partner, local_on="2020-01-01", currency="EUR", purchases=1)
    code, found = _verify()
    assert (code, len(found["drift"]["days"])) == (1, 1)
    call_command("rebuild_rollup", stdout=StringIO())
    assert _verify()[0] == 0


@pytest.mark.parametrize("command", ["rebuild_rollup", "verify_rollup"])
def test_a_partner_that_there_is_not_is_named(command: str) -> None:
    with pytest.raises(CommandError, match="There is no partner 987654321"):
        call_command(command, "--partner", "987654321")
