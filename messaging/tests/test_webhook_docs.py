"""The Python example of docs/webhooks.md is run; what it says of headers and of figures is true."""

import re
import threading
from datetime import UTC, datetime
from typing import Any

import pytest
import urllib3
from django.conf import settings
from standardwebhooks.webhooks import WebhookVerificationError

from loyalty.services.audit import SYSTEM
from messaging.api.partner.webhook_urls import urlpatterns
from messaging.rules.webhook_signing import body_of, headers_of, new_secret
from messaging.services.replays import replay_delivery
from messaging.tests.endpoints import EndpointFactory, run_relay, waiting

TEXT = (settings.BASE_DIR / "docs" / "webhooks.md").read_text(encoding="utf-8")


def _run(number: int) -> dict[str, Any]:
    """What the Python example of this number defines."""
    example = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)[number]
    names: dict[str, Any] = {"__name__": "example"}
    exec(example, names)
    return names


def test_the_python_example_reads_an_event_and_refuses_a_forged_one() -> None:
    names = _run(0)
    key, now = new_secret(), datetime.now(UTC)
    body = body_of(event_id="evt_1", kind="ping", occurred_at=now, data={})
    headers = headers_of(event_id="evt_1", at=now, body=body, keys=[key])
    assert names["read_event"](key, headers, body)["type"] == "ping"
    with pytest.raises(WebhookVerificationError):
        names["read_event"](key, headers, body + b" ")
    for name in headers:
        assert name in TEXT or name == "Content-Type", name


def test_the_paths_that_it_names_exist() -> None:
    paths = {str(route.pattern) for route in urlpatterns}
    for end in ("rotate-secret", "test", "replay", "deliveries", "deliveries/<int:delivery_id>/replay"):
        assert f"partners/webhooks/<int:pk>/{end}" in paths


@pytest.mark.django_db
def test_the_receiver_takes_each_event_once_and_refuses_strangers(monkeypatch: Any, settings: Any) -> None:
    """Run as it stands there: the real relay posts to it, twice the same event, then one under another secret."""
    key = new_secret()
    server = _run(1)["receiver"](key)
    server.RequestHandlerClass.log_message = lambda *_words: None
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    settings.DEBUG = settings.WEBHOOK_ALLOWS_HTTP = True
    monkeypatch.setenv("OUTBOUND_LOOPBACK_PORTS", str(server.server_port))
    url = f"http://127.0.0.1:{server.server_port}/hooks"
    try:
        delivery = waiting(EndpointFactory(url=url, key=key))
        stranger = waiting(EndpointFactory(url=url))
        run_relay()
        at = datetime.now(UTC)
        again = {"endpoint_id": delivery.endpoint_id, "delivery_id": delivery.pk, "at": at}
        replay_delivery(actor=SYSTEM, partner=delivery.partner, **again)
        run_relay()
        # What is no signature at all is a stranger's, too: the library says so by another error.
        broken = {"webhook-id": "evt_1", "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": "*"}
        refused = urllib3.request("POST", url, body=b"{}", headers=broken, retries=False).status
    finally:
        server.shutdown()
        server.server_close()
    rows = server.inbox.execute("SELECT id, type FROM inbox").fetchall()
    assert rows == [(delivery.event.public_id, "points.awarded")]
    assert refused == 401
    for row in (delivery, stranger):
        row.refresh_from_db()
    assert (delivery.state, delivery.replays, delivery.last_status) == ("delivered", 1, 200)
    assert (stranger.state, stranger.last_status) == ("pending", 401)
