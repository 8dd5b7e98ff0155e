"""What we send is verified in six languages, by the code of docs/webhooks.md as it stands there (promise F2)."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from loyalty.outbound.tests.servers import serving, status
from loyalty.services.sealing import seal
from messaging.rules.webhook_signing import headers_of, new_secret
from messaging.tests.endpoints import EndpointFactory, happen, open_to, run_relay
from messaging.tests.webhook_languages import WAYS, Call

pytestmark = pytest.mark.django_db
NEW, FORMER, STRANGER = new_secret(), new_secret(), new_secret()


def delivered(monkeypatch: Any, settings: Any, **endpoint: Any) -> tuple[dict[str, str], bytes]:
    """Headers and body of a delivery as a receiver on a socket got them."""
    with serving(status(200)) as server:
        open_to(monkeypatch, settings, server)
        row = EndpointFactory(url=server.url(), key=NEW, **endpoint)
        happen(row.partner, at=datetime.now(UTC), points=25, note='Ąžuolas & "Kavos\\namai" 🎁')
        run_relay()
    ((headers, body),) = server.told
    return dict(headers), body


def forged(headers: dict[str, str], body: bytes) -> Iterator[tuple[str, dict[str, str], bytes]]:
    """What somebody else might send who saw a delivery."""
    yield "another body", headers, body.replace(b":25", b":95")
    yield "a body with one blank more", headers, body + b" "
    yield "no body", headers, b""
    yield "another id", {**headers, "webhook-id": headers["webhook-id"][:-1] + "x"}, body
    later = str(int(headers["webhook-timestamp"]) + 1)
    yield "another time", {**headers, "webhook-timestamp": later}, body
    for words in ("", "soon", "1e9", "-1", "9" * 40, "$(touch owned)"):
        yield f"the time {words!r}", {**headers, "webhook-timestamp": words}, body
    for words in ("", "v1,", "v1", "*", "v1,*", "v1,AAAA", headers["webhook-signature"].replace("v1,", "v1a,")):
        yield f"the signature {words!r}", {**headers, "webhook-signature": words}, body


def signed(body: bytes, minutes: int) -> tuple[str, dict[str, str], bytes]:
    at = datetime.now(UTC) + timedelta(minutes=minutes)
    return f"signed {minutes} minutes from now", headers_of(event_id="evt_1", at=at, body=body, keys=[NEW]), body


@pytest.fixture
def calls(monkeypatch: Any, settings: Any) -> list[Call]:
    """Deliveries while a secret changes and afterwards, under every secret; and what only looks like one."""
    until = datetime.now(UTC) + timedelta(hours=1)
    while_changing = delivered(monkeypatch, settings, former_secret=seal(FORMER), former_until=until)
    over = {"former_secret": seal(FORMER), "former_until": datetime.now(UTC) - timedelta(seconds=1)}
    afterwards = delivered(monkeypatch, settings, **over)
    assert [headers["webhook-signature"].count("v1,") for headers, _body in (while_changing, afterwards)] == [2, 1]
    good = [
        Call("the new secret, while it changes", NEW, *while_changing, True),
        Call("the former secret, while it changes", FORMER, *while_changing, True),
        Call("the new secret, afterwards", NEW, *afterwards, True),
        Call("two minutes ago", NEW, *signed(afterwards[1], -2)[1:], True),
    ]
    late = [signed(afterwards[1], minutes) for minutes in (-6, 6)]
    bad = [
        Call("the former secret, afterwards", FORMER, *afterwards, False),
        Call("a stranger's secret", STRANGER, *while_changing, False),
        *(Call(name, NEW, headers, body, False) for name, headers, body in forged(*while_changing)),
        *(Call(name, NEW, headers, body, False) for name, headers, body in late),
    ]
    return good + bad


def judged(calls: Sequence[Call], believed: Sequence[bool]) -> dict[str, bool]:
    """The calls of which a language said the wrong thing."""
    assert len(believed) == len(calls)
    return {call.name: said for call, said in zip(calls, believed, strict=True) if said != call.is_ours}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_the_example_believes_what_is_ours_and_nothing_else(
    calls: list[Call], tmp_path: Path, way: Callable[[Path, Sequence[Call]], list[bool]]
) -> None:
    assert judged(calls, way(tmp_path, calls)) == {}
    assert not (tmp_path / "owned").exists()


def test_so_does_the_official_library_in_python(calls: list[Call]) -> None:
    def believes(call: Call) -> bool:
        try:
            return bool(Webhook(call.secret).verify(call.body, call.headers))
        except (WebhookVerificationError, ValueError):  # the second for what is no signature at all
            return False

    assert judged(calls, [believes(call) for call in calls]) == {}
