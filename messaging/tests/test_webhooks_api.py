"""Webhook endpoints and deliveries over HTTP: who may, what is shown once, what is refused, what is sent again."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from standardwebhooks.webhooks import Webhook

from loyalty.models import AuditEvent, IdempotencyRecord, OutboxEvent
from loyalty.outbound.tests.servers import serving, status
from loyalty.outbound.tests.test_outbound import HOSTILE
from loyalty.services import outbox
from loyalty.services.sealing import unseal
from messaging.models import Delivery, WebhookEndpoint
from messaging.rules.blackout import BLACK
from messaging.services.deliveries import fan_out
from messaging.tests.endpoints import NOW, EndpointFactory, happen, open_to, run_relay, waiting
from partners.models import Partner
from partners.tests.callers import Caller, credential_caller, staff_caller
from partners.tests.factories import PartnerFactory

pytestmark = pytest.mark.django_db
HOOKS = "/en/partners/webhooks"
NEW = {"url": "https://crm.example/hooks", "events": ["points.awarded", "coupon.redeemed"], "description": "CRM"}


@pytest.fixture
def partner() -> Partner:
    return PartnerFactory(time_zone="Europe/Vilnius")


@pytest.fixture
def owner(partner: Partner) -> Caller:
    return staff_caller(partner)


def test_an_endpoint_is_made_and_its_secret_shown_once(owner: Caller, partner: Partner) -> None:
    answer = owner.client.post(HOOKS, NEW, content_type="application/json", headers={"Idempotency-Key": "once"})
    assert answer.status_code == 201
    assert answer["Cache-Control"] == "no-store"
    made = answer.json()["data"]
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    row = WebhookEndpoint.objects.get(partner=partner)
    assert unseal(bytes(row.secret)) == secret
    assert secret.encode() not in bytes(row.secret)
    assert not IdempotencyRecord.objects.exists(), "an answer with a secret must not be kept"
    assert made == {
        "id": row.pk,
        "url": NEW["url"],
        "description": "CRM",
        "events": ["coupon.redeemed", "points.awarded"],
        "is_active": True,
        "state": "active",
        "reason": None,
        "state_since": made["created_at"],
        "failing_since": None,
        "last_delivered_at": None,
        "former_secret_until": None,
        "created_at": made["created_at"],
    }
    assert owner.get(f"{HOOKS}/{row.pk}")["data"] == made
    assert owner.get(HOOKS)["data"] == [made]
    event = AuditEvent.objects.get(action="webhook.created")
    assert event.changes["url"] == [None, NEW["url"]]
    assert secret not in str(event.changes)


def test_a_key_in_an_address_is_not_kept_in_the_audit_trail(owner: Caller) -> None:
    """As with those whose address is the secret: a query, or a path that a machine made up."""
    first, second = ("Abcdef0123456789Ghijkl", "Mnopqr0123456789Stuvwx")
    made = owner.post(HOOKS, {**NEW, "url": f"https://hooks.example.com/T0/{first}?token={first}#{first}"})["data"]
    owner.put(f"{HOOKS}/{made['id']}", {"url": f"https://hooks.example.com/T0/{second}?token={second}"})
    trail = str(list(AuditEvent.objects.values()))
    assert first not in trail
    assert second not in trail
    assert AuditEvent.objects.get(action="webhook.created").changes["url"] == [
        None,
        f"https://hooks.example.com/T0/{BLACK}",
    ]
    assert "url" in AuditEvent.objects.get(action="webhook.updated").changes
    # Who keeps the endpoint sees where it leads.
    assert owner.get(f"{HOOKS}/{made['id']}")["data"]["url"].endswith(f"{second}?token={second}")


def test_it_listens_at_once(owner: Caller, partner: Partner) -> None:
    assert not outbox.is_listened_to(partner.pk, "points.awarded")
    made = owner.post(HOOKS, NEW)["data"]
    assert outbox.is_listened_to(partner.pk, "points.awarded")
    owner.put(f"{HOOKS}/{made['id']}", {"events": ["coupon.redeemed"]})
    assert not outbox.is_listened_to(partner.pk, "points.awarded")
    assert outbox.is_listened_to(partner.pk, "coupon.redeemed")
    owner.delete(f"{HOOKS}/{made['id']}")
    assert not outbox.is_listened_to(partner.pk, "coupon.redeemed")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": "http://crm.example/hooks"}, "url"),
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"url": "https://[::1]/"}, "url"),
        ({"url": "https://169.254.169.254/latest"}, "url"),
        ({"url": "https://user:pw@crm.example/"}, "url"),
        ({"url": "https://crm.example:8443/"}, "url"),
        ({"url": "https://localhost/"}, "url"),
        ({"url": "ftp://crm.example/"}, "url"),
        ({"url": "hooks"}, "url"),
        ({"url": ""}, "url"),
        ({"url": None}, "url"),
        ({"url": "https://crm.example/" + "a" * 1000}, "url"),
        ({"events": []}, "events"),
        ({"events": ["points.awarded", "no.such.event"]}, "events"),
        ({"events": "points.awarded"}, "events"),
        ({"events": [["points.awarded"]]}, "events.0"),
        ({"description": "x" * 201}, "description"),
        ({"secret": "whsec_mine"}, "secret"),
        ({"partner_id": 1}, "partner_id"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_made(
    owner: Caller, change: dict[str, Any], field: str, settings: Any
) -> None:
    settings.WEBHOOK_ALLOWS_HTTP = False
    body = {name: value for name, value in {**NEW, **change}.items() if value is not None}
    answer = owner.post(HOOKS, body, 422)
    assert (answer["code"], list(answer["errors"])) == ("VALIDATION_ERROR", [field])
    assert not WebhookEndpoint.objects.exists()


def test_no_hostile_address_is_taken(owner: Caller, settings: Any) -> None:
    """Names that only lead somewhere closed are refused when they are called."""
    settings.WEBHOOK_ALLOWS_HTTP = True
    names = (".example", ".local/", ".internal/")
    urls = [url for url in HOSTILE if url.isprintable() and not any(name in url for name in names)]
    assert len(urls) > 80
    for url in urls:
        assert list(owner.post(HOOKS, {**NEW, "url": url}, 422)["errors"]) == ["url"], url


def test_the_refusal_speaks_lithuanian(owner: Caller, settings: Any) -> None:
    settings.WEBHOOK_ALLOWS_HTTP = False
    answer = owner.post("/lt/partners/webhooks", {**NEW, "url": "http://crm.example/"}, 422)
    assert answer["errors"]["url"] == ["Turi prasidėti https://."]


def test_one_address_is_one_endpoint_until_it_is_deleted(owner: Caller, partner: Partner) -> None:
    made = owner.post(HOOKS, NEW)["data"]
    assert list(owner.post(HOOKS, NEW, 409)["errors"]) == ["url"]
    other = owner.post(HOOKS, {**NEW, "url": "https://crm.example/2"})["data"]
    assert list(owner.put(f"{HOOKS}/{other['id']}", {"url": NEW["url"]}, 409)["errors"]) == ["url"]
    staff_caller(PartnerFactory()).post(HOOKS, NEW)
    owner.delete(f"{HOOKS}/{made['id']}")
    owner.post(HOOKS, NEW)
    assert owner.get(HOOKS)["meta"]["total"] == 2


def test_there_is_a_limit(owner: Caller, partner: Partner, monkeypatch: Any) -> None:
    monkeypatch.setattr("messaging.services.webhooks.MOST_ENDPOINTS", 1)
    owner.post(HOOKS, NEW)
    assert owner.post(HOOKS, {**NEW, "url": "https://crm.example/2"}, 409)["code"] == "WEBHOOK_LIMIT_REACHED"


def test_a_change_touches_what_it_names(owner: Caller) -> None:
    made = owner.post(HOOKS, NEW)["data"]
    changed = owner.put(f"{HOOKS}/{made['id']}", {"description": ""})["data"]
    assert (changed["description"], changed["url"], changed["events"]) == ("", made["url"], made["events"])
    before = AuditEvent.objects.count()
    owner.put(f"{HOOKS}/{made['id']}", {"events": NEW["events"]})
    assert AuditEvent.objects.count() == before


def test_switching_off_and_on(owner: Caller, partner: Partner) -> None:
    made = owner.post(HOOKS, NEW)["data"]
    path = f"{HOOKS}/{made['id']}"
    off = owner.put(path, {"is_active": False})["data"]
    assert (off["is_active"], off["state"], off["reason"]) == (False, "disabled", "switched_off")
    assert not outbox.is_listened_to(partner.pk, "points.awarded")
    on = owner.put(path, {"is_active": True})["data"]
    assert (on["is_active"], on["state"], on["reason"]) == (True, "active", None)


def test_a_pause_ends_by_hand_and_what_waited_is_sent(
    owner: Caller, partner: Partner, monkeypatch: Any, settings: Any
) -> None:
    with serving(status(200)) as server:
        open_to(monkeypatch, settings, server)
        endpoint = EndpointFactory(
            partner=partner, url=server.url(), state="paused", reason="failing", failing_since=NOW - timedelta(days=6)
        )
        waiting(endpoint)
        run_relay(at=NOW)
        assert server.told == []
        shown = owner.put(f"{HOOKS}/{endpoint.pk}", {"is_active": True})["data"]
        assert (shown["state"], shown["failing_since"]) == ("active", None)
        run_relay(at=NOW)
        assert len(server.told) == 1


def test_a_rotation_shows_a_new_secret_and_both_sign(
    owner: Caller, partner: Partner, monkeypatch: Any, settings: Any
) -> None:
    with serving(status(200)) as server:
        open_to(monkeypatch, settings, server)
        made = owner.post(HOOKS, {**NEW, "url": server.url()})["data"]
        path = f"{HOOKS}/{made['id']}/rotate-secret"
        rotated = owner.post(path, {}, 200)["data"]
        assert rotated["secret"] != made["secret"]
        assert rotated["former_secret_until"] is not None
        happen(partner)
        run_relay()
        assert owner.post(path, {"overlap_hours": 0}, 200)["data"]["former_secret_until"] is None
        happen(partner)
        run_relay()
    (first_headers, first), (headers, second) = server.told
    for secret in (made["secret"], rotated["secret"]):
        Webhook(secret).verify(first, dict(first_headers))
        with pytest.raises(Exception, match="No matching signature"):
            Webhook(secret).verify(second, dict(headers))
    for wrong in (-1, 169, 1.5, "a day"):
        owner.post(path, {"overlap_hours": wrong}, 422)


def test_the_catalogue_shows_whole_bodies(owner: Caller) -> None:
    rows = owner.get(f"{HOOKS}/events")["data"]
    assert [row["event"] for row in rows] == [kind.name for kind in outbox.list_event_kinds()]
    for row in rows:
        assert set(row["example"]) == {"id", "type", "event", "created_at", "data"}
        assert row["description"]


# --- Who may


@pytest.mark.parametrize(("role", "may"), [("owner", True), ("manager", True), ("cashier", False), ("analyst", False)])
def test_owners_and_managers_may(partner: Partner, role: str, may: bool) -> None:
    caller = staff_caller(partner, role)
    caller.post(HOOKS, NEW, 201 if may else 403)
    caller.get(HOOKS, 200 if may else 403)


def test_api_credentials_may_not(partner: Partner) -> None:
    """A till's key that leaks must not lead the partner's events elsewhere."""
    till = credential_caller(partner)
    assert till.get(HOOKS, 403)["code"] == "SCOPE_INSUFFICIENT"
    till.post(HOOKS, NEW, 403)
    assert not WebhookEndpoint.objects.exists()


def test_another_partner_s_endpoint_is_as_good_as_absent(owner: Caller) -> None:
    foreign = EndpointFactory()
    delivery = waiting(foreign)
    path = f"{HOOKS}/{foreign.pk}"
    own = EndpointFactory(partner=owner.staff.partner)
    for call in (
        owner.client.get(path),
        owner.client.put(path, {"is_active": False}, content_type="application/json"),
        owner.client.delete(path),
        owner.client.post(f"{path}/rotate-secret", {}, content_type="application/json"),
        owner.client.post(f"{path}/test", {}, content_type="application/json"),
        owner.client.post(
            f"{path}/replay", {"from": "2026-11-01", "to": "2026-11-09"}, content_type="application/json"
        ),
        owner.client.get(f"{path}/deliveries"),
        owner.client.get(f"{HOOKS}/{own.pk}/deliveries/{delivery.pk}"),
        owner.client.post(f"{HOOKS}/{own.pk}/deliveries/{delivery.pk}/replay", {}, content_type="application/json"),
    ):
        assert (call.status_code, call.json()["code"]) == (404, "RESOURCE_NOT_FOUND")
    before = WebhookEndpoint.objects.filter(pk=foreign.pk).values().get()
    foreign.refresh_from_db()
    assert before["state"] == "active"
    assert foreign.deleted_at is None
    assert Delivery.objects.get(pk=delivery.pk).replays == 0


# --- Deliveries


def test_deliveries_are_listed_narrowed_and_shown_with_their_body(owner: Caller, partner: Partner) -> None:
    endpoint = EndpointFactory(partner=partner, events=["points.awarded", "points.redeemed"])
    first = happen(partner, points=1)
    second = happen(partner, kind="points.redeemed", points=2)
    fan_out(at=NOW)
    path = f"{HOOKS}/{endpoint.pk}/deliveries"
    rows = owner.get(path)["data"]
    assert [row["event_id"] for row in rows] == [second.public_id, first.public_id]
    assert rows[0] == {
        "id": rows[0]["id"],
        "event_id": second.public_id,
        "event": "points.redeemed",
        "state": "pending",
        "attempts": 0,
        "replays": 0,
        "next_attempt_at": "2026-11-02T08:00:00Z",
        "last_attempt_at": None,
        "last_status": None,
        "duration_ms": None,
        "error": None,
        "created_at": "2026-11-02T08:00:00Z",
        "finished_at": None,
    }
    assert owner.get(f"{path}/{rows[0]['id']}")["data"] == {
        **rows[0],
        "payload": {
            "id": second.public_id,
            "type": "points.redeemed",
            "event": "points.redeemed",
            "created_at": "2026-11-02T08:00:00Z",
            "data": {"points": 2},
        },
    }
    Delivery.objects.filter(event=first).update(state="delivered", finished_at=NOW)

    def found(**query: Any) -> list[str]:
        return [row["event_id"] for row in owner.get(path, **query)["data"]]

    assert found(state="delivered") == [first.public_id]
    assert found(event="points.redeemed") == [second.public_id]
    # 08:00 UTC is 10:00 in Vilnius.
    assert found(start_date="2026-11-02", end_date="2026-11-02") == [second.public_id, first.public_id]
    assert found(start_date="2026-11-03") == found(end_date="2026-11-01") == []
    assert list(owner.get(path, 422, state="lost")["errors"]) == ["state"]
    assert list(owner.get(path, 422, start_date="yesterday")["errors"]) == ["start_date"]


@pytest.mark.parametrize("what", ["endpoints", "deliveries"])
def test_a_list_takes_as_many_queries_for_twenty_as_for_two(owner: Caller, partner: Partner, what: str) -> None:
    endpoint = EndpointFactory(partner=partner)

    def cost(count: int) -> int:
        if what == "endpoints":
            EndpointFactory.create_batch(count - WebhookEndpoint.objects.count(), partner=partner)
        else:
            for _ in range(count - Delivery.objects.count()):
                waiting(endpoint)
        outbox.remember_listeners(frozenset(), seconds=60)
        path = HOOKS if what == "endpoints" else f"{HOOKS}/{endpoint.pk}/deliveries"
        with CaptureQueriesContext(connection) as captured:
            assert len(owner.get(path)["data"]) == count
        return len(captured)

    assert cost(2) == cost(20)


def test_a_test_event_reaches_only_this_endpoint(
    owner: Caller, partner: Partner, monkeypatch: Any, settings: Any
) -> None:
    with serving(status(200)) as server, serving(status(200)) as other:
        open_to(monkeypatch, settings, server, other)
        made = owner.post(HOOKS, {**NEW, "url": server.url()})["data"]
        owner.post(HOOKS, {**NEW, "url": other.url()})
        sent = owner.post(f"{HOOKS}/{made['id']}/test", {})["data"]
        assert (sent["event"], sent["state"], sent["payload"]["data"]) == (
            "ping",
            "pending",
            {"webhook_id": made["id"]},
        )
        run_relay()
        ((headers, body),) = server.told
        assert other.told == []
    assert Webhook(made["secret"]).verify(body, dict(headers))["type"] == "ping"
    shown = owner.get(f"{HOOKS}/{made['id']}/deliveries/{sent['id']}")["data"]
    assert (shown["state"], shown["last_status"], shown["attempts"]) == ("delivered", 200, 1)


def test_an_event_is_sent_again_under_the_same_id(
    owner: Caller, partner: Partner, monkeypatch: Any, settings: Any
) -> None:
    with serving(status(200)) as server:
        open_to(monkeypatch, settings, server)
        endpoint = EndpointFactory(partner=partner, url=server.url())
        delivery = waiting(endpoint)
        run_relay()
        again = owner.post(f"{HOOKS}/{endpoint.pk}/deliveries/{delivery.pk}/replay", {}, 200)["data"]
        assert (again["state"], again["attempts"], again["replays"]) == ("pending", 0, 1)
        run_relay()
    (first, body), (second, same) = server.told
    assert first["webhook-id"] == second["webhook-id"]
    assert body == same
    assert AuditEvent.objects.get(action="webhook.replayed").changes == {"delivery": [None, delivery.pk]}


def test_one_that_waits_is_tried_now_and_stays_what_it_is(owner: Caller, partner: Partner) -> None:
    delivery = waiting(EndpointFactory(partner=partner))
    Delivery.objects.filter(pk=delivery.pk).update(attempts=3, due_at=timezone.now() + timedelta(hours=5))
    path = f"{HOOKS}/{delivery.endpoint_id}/deliveries/{delivery.pk}/replay"
    again = owner.post(path, {}, 200)["data"]
    assert (again["state"], again["attempts"], again["replays"]) == ("pending", 3, 0)
    delivery.refresh_from_db()
    assert delivery.due_at <= timezone.now()


def test_a_span_is_sent_again_with_what_was_missed(owner: Caller, partner: Partner) -> None:
    endpoint = EndpointFactory(partner=partner, events=["points.awarded"])
    EndpointFactory(partner=partner, events=["points.awarded", "points.redeemed"])
    moments = [NOW - timedelta(days=2), NOW - timedelta(hours=1), NOW]
    events = [happen(partner, at=at) for at in moments]
    missed = happen(partner, at=NOW)
    other_kind = happen(partner, kind="points.redeemed", at=NOW)
    fan_out(at=NOW)
    Delivery.objects.filter(endpoint=endpoint, event=missed).delete()
    Delivery.objects.filter(endpoint=endpoint).update(state="failed", attempts=10, finished_at=NOW)
    Delivery.objects.filter(endpoint=endpoint, event=events[1]).update(state="delivered")
    path = f"{HOOKS}/{endpoint.pk}/replay"
    span = {"from": "2026-11-01", "to": "2026-11-02"}
    assert owner.post(path, span, 200)["data"] == {"replayed": 2, "most": 10_000}
    waiting_now = set(Delivery.objects.filter(endpoint=endpoint, state="pending").values_list("event_id", flat=True))
    assert waiting_now == {events[2].pk, missed.pk}
    assert not Delivery.objects.filter(endpoint=endpoint, event=other_kind).exists()
    assert owner.post(path, {**span, "states": ["failed", "delivered"]}, 200)["data"]["replayed"] == 1
    assert owner.post(path, {**span, "events": ["coupon.redeemed"]}, 200)["data"]["replayed"] == 0
    for wrong, field in (
        ({"from": "2026-11-03", "to": "2026-11-01"}, "to"),
        ({"to": "2026-11-01"}, "from"),
        ({**span, "states": ["pending"]}, "states.0"),
        ({**span, "states": []}, "states"),
        ({**span, "from": "soon"}, "from"),
    ):
        assert list(owner.post(path, wrong, 422)["errors"]) == [field]


def test_nothing_is_sent_again_to_an_endpoint_that_is_off(owner: Caller, partner: Partner) -> None:
    endpoint = EndpointFactory(partner=partner)
    delivery = waiting(endpoint)
    Delivery.objects.update(state="failed", finished_at=NOW)
    WebhookEndpoint.objects.update(state="disabled", reason="gone")
    path = f"{HOOKS}/{endpoint.pk}"
    for call, body in (
        ("test", {}),
        (f"deliveries/{delivery.pk}/replay", {}),
        ("replay", {"from": "2026-11-01", "to": "2026-11-02"}),
    ):
        assert owner.post(f"{path}/{call}", body, 409)["code"] == "WEBHOOK_NOT_ACTIVE"
    assert Delivery.objects.get().state == "failed"
    assert OutboxEvent.objects.count() == 1


def test_a_deleted_endpoint_gets_nothing_and_its_waiting_deliveries_are_given_up(
    owner: Caller, partner: Partner
) -> None:
    delivery = waiting(EndpointFactory(partner=partner))
    owner.delete(f"{HOOKS}/{delivery.endpoint_id}")
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error) == ("failed", "gone")
    owner.get(f"{HOOKS}/{delivery.endpoint_id}", 404)
