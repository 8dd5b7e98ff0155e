"""The Python example of docs/webhooks.md is run; what it says of headers and of figures is true."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings
from standardwebhooks.webhooks import WebhookVerificationError

from messaging.api.partner.webhook_urls import urlpatterns
from messaging.rules.webhook_signing import body_of, headers_of, new_secret

TEXT = (settings.BASE_DIR / "docs" / "webhooks.md").read_text(encoding="utf-8")


def test_the_python_example_reads_an_event_and_refuses_a_forged_one() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    names: dict[str, Any] = {}
    exec(example, names)
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
