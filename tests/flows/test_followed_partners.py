"""A partner's sales are followed while an endpoint hears of points, and not after; nothing is lost in between."""

import threading
import time
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from games.models import Game
from games.tests.players import Arcade
from games.tests.tills import GameTill
from ledger.models import FollowedPartner
from loyalty.models import OutboxEvent
from loyalty.outbound.tests.servers import serving, status
from loyalty.services.audit import SYSTEM
from loyalty.services.outbox import forget_listeners
from messaging.models import WebhookEndpoint
from messaging.services.webhooks import create_endpoint, delete_endpoint, update_endpoint
from messaging.tests.endpoints import NOW, EndpointFactory, open_to, run_relay, waiting
from partners.models import Partner
from partners.tests.factories import PartnerFactory


def causes(partner: Partner) -> list[str] | None:
    """Why the partner is followed; None: it is not."""
    return FollowedPartner.objects.filter(partner=partner).values_list("causes", flat=True).first()


def change(endpoint: WebhookEndpoint, **data: Any) -> None:
    update_endpoint(actor=SYSTEM, partner=endpoint.partner, endpoint_id=endpoint.pk, data=data, at=timezone.now())


def drop(endpoint: WebhookEndpoint) -> None:
    delete_endpoint(actor=SYSTEM, partner=endpoint.partner, endpoint_id=endpoint.pk, at=timezone.now())


@pytest.mark.django_db
@pytest.mark.parametrize(
    "end", [drop, lambda it: change(it, is_active=False), lambda it: change(it, events=["card.created"])]
)
def test_the_last_endpoint_that_hears_of_points_ends_it(end: Any) -> None:
    partner = PartnerFactory()
    first = EndpointFactory(partner=partner)
    last = EndpointFactory(partner=partner, events=["tier.upgraded", "card.created"])
    EndpointFactory(partner=partner, events=["card.created"])
    other = EndpointFactory()
    end(first)
    assert causes(partner) == ["points"]
    end(last)
    assert causes(partner) is None
    assert causes(other.partner) == ["points"]
    EndpointFactory(partner=partner)
    assert causes(partner) == ["points"]


@pytest.mark.django_db
def test_a_pause_keeps_it_and_switching_on_brings_it_back() -> None:
    endpoint = EndpointFactory()
    WebhookEndpoint.objects.update(state="paused", reason="failing")
    assert causes(endpoint.partner) == ["points"]
    change(endpoint, is_active=False)
    assert causes(endpoint.partner) is None
    change(endpoint, is_active=True)
    assert causes(endpoint.partner) == ["points"]
    WebhookEndpoint.objects.all().delete()
    assert causes(endpoint.partner) is None


@pytest.mark.django_db
def test_an_endpoint_that_answers_410_is_followed_no_more(monkeypatch: Any, settings: Any) -> None:
    with serving(status(410)) as server:
        open_to(monkeypatch, settings, server)
        endpoint = EndpointFactory(url=server.url())
        waiting(endpoint)
        run_relay(at=NOW)
    assert causes(endpoint.partner) is None


@pytest.mark.django_db
def test_games_that_stamp_by_sales_keep_their_own_cause() -> None:
    till = GameTill(game={"auto_stamp": "per_purchase"})
    assert causes(till.partner) == ["stamps"]
    endpoint = EndpointFactory(partner=till.partner)
    assert sorted(causes(till.partner) or []) == ["points", "stamps"]
    Game.objects.filter(pk=till.game.pk).update(auto_stamp="per_product")
    drop(endpoint)
    assert causes(till.partner) == ["stamps"]


@pytest.mark.django_db
def test_a_sale_after_the_last_endpoint_is_one_statement_again(django_assert_num_queries: Any) -> None:
    shop = Arcade()
    endpoint, buyer = EndpointFactory(partner=shop.partner), shop.customer()
    shop.sale(user_id=buyer.pk, order_total=10.0).ok()
    assert OutboxEvent.objects.count() == 1
    drop(endpoint)
    shop.sale(user_id=buyer.pk, order_total=10.0).ok()
    with django_assert_num_queries(1):
        shop.sale(user_id=buyer.pk, order_total=10.0).ok()
    assert OutboxEvent.objects.count() == 1


def _in_thread(work: Any) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def _wait_for_lock() -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    raise AssertionError("nobody waited")


def _make(partner: Partner, url: str) -> None:
    data = {"url": url, "events": ["points.awarded"]}
    create_endpoint(actor=SYSTEM, partner=partner, data=data, at=timezone.now())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("first", ["made", "dropped"])
def test_an_endpoint_made_while_the_last_one_goes_is_followed(first: str) -> None:
    """Two connections, each order: the second waits for the first, and the new endpoint is not left unheard."""
    shop = Arcade()
    endpoint, buyer = EndpointFactory(partner=shop.partner), shop.customer()
    works = {
        "made": lambda: _make(shop.partner, "https://crm.example/new"),
        "dropped": lambda: drop(endpoint),
    }
    second = next(name for name in works if name != first)
    with transaction.atomic():
        works[first]()
        thread = _in_thread(works[second])
        _wait_for_lock()
    thread.join(10)
    assert WebhookEndpoint.objects.get(deleted_at=None).url == "https://crm.example/new"
    assert causes(shop.partner) == ["points"]
    forget_listeners()
    shop.sale(user_id=buyer.pk, order_total=10.0).ok()
    assert OutboxEvent.objects.filter(partner_id=shop.partner.pk, kind="points.awarded").count() == 1


@pytest.mark.django_db(transaction=True)
def test_making_and_dropping_at_once_never_leaves_an_endpoint_unfollowed() -> None:
    partner = PartnerFactory()
    failures: list[Exception] = []

    def churn(number: int) -> None:
        try:
            for round_ in range(15):
                url = f"https://crm.example/{number}/{round_}"
                _make(partner, url)
                drop(WebhookEndpoint.objects.get(url=url))
            _make(partner, f"https://crm.example/{number}/last")
        except Exception as error:  # noqa: BLE001 - told below
            failures.append(error)

    threads = [_in_thread(lambda number=number: churn(number)) for number in range(4)]
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert WebhookEndpoint.objects.filter(deleted_at=None).count() == 4
    assert causes(partner) == ["points"]
    for endpoint in WebhookEndpoint.objects.filter(deleted_at=None):
        drop(endpoint)
    assert causes(partner) is None
