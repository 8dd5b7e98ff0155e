"""The platform's view of partners' webhooks over HTTP: seen, paused, resumed, sent again, and no secret anywhere."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from loyalty.models import AuditEvent
from loyalty.outbound.tests.servers import serving, status
from loyalty.services import outbox
from loyalty.services.sealing import seal
from messaging.models import Delivery, WebhookEndpoint
from messaging.rules.webhook_signing import new_secret
from messaging.tests.endpoints import NOW, EndpointFactory, happen, open_to, run_relay, waiting
from partners.models import Partner
from partners.tests.callers import Caller, admin_caller, staff_caller
from partners.tests.factories import PartnerFactory

pytestmark = pytest.mark.django_db
WHY = {"reason": "Their server is being moved"}


@pytest.fixture
def partner() -> Partner:
    return PartnerFactory(time_zone="Europe/Vilnius")


@pytest.fixture
def admin() -> Caller:
    return admin_caller()


def hooks(partner: Partner) -> str:
    return f"/en/admin/partners/{partner.pk}/webhooks"


def test_it_sees_endpoints_as_the_partner_does_and_no_secret(admin: Caller, partner: Partner) -> None:
    key, former = new_secret(), new_secret()
    endpoint = EndpointFactory(
        partner=partner, key=key, former_secret=seal(former), former_until=timezone.now() + timedelta(hours=1)
    )
    EndpointFactory()
    EndpointFactory(partner=partner, deleted_at=NOW)
    answer = admin.get(hooks(partner))
    owner = staff_caller(partner)
    assert answer["data"] == owner.get("/en/partners/webhooks")["data"]
    assert answer["meta"]["total"] == 1
    one = admin.get(f"{hooks(partner)}/{endpoint.pk}")["data"]
    assert one == answer["data"][0]
    assert one["former_secret_until"] is not None
    shown = str([answer, one, admin.post(f"{hooks(partner)}/{endpoint.pk}/pause", WHY, 200)])
    assert key not in shown
    assert former not in shown
    assert not [name for name in one if "secret" in name and name != "former_secret_until"]


def test_a_pause_holds_events_back_and_only_the_platform_ends_it(
    admin: Caller, partner: Partner, monkeypatch: Any, settings: Any
) -> None:
    owner = staff_caller(partner)
    with serving(status(200)) as server:
        open_to(monkeypatch, settings, server)
        endpoint = EndpointFactory(partner=partner, url=server.url())
        paused = admin.post(f"{hooks(partner)}/{endpoint.pk}/pause", WHY, 200)["data"]
        assert (paused["state"], paused["reason"], paused["is_active"]) == ("paused", "held", False)
        assert outbox.is_listened_to(partner.pk, "points.awarded")
        delivery = waiting(endpoint, timezone.now())
        run_relay()
        assert server.asked == []
        for wish in (True, False):
            body = {"is_active": wish, "description": "mine"}
            assert owner.put(f"/en/partners/webhooks/{endpoint.pk}", body, 409)["code"] == "WEBHOOK_HELD"
        endpoint.refresh_from_db()
        assert (endpoint.state, endpoint.reason, endpoint.description) == ("paused", "held", "")
        owner.put(f"/en/partners/webhooks/{endpoint.pk}", {"description": "mine"})
        resumed = admin.post(f"{hooks(partner)}/{endpoint.pk}/resume", {"reason": "It is back"}, 200)["data"]
        assert (resumed["state"], resumed["reason"], resumed["is_active"]) == ("active", None, True)
        run_relay()
        assert len(server.told) == 1
    delivery.refresh_from_db()
    assert delivery.state == "delivered"
    held = AuditEvent.objects.get(action="webhook.held")
    assert (held.partner_id, held.reason, held.actor_kind) == (partner.pk, WHY["reason"], "admin")
    assert AuditEvent.objects.get(action="webhook.switched").reason == "It is back"


def test_a_pause_twice_is_one_and_what_is_off_is_not_paused(admin: Caller, partner: Partner) -> None:
    endpoint = EndpointFactory(partner=partner)
    path = f"{hooks(partner)}/{endpoint.pk}/pause"
    first = admin.post(path, WHY, 200)["data"]
    assert admin.post(path, WHY, 200)["data"] == first
    assert AuditEvent.objects.filter(action="webhook.held").count() == 1
    WebhookEndpoint.objects.update(state="disabled", reason="switched_off")
    assert admin.post(path, WHY, 409)["code"] == "WEBHOOK_NOT_ACTIVE"
    assert WebhookEndpoint.objects.get().state == "disabled"


def test_one_that_failed_for_long_can_be_held_and_resumed_without_its_past(admin: Caller, partner: Partner) -> None:
    endpoint = EndpointFactory(
        partner=partner, state="paused", reason="failing", failing_since=NOW, warned_at=NOW, is_slow=True
    )
    path = f"{hooks(partner)}/{endpoint.pk}"
    assert admin.post(f"{path}/pause", WHY, 200)["data"]["reason"] == "held"
    assert admin.post(f"{path}/resume", WHY, 200)["data"]["failing_since"] is None
    endpoint.refresh_from_db()
    assert (endpoint.state, endpoint.warned_at) == ("active", None)


def test_deliveries_are_seen_narrowed_and_sent_again(
    admin: Caller, partner: Partner, monkeypatch: Any, settings: Any
) -> None:
    with serving(status(200)) as server:
        open_to(monkeypatch, settings, server)
        endpoint = EndpointFactory(partner=partner, url=server.url())
        first, second = waiting(endpoint), waiting(endpoint)
        run_relay()
        Delivery.objects.filter(pk=second.pk).update(state="failed", error="status", last_status=500, attempts=10)
        path = f"{hooks(partner)}/{endpoint.pk}/deliveries"
        assert [row["id"] for row in admin.get(path)["data"]] == [second.pk, first.pk]
        assert [row["id"] for row in admin.get(path, state="failed")["data"]] == [second.pk]
        assert list(admin.get(path, 422, state="lost")["errors"]) == ["state"]
        assert admin.get(path, 400, colour="red")["code"] == "UNKNOWN_PARAMETER"
        detail = admin.get(f"{path}/{second.pk}")["data"]
        assert (detail["payload"]["data"], detail["last_status"]) == ({"points": 5}, 500)
        again = admin.post(f"{path}/{second.pk}/replay", WHY, 200)["data"]
        assert (again["state"], again["replays"], again["attempts"]) == ("pending", 1, 0)
        run_relay()
    ids = [headers["webhook-id"] for headers, _body in server.told]
    assert ids.count(second.event.public_id) == 2
    assert AuditEvent.objects.get(action="webhook.replayed").reason == WHY["reason"]


def test_a_span_is_sent_again_with_a_reason(admin: Caller, partner: Partner) -> None:
    endpoint = EndpointFactory(partner=partner)
    delivery = waiting(endpoint)
    Delivery.objects.filter(pk=delivery.pk).update(state="failed", finished_at=NOW, error="status")
    body = {"from": "2026-11-01", "to": "2026-11-03", **WHY}
    answer = admin.post(f"{hooks(partner)}/{endpoint.pk}/replay", body, 200)["data"]
    assert answer == {"replayed": 1, "most": 10_000}
    noted = AuditEvent.objects.get(action="webhook.replayed")
    assert (noted.reason, noted.changes) == (WHY["reason"], {"deliveries": [None, 1]})


@pytest.mark.parametrize("call", ["pause", "resume", "replay", "deliveries/{delivery}/replay"])
@pytest.mark.parametrize("body", [{}, {"reason": " "}, {"reason": "x" * 501}, {"reason": "why", "secret": "mine"}])
def test_without_a_reason_nothing_is_changed(admin: Caller, partner: Partner, call: str, body: dict[str, Any]) -> None:
    endpoint = EndpointFactory(partner=partner)
    delivery = waiting(endpoint)
    span = {"from": "2026-11-01", "to": "2026-11-03"} if call == "replay" else {}
    path = f"{hooks(partner)}/{endpoint.pk}/{call.format(delivery=delivery.pk)}"
    errors = admin.post(path, {**span, **body}, 422)["errors"]
    assert list(errors) == ["secret" if "secret" in body else "reason"]
    endpoint.refresh_from_db()
    assert endpoint.state == "active"
    assert Delivery.objects.get().due_at == NOW
    assert not AuditEvent.objects.filter(action__startswith="webhook.").exists()


def test_an_endpoint_is_found_only_under_its_own_partner(admin: Caller, partner: Partner) -> None:
    endpoint = EndpointFactory()
    delivery, own = waiting(endpoint), EndpointFactory(partner=partner)
    path = f"{hooks(partner)}/{endpoint.pk}"
    for said in (
        admin.get(path, 404),
        admin.post(f"{path}/pause", WHY, 404),
        admin.post(f"{path}/resume", WHY, 404),
        admin.post(f"{path}/replay", {"from": "2026-11-01", "to": "2026-11-03", **WHY}, 404),
        admin.get(f"{path}/deliveries", 404),
        admin.get(f"{hooks(partner)}/{own.pk}/deliveries/{delivery.pk}", 404),
        admin.post(f"{hooks(partner)}/{own.pk}/deliveries/{delivery.pk}/replay", WHY, 404),
    ):
        assert said["code"] == "RESOURCE_NOT_FOUND"
    assert admin.get("/en/admin/partners/999999/webhooks", 404)["code"] == "PARTNER_NOT_FOUND"
    endpoint.refresh_from_db()
    assert endpoint.state == "active"


def test_staff_of_a_partner_are_refused_even_for_their_own(partner: Partner) -> None:
    endpoint = EndpointFactory(partner=partner)
    owner = staff_caller(partner)
    assert owner.get(hooks(partner), 403)["code"] == "INSUFFICIENT_PARTNER_PERMISSIONS"
    owner.post(f"{hooks(partner)}/{endpoint.pk}/pause", WHY, 403)
    endpoint.refresh_from_db()
    assert endpoint.state == "active"


@pytest.mark.parametrize("what", ["endpoints", "deliveries"])
def test_a_list_takes_as_many_queries_for_twenty_as_for_two(admin: Caller, partner: Partner, what: str) -> None:
    endpoint = EndpointFactory(partner=partner)
    path = hooks(partner) if what == "endpoints" else f"{hooks(partner)}/{endpoint.pk}/deliveries"

    def cost(count: int) -> int:
        if what == "endpoints":
            EndpointFactory.create_batch(count - WebhookEndpoint.objects.count(), partner=partner)
        else:
            for _ in range(count - Delivery.objects.count()):
                waiting(endpoint)
        outbox.remember_listeners(frozenset(), seconds=60)
        with CaptureQueriesContext(connection) as captured:
            assert len(admin.get(path)["data"]) == count
        return len(captured)

    assert cost(2) == cost(20)


def test_a_resumed_endpoint_is_not_sent_what_is_another_partners(admin: Caller, partner: Partner) -> None:
    """The span of one partner never touches the events of another."""
    endpoint = EndpointFactory(partner=partner)
    happen(PartnerFactory())
    body = {"from": "2026-11-01", "to": "2026-11-03", **WHY}
    assert admin.post(f"{hooks(partner)}/{endpoint.pk}/replay", body, 200)["data"]["replayed"] == 0
    assert Delivery.objects.count() == 0
