"""The statistics in the back office."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from analytics.tests.worlds import Shops
from commissions.tests.factories import instant
from loyalty.tests.factories import AdminFactory, UserFactory
from partners.models import Partner

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("feed_sees_all")]


def _page(client: Client, **query: str) -> str:
    answer = client.get(reverse("admin:analytics_statistics"), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_figures_stand_beside_those_of_the_period_before(client: Client) -> None:
    client.force_login(AdminFactory())
    shops = Shops(partner={"name": "<b>Kavinė</b>"})
    shops.buy("80.00", "2026-05-20T09:00")
    shops.buy("120.50", "2026-06-20T09:00")
    shops.roll()
    page = _page(client, period="2026-06")
    assert "120.50 EUR" in page
    assert "80.00 EUR" in page
    assert "▲ 50.63 %" in page
    assert "2026-06-01" in page
    assert "&lt;b&gt;Kavinė&lt;/b&gt;" in page
    assert "<b>Kavinė" not in page


def test_an_empty_platform_says_so_in_either_language(client: Client) -> None:
    client.force_login(AdminFactory())
    assert "Nothing was sold in this period" in _page(client)
    client.cookies["django_language"] = "lt"
    page = _page(client)
    assert "Nothing was sold" not in page
    assert "Šiuo laikotarpiu" in page


def test_a_period_that_there_is_not_shows_the_usual_one(client: Client) -> None:
    client.force_login(AdminFactory())
    assert "There is no such period." in _page(client, period="soon")


def test_it_is_for_those_who_may_see_the_days(client: Client) -> None:
    viewer = UserFactory(is_staff=True)
    client.force_login(viewer)
    assert client.get(reverse("admin:analytics_statistics")).status_code == 403
    viewer.user_permissions.set(Permission.objects.filter(codename="view_partnerday"))
    assert "Overview" in _page(client)
    shops = Shops()
    shops.buy("10.00", "2026-06-20T09:00")
    shops.roll()
    answer = client.get(reverse("admin:analytics_partnerday_changelist"))
    assert "10.00 EUR" in answer.content.decode()
    assert Partner.objects.get().created_at > instant("2026-01-01")
