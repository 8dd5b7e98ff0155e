"""The outbox: a row beside its cause, only where somebody listens."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from django.db import transaction

from loyalty import events
from loyalty.models import OutboxEvent
from loyalty.services import outbox

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class LampLit:
    partner_id: int
    lamp_id: int
    is_bright: bool
    at: datetime


@pytest.fixture
def _lamps(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(outbox, "_kinds", dict(outbox._kinds))
    outbox.offer_event(
        LampLit,
        "lamp.lit",
        text="A lamp was lit.",
        data=lambda event: {"lamp_id": event.lamp_id},
        when=lambda event: event.is_bright,
        example={"lamp_id": 1},
    )
    yield
    del events._subscribers[LampLit]


def _listen(*wanted: tuple[int, str]) -> None:
    outbox.remember_listeners(frozenset(wanted), seconds=60)


def test_an_event_that_somebody_wants_is_written_with_its_cause() -> None:
    _listen((7, "points.awarded"))
    outbox.record_event(partner_id=7, kind="points.awarded", data={"points": 5}, at=NOW)
    row = OutboxEvent.objects.get()
    assert (row.partner_id, row.kind, row.data, row.occurred_at) == (7, "points.awarded", {"points": 5}, NOW)
    assert row.relayed_at is None
    assert row.public_id == f"evt_{row.uid.hex}"


def test_what_nobody_wants_is_not_written_and_costs_no_query(django_assert_num_queries) -> None:
    _listen((7, "points.awarded"), (8, "points.redeemed"))
    with django_assert_num_queries(0):
        outbox.record_event(partner_id=7, kind="points.redeemed", data={}, at=NOW)
        outbox.record_event(partner_id=8, kind="points.awarded", data={}, at=NOW)
    assert not OutboxEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_cause_that_is_rolled_back_leaves_no_event() -> None:
    _listen((7, "points.awarded"))
    with transaction.atomic():
        outbox.record_event(partner_id=7, kind="points.awarded", data={}, at=NOW)
        assert OutboxEvent.objects.exists()
        transaction.set_rollback(True)
    assert not OutboxEvent.objects.exists()


@pytest.mark.usefixtures("_lamps")
def test_a_published_fact_is_told_under_its_name_if_it_is_meant() -> None:
    _listen((7, "lamp.lit"))
    events.publish(LampLit(7, 1, True, NOW))
    events.publish(LampLit(7, 2, False, NOW))
    events.publish(LampLit(8, 3, True, NOW))
    assert list(OutboxEvent.objects.values_list("kind", "data")) == [("lamp.lit", {"lamp_id": 1})]
    assert "lamp.lit" in {kind.name for kind in outbox.list_event_kinds()}


@pytest.mark.usefixtures("_lamps")
def test_only_partners_who_listen_are_waited_for() -> None:
    _listen((7, "lamp.lit"))
    assert events.is_heard(LampLit, partner_id=7)
    assert not events.is_heard(LampLit, partner_id=8)


def test_data_that_are_not_thin_are_refused() -> None:
    _listen((7, "points.awarded"))
    with pytest.raises(ValueError, match="not thin"):
        outbox.record_event(partner_id=7, kind="points.awarded", data={"text": "x" * 16_001}, at=NOW)


def test_who_listens_is_asked_anew_after_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([frozenset({(7, "a")}), frozenset({(7, "b")})])
    clock = iter([100.0, 100.9, 101.1])
    monkeypatch.setattr(outbox, "_readers", [lambda: next(answers)])
    monkeypatch.setattr(outbox, "_memory", (frozenset(), 0.0))
    monkeypatch.setattr(outbox.time, "monotonic", lambda: next(clock))
    assert [outbox.is_listened_to(7, "a") for _ in range(3)] == [True, True, False]
