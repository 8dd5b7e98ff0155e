"""The relay with real receivers on loopback: what is sent, what is tried again, and who has to wait (F1-F3, F5)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from django.db import connection
from standardwebhooks.webhooks import Webhook

from loyalty.models import AuditEvent, OutboxEvent
from loyalty.outbound.tests.servers import plain, serving, status
from loyalty.services import outbox
from loyalty.services.audit import SYSTEM
from loyalty.services.sealing import seal
from messaging.models import Delivery
from messaging.rules.webhook_signing import new_secret
from messaging.services import deliveries, webhook_relay
from messaging.services.deliveries import claim, fan_out
from messaging.services.delivery_retention import forget_deliveries
from messaging.services.replays import replay_delivery
from messaging.tests.endpoints import NOW, EndpointFactory, happen, open_to, run_relay, waiting
from partners.tests.factories import PartnerFactory

pytestmark = pytest.mark.django_db
GONE = status(410)


def test_an_event_reaches_every_endpoint_that_wants_it_and_no_other(monkeypatch: Any, settings: Any) -> None:
    partner = PartnerFactory()
    with serving(status(200)) as one, serving(status(204)) as two, serving(status(200)) as other:
        open_to(monkeypatch, settings, one, two, other)
        EndpointFactory(partner=partner, url=one.url("/one"))
        EndpointFactory(partner=partner, url=two.url("/two"), events=["points.redeemed", "points.awarded"])
        EndpointFactory(partner=partner, url=other.url("/kind"), events=["points.redeemed"])
        EndpointFactory(url=other.url("/partner"))
        EndpointFactory(partner=partner, url=other.url("/off"), state="disabled", reason="switched_off")
        EndpointFactory(partner=partner, url=other.url("/deleted"), deleted_at=NOW)
        happen(partner, points=7)
        run_relay()
    assert [server.asked[0][0] for server in (one, two)] == ["/one", "/two"]
    assert other.asked == []
    assert set(Delivery.objects.values_list("state", flat=True)) == {"delivered"}
    assert OutboxEvent.objects.filter(relayed_at=None).count() == 0


def test_the_bytes_that_arrive_are_the_bytes_that_were_signed(monkeypatch: Any, settings: Any) -> None:
    new, former = new_secret(), new_secret()
    at = datetime.now(UTC)
    with serving(status(200)) as server:
        open_to(monkeypatch, settings, server)
        endpoint = EndpointFactory(
            url=server.url(), key=new, former_secret=seal(former), former_until=at + timedelta(hours=1)
        )
        event = happen(endpoint.partner, at=at, points=5, customer_id=9)
        run_relay()
    ((headers, body),) = server.told
    for key in (new, former):
        assert Webhook(key).verify(body, dict(headers)) == orjson.loads(body)
    assert orjson.loads(body) == {
        "id": event.public_id,
        "type": "points.awarded",
        "event": "points.awarded",
        "created_at": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "data": {"points": 5, "customer_id": 9},
    }
    assert headers["webhook-id"] == event.public_id
    assert headers["Content-Type"] == "application/json"
    assert headers["X-Loyalty-Signature"].startswith("sha256=")


def test_a_former_secret_signs_no_more_when_its_time_is_over(monkeypatch: Any, settings: Any) -> None:
    with serving(status(200)) as server:
        open_to(monkeypatch, settings, server)
        endpoint = EndpointFactory(url=server.url(), former_secret=seal(new_secret()), former_until=NOW)
        happen(endpoint.partner)
        run_relay(at=NOW)
    ((headers, _body),) = server.told
    assert headers["webhook-signature"].count("v1,") == 1
    assert "X-Loyalty-Signature-Former" not in headers


@pytest.mark.parametrize(
    ("answer", "error", "code"),
    [
        (status(500), "status", 500),
        (status(404), "status", 404),
        (status(301, Location="http://127.0.0.1/"), "redirect", 301),
        (status(307, Location="http://127.0.0.1/"), "redirect", 307),
        (lambda handler: handler.wfile.write(b"nonsense\r\n\r\n"), "broken", None),
    ],
)
def test_what_is_not_accepted_is_tried_again_by_the_schedule(
    answer: Any, error: str, code: int | None, monkeypatch: Any, settings: Any
) -> None:
    monkeypatch.setattr(deliveries.random, "random", lambda: 0.5)
    with serving(answer) as server:
        open_to(monkeypatch, settings, server)
        delivery = waiting(EndpointFactory(url=server.url()))
        run_relay(at=NOW)
        assert len(server.asked) == 1
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts, delivery.error, delivery.last_status) == ("pending", 1, error, code)
    assert delivery.due_at == NOW + timedelta(seconds=5)
    assert delivery.last_at == NOW
    endpoint = delivery.endpoint
    assert (endpoint.failing_since, endpoint.is_slow, endpoint.state) == (NOW, True, "active")


def test_ten_attempts_and_then_it_is_given_up(monkeypatch: Any, settings: Any) -> None:
    """A clock that stands still but for each next attempt: 75 hours and 35 minutes in a second."""
    monkeypatch.setattr(deliveries.random, "random", lambda: 0.5)
    with serving(status(503)) as server:
        open_to(monkeypatch, settings, server)
        delivery = waiting(EndpointFactory(url=server.url()))
        at, moments = NOW, []
        while delivery.state == "pending":
            at = delivery.due_at
            moments.append(at)
            run_relay(at=at - timedelta(seconds=1))
            run_relay(at=at)
            delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts, delivery.finished_at) == ("failed", 10, at)
    assert at - NOW == timedelta(hours=75, minutes=35, seconds=5)
    assert len(moments) == len(server.asked) == 10
    assert len({headers["webhook-id"] for headers, _body in server.told}) == 1


def test_retry_after_is_honoured(monkeypatch: Any, settings: Any) -> None:
    with serving(status(429, Retry_After="1800")) as server:
        open_to(monkeypatch, settings, server)
        delivery = waiting(EndpointFactory(url=server.url()))
        run_relay(at=NOW)
    delivery.refresh_from_db()
    assert delivery.due_at == NOW + timedelta(minutes=30)


def test_410_disables_an_endpoint_and_nothing_more_is_sent_or_written(monkeypatch: Any, settings: Any) -> None:
    with serving(GONE) as server:
        open_to(monkeypatch, settings, server)
        endpoint = EndpointFactory(url=server.url())
        waiting(endpoint)
        assert outbox.is_listened_to(endpoint.partner_id, "points.awarded")
        run_relay(at=NOW)
        endpoint.refresh_from_db()
        assert (endpoint.state, endpoint.reason, endpoint.state_at) == ("disabled", "gone", NOW)
        assert not outbox.is_listened_to(endpoint.partner_id, "points.awarded")
        happen(endpoint.partner)
        run_relay(at=NOW + timedelta(hours=1))
        assert len(server.asked) == 1
    noted = AuditEvent.objects.get(action="webhook.disabled")
    assert (noted.actor_kind, noted.partner_id) == ("system", endpoint.partner_id)


def test_after_five_days_without_success_an_endpoint_is_paused_and_its_events_wait(
    monkeypatch: Any, settings: Any
) -> None:
    with serving(status(500)) as server:
        open_to(monkeypatch, settings, server)
        endpoint = EndpointFactory(url=server.url())
        for day in range(6):
            at = NOW + timedelta(days=day)
            waiting(endpoint, at)
            run_relay(at=at)
            endpoint.refresh_from_db()
            assert endpoint.state == ("paused" if day == 5 else "active"), day
        assert endpoint.reason == "failing"
        asked = len(server.asked)
        later = waiting(endpoint, NOW + timedelta(days=6))
        run_relay(at=NOW + timedelta(days=6))
        assert len(server.asked) == asked
        assert later.state == "pending"
    assert outbox.is_listened_to(endpoint.partner_id, "points.awarded")
    assert AuditEvent.objects.filter(action="webhook.paused").count() == 1


def test_a_success_forgives_all_failures(monkeypatch: Any, settings: Any) -> None:
    with serving(status(200)) as server:
        open_to(monkeypatch, settings, server)
        endpoint = EndpointFactory(url=server.url(), failing_since=NOW - timedelta(days=4), is_slow=True)
        waiting(endpoint)
        run_relay(at=NOW)
    endpoint.refresh_from_db()
    assert (endpoint.failing_since, endpoint.is_slow, endpoint.delivered_at) == (None, False, NOW)


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "http://localhost/", "http://10.0.0.1/", "https://[::1]/"])
def test_no_endpoint_leads_inside(url: str, settings: Any) -> None:
    """Whatever got into the table, the guard is asked with every attempt."""
    settings.WEBHOOK_ALLOWS_HTTP = True
    delivery = waiting(EndpointFactory(url=url))
    run_relay(at=NOW)
    delivery.refresh_from_db()
    assert delivery.state == "pending"
    assert delivery.error in {"not_public", "address"}


def test_http_is_not_called_where_it_is_not_allowed(monkeypatch: Any, settings: Any) -> None:
    with serving(status(200)) as server:
        open_to(monkeypatch, settings, server)
        settings.WEBHOOK_ALLOWS_HTTP = False
        delivery = waiting(EndpointFactory(url=server.url()))
        run_relay(at=NOW)
        assert server.asked == []
    delivery.refresh_from_db()
    assert delivery.error == "address"


def test_a_secret_that_no_key_opens_sends_nothing(monkeypatch: Any, settings: Any) -> None:
    with serving(status(200)) as server:
        open_to(monkeypatch, settings, server)
        delivery = waiting(EndpointFactory(url=server.url(), secret=b"sealed by another key"))
        run_relay(at=NOW)
        assert server.asked == []
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error) == ("pending", "secret")


def test_an_event_that_cannot_be_sent_keeps_no_other_one(monkeypatch: Any, settings: Any) -> None:
    with serving(status(200)) as server:
        open_to(monkeypatch, settings, server)
        endpoint = EndpointFactory(url=server.url())
        event = happen(endpoint.partner, text="x" * 30_000)
        other = happen(endpoint.partner)
        run_relay(at=NOW)
        assert [headers["webhook-id"] for headers, _body in server.told] == [other.public_id]
    assert Delivery.objects.get(event=event).error == "broken"


# --- Claims


def test_a_claim_is_a_lease_and_what_was_overtaken_settles_nothing() -> None:
    delivery = waiting(EndpointFactory())
    (first,) = claim(at=NOW, slots=9, is_slow=False)
    assert claim(at=NOW + timedelta(seconds=59), slots=9, is_slow=False) == []
    (second,) = claim(at=NOW + timedelta(seconds=61), slots=9, is_slow=False)
    assert (first.attempt, second.attempt) == (1, 2)
    late = deliveries.Outcome(first, 10, deliveries.Reply(200))
    deliveries.settle(outcomes=[late], at=NOW + timedelta(seconds=62))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts, delivery.last_status) == ("sending", 2, None)


@pytest.mark.parametrize("status_code", [200, 410, 500])
def test_what_was_overtaken_settles_nothing_of_a_replay(status_code: int) -> None:
    """A relay that stood still for minutes: meanwhile another brought the event out, and it was asked for once more."""
    delivery = waiting(EndpointFactory())
    (stood_still,) = claim(at=NOW, slots=9, is_slow=False)
    later = NOW + timedelta(minutes=2)
    (second,) = claim(at=later, slots=9, is_slow=False)
    deliveries.settle(outcomes=[deliveries.Outcome(second, 10, deliveries.Reply(200))], at=later)
    again = {"endpoint_id": delivery.endpoint_id, "delivery_id": delivery.pk, "at": later}
    replay_delivery(actor=SYSTEM, partner=delivery.partner, **again)
    (replayed,) = claim(at=later, slots=9, is_slow=False)
    assert (stood_still.attempt, stood_still.round) == (1, 0)
    assert (replayed.attempt, replayed.round) == (1, 1)
    deliveries.settle(outcomes=[deliveries.Outcome(stood_still, 10, deliveries.Reply(status_code))], at=later)
    delivery.refresh_from_db()
    delivery.endpoint.refresh_from_db()
    assert (delivery.state, delivery.replays, delivery.attempts) == ("sending", 1, 1)
    assert (delivery.endpoint.state, delivery.endpoint.failing_since) == ("active", None)
    deliveries.settle(outcomes=[deliveries.Outcome(replayed, 10, deliveries.Reply(500))], at=later)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error) == ("pending", "status")


@pytest.mark.parametrize(("is_slow", "at_once"), [(False, 4), (True, 1)])
def test_one_endpoint_gets_only_so_many_attempts_at_once(is_slow: bool, at_once: int) -> None:
    endpoint = EndpointFactory(is_slow=is_slow)
    for _ in range(6):
        happen(endpoint.partner)
    fan_out(at=NOW)
    assert len(claim(at=NOW, slots=32, is_slow=is_slow)) == at_once
    assert claim(at=NOW, slots=32, is_slow=is_slow) == []
    assert claim(at=NOW, slots=32, is_slow=not is_slow) == []


def test_every_endpoint_gets_its_first_before_any_gets_its_second() -> None:
    endpoints = [EndpointFactory() for _ in range(5)]
    for endpoint in endpoints:
        for _ in range(4):
            happen(endpoint.partner)
    fan_out(at=NOW)
    taken = claim(at=NOW, slots=7, is_slow=False)
    assert len(taken) == 7
    assert {one.endpoint_id for one in taken} == {endpoint.pk for endpoint in endpoints}


def test_handing_out_the_same_event_twice_makes_one_delivery() -> None:
    endpoint = EndpointFactory()
    event = happen(endpoint.partner)
    assert fan_out(at=NOW) == 1
    OutboxEvent.objects.update(relayed_at=None)
    assert fan_out(at=NOW) == 1
    assert Delivery.objects.filter(event=event).count() == 1
    assert fan_out(at=NOW) == 0


@pytest.mark.parametrize("count", [2, 20])
def test_a_claim_is_one_statement_however_many(count: int, django_assert_num_queries: Any) -> None:
    for _ in range(count):
        waiting(EndpointFactory())
    # With the savepoint of the test's own transaction.
    with django_assert_num_queries(3):
        assert len(claim(at=NOW, slots=32, is_slow=False)) == count


def test_a_relay_whose_turn_is_taken_does_nothing(monkeypatch: Any, settings: Any) -> None:
    holder, late = webhook_relay.Turn(), webhook_relay.Turn()
    assert holder.take()
    assert not late.take()
    with serving(plain(b"")) as server:
        open_to(monkeypatch, settings, server)
        waiting(EndpointFactory(url=server.url()))
        assert run_relay() is False
        assert server.asked == []
        assert holder.end()
        assert run_relay() is False
        assert len(server.asked) == 1


def test_time_that_is_over_leaves_the_rest_to_another_run(monkeypatch: Any, settings: Any) -> None:
    with serving(status(200)) as server:
        open_to(monkeypatch, settings, server)
        waiting(EndpointFactory(url=server.url()))
        assert run_relay(seconds=0.0) is True
        assert server.asked == []
        assert run_relay() is False
        assert len(server.asked) == 1


# --- Retention


def test_what_is_long_done_is_forgotten_and_what_waited_too_long_given_up() -> None:
    endpoint = EndpointFactory()
    old, fresh = waiting(endpoint), waiting(endpoint, NOW + timedelta(days=20))
    paused = waiting(EndpointFactory(state="paused", reason="failing"))
    nobody = happen(PartnerFactory())
    fan_out(at=NOW)
    Delivery.objects.filter(pk=old.pk).update(state="delivered", finished_at=NOW)
    Delivery.objects.filter(pk=fresh.pk).update(state="delivered", finished_at=NOW + timedelta(days=20))
    assert forget_deliveries(at=NOW + timedelta(days=31)) == 3
    paused.refresh_from_db()
    assert (paused.state, paused.error) == ("failed", "expired")
    assert set(Delivery.objects.values_list("pk", flat=True)) == {fresh.pk, paused.pk}
    assert not OutboxEvent.objects.filter(pk__in=[old.event_id, nobody.pk]).exists()
    assert OutboxEvent.objects.filter(pk__in=[fresh.event_id, paused.event_id]).count() == 2
    assert forget_deliveries(at=NOW + timedelta(days=31)) == 0


def test_the_claim_uses_the_index_of_what_is_due() -> None:
    waiting(EndpointFactory())
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN " + deliveries._CLAIM,
            {"at": NOW, "lease": NOW, "slots": 9, "slow": False, "each": 4},
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "delivery_due" in plan
