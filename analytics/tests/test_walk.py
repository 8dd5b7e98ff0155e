import json

import pytest

from analytics.models import *
from analytics.services.rolling import roll_up_partner
from commissions.tests.callers import admin_caller
from commissions.tests.months import NOW, examples

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("feed_sees_all")]


def test_walk():
    books = examples()
    books.refund("A1", "5.00", "2026-06-20T09:00")
    books.accrue()
    boss = admin_caller()
    a = boss.get("/en/admin/partners/stats", period="2026-06")["data"]
    roll_up_partner(partner=books.partner, at=NOW)
    b = boss.get("/en/admin/partners/stats", period="2026-06")["data"]
    print(json.dumps(a, indent=1)[:3000])
    assert a == b
    for p in ("last_30_days", "this_year", "2026-07"):
        print(boss.get("/en/admin/partners/stats", period=p)["data"]["totals"]["purchases"])
    print(boss.get("/en/admin/partners/stats", 422, filter="x"))
