"""Changing rates in the back office: asked, shown, agreed to, done."""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from commissions.models import CommissionRate
from commissions.services.periods import lock_partner, lock_period
from commissions.tests.factories import RateFactory, clock
from commissions.tests.months import NOW, Books, examples
from loyalty.models import AuditEvent
from loyalty.services.audit import SYSTEM
from loyalty.tests.factories import AdminFactory
from partners.tests.factories import ShopFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("feed_sees_all")]
ADD = "/admin/commissions/commissionrate/add/"


@pytest.fixture
def boss(client: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
    client.force_login(AdminFactory())
    monkeypatch.setattr("commissions.admin.rate_pages.timezone.now", lambda: NOW)
    return client


def act(rate: CommissionRate, what: str) -> str:
    return reverse(f"admin:commissions_commissionrate_{what}", args=[rate.pk])


def page(client: Client, url: str, sent: dict[str, Any]) -> str:
    answer = client.post(url, sent)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def agreed(shown: str) -> dict[str, str]:
    """Every hidden field of a confirmation, as the browser sends it back."""
    form = shown[shown.index('name="plan"') - 6000 :]
    found = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form))
    assert found["plan"]
    found.pop("csrfmiddlewaretoken", None)
    return found


def terms(percent: str = "3", **more: str) -> dict[str, str]:
    return {"mode": "flat", "percent": percent, "reason": "new contract", **more}


def test_a_version_that_reaches_back_is_shown_with_its_months_before_anything_is_written(boss: Client) -> None:
    books = examples()
    books.accrue()
    before = CommissionRate.objects.count()
    form = boss.get(act(books.r3, "new_version")).content.decode()
    assert 'value="4.5"' in form
    shown = page(boss, act(books.r3, "new_version"), terms("3,5", valid_from="2026-07-15"))
    assert CommissionRate.objects.count() == before
    for text in ("4.5 %", "3.5 %", "2026-07-15", "2026-07", books.partner.name):
        assert text in shown
    answer = boss.post(act(books.r3, "new_version"), agreed(shown))
    assert answer.status_code == 302
    books.r3.refresh_from_db()
    assert books.r3.valid_to == clock("2026-07-15")
    made = CommissionRate.objects.latest("pk")
    assert (made.percent, made.valid_from, made.partner, made.actor_kind) == (
        *(3.5, clock("2026-07-15"), books.partner, "admin"),
    )
    event = AuditEvent.objects.get(action="commission.rates_changed")
    assert (event.reason, event.actor_kind, event.partner_id) == ("new contract", "admin", books.partner.pk)
    books.sell("NEW", "100.00", "2026-07-20T09:00")
    books.accrue()
    assert books.amounts()["NEW"] == 3.5
    assert books.amounts()["B2"] == 4.5


def test_what_was_agreed_to_is_done_or_shown_again(boss: Client) -> None:
    books = Books().with_rates()
    shown = page(boss, act(books.r3, "new_version"), terms(valid_from="2026-09-01"))
    # Somebody else is quicker.
    other = page(boss, act(books.r3, "new_version"), terms("2", valid_from="2026-08-20"))
    boss.post(act(books.r3, "new_version"), agreed(other))
    # The version has an end now, so its page offers no new version any more; the scope's own form shows what is new.
    assert boss.post(act(books.r3, "new_version"), agreed(shown)).status_code == 404
    asked = {"of_partner": str(books.partner.pk), "component": "platform", **terms("1", valid_from="2026-10-01")}
    first = page(boss, ADD, asked)
    RateFactory(partner=books.partner, percent=9, valid_from=clock("2026-11-01"), component="processing")
    made = CommissionRate.objects.get(partner=books.partner, percent=2)
    page_of_end = page(boss, act(made, "end"), {"reason": "over", "valid_to": "2026-09-15"})
    boss.post(act(made, "end"), agreed(page_of_end))
    again = page(boss, ADD, agreed(first))
    assert "Meanwhile somebody else changed these rates" in again
    assert not CommissionRate.objects.filter(percent=1, valid_from=clock("2026-10-01")).exists()
    assert boss.post(ADD, agreed(again)).status_code == 302
    assert CommissionRate.objects.filter(percent=1, valid_from=clock("2026-10-01")).exists()


def test_tiers_are_rows_and_refusals_stand_at_their_fields(boss: Client) -> None:
    books = Books()
    asked = {"of_partner": str(books.partner.pk), "component": "platform", "mode": "marginal", "percent": "5"}
    asked |= {"reason": "tiers", "tiers_0_from": "1000", "tiers_0_percent": "4"}
    asked |= {"tiers_3_from": "5000", "tiers_3_percent": "3"}
    shown = page(boss, ADD, asked)
    assert "from 0.00 EUR: 5 %, from 1,000.00 EUR: 4 %, from 5,000.00 EUR: 3 %" in shown
    boss.post(ADD, agreed(shown))
    made = CommissionRate.objects.get(partner=books.partner)
    assert made.tiers == [{"from": "1000", "percent": "4"}, {"from": "5000", "percent": "3"}]
    assert 'value="1000"' in boss.get(act(made, "new_version")).content.decode()
    for wrong, text in (
        ({"tiers_3_percent": ""}, "both where it begins and its percentage"),
        ({"tiers_0_from": "1,000"}, "without separators of thousands"),
        ({"tiers_0_from": "6000"}, "Tiers must rise"),
        ({"mode": "flat"}, "Tiers belong to the modes"),
        ({"percent": "101"}, "between 0 and 100"),
        ({"min": "2", "max": "1"}, "Must not be below the minimum"),
        ({"fixed": "0.001"}, "smallest coin of EUR"),
        ({"currency": "USD"}, "currency is EUR"),
        ({"shop": str(ShopFactory().pk)}, "belongs to another partner"),
        ({"reason": ""}, "This field is required"),
    ):
        refused = page(boss, ADD, {**asked, **wrong})
        assert text in refused, (wrong, text)
        assert 'name="plan"' not in refused
    assert CommissionRate.objects.count() == 1
    assert "already: nothing was changed" in unescape(boss.post(ADD, asked, follow=True).content.decode())


def test_a_default_a_shop_and_a_category(boss: Client) -> None:
    books = Books().with_rates()
    shown = page(boss, ADD, {"component": "platform", **terms("6", valid_from="2026-08-01")})
    assert "Platform's default" in shown
    assert "2026-08" in shown
    boss.post(ADD, agreed(shown))
    assert CommissionRate.objects.get(partner=None, percent=6).valid_from == clock("2026-08-01")
    scope = {"of_partner": str(books.partner.pk), "component": "platform", "shop": str(books.shop.pk)}
    shown = page(boss, ADD, {**scope, "category": " Tea ", **terms("1")})
    assert "“tea”" in shown
    assert str(books.shop) in shown
    boss.post(ADD, agreed(shown))
    made = CommissionRate.objects.get(category="tea")
    assert (made.shop, made.partner) == (books.shop, books.partner)


def test_locks_are_told_and_nothing_is_written(boss: Client) -> None:
    books = examples()
    books.accrue()
    lock_period(actor=SYSTEM, partner=books.partner, month="2026-06", at=NOW)
    versions = list(CommissionRate.objects.order_by("pk").values())
    locked = "The commission of this period is locked."
    assert locked in page(boss, act(books.r3, "new_version"), terms(valid_from="2026-06-20"))
    assert locked in page(boss, act(books.r3, "end"), {"reason": "x", "valid_to": "2026-06-20"})
    later = page(boss, act(books.r3, "new_version"), terms(valid_from="2026-07-02"))
    assert "Months up to 2026-06 are closed" in later
    lock_partner(actor=SYSTEM, partner=books.partner, at=NOW)
    assert locked in page(boss, act(books.r3, "new_version"), agreed(later))
    asked = {"of_partner": str(books.partner.pk), "component": "processing", **terms()}
    assert locked in page(boss, ADD, asked)
    assert list(CommissionRate.objects.order_by("pk").values()) == versions
    assert not AuditEvent.objects.filter(action="commission.rates_changed").exists()


def test_a_rate_ends_and_its_history_stays(boss: Client) -> None:
    books = Books().with_rates()
    shown = page(boss, act(books.r4, "end"), {"reason": "contract over", "valid_to": "2026-09-01"})
    assert "ends" in shown
    books.r4.refresh_from_db()
    assert books.r4.valid_to is None
    boss.post(act(books.r4, "end"), agreed(shown))
    books.r4.refresh_from_db()
    assert books.r4.valid_to == clock("2026-09-01")
    history = boss.get(reverse("admin:commissions_commissionrate_change", args=[books.r3.pk])).content.decode()
    for text in ("Versions of this rate", "2026-01-01", "2026-07-01", "4 %", "4.5 %"):
        assert text in history


def test_the_changes_of_a_synchronization_are_a_table(boss: Client) -> None:
    books = examples()
    run = books.force()
    shown = boss.get(reverse("admin:commissions_syncrun_change", args=[run.pk])).content.decode()
    assert "Changed lines" in shown
    assert "10.00 EUR (Accrual)" in shown
    assert "{" not in shown[shown.index("Changed lines") : shown.index("</table>", shown.index("Changed lines"))]
