import hashlib
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError, connection

from loyalty.errors import (
    IdempotencyInFlight,
    IdempotencyKeyReused,
    InsufficientPermissions,
    InvalidIdempotencyKey,
)
from loyalty.models import IdempotencyRecord, LoginSession, User
from loyalty.rules.idempotency import parse_key
from loyalty.services import idempotency
from loyalty.services.idempotency import Stored, remember
from loyalty.services.retention import forget_expired
from loyalty.tasks import forget_expired as forget_expired_task

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
ANSWER = Stored(201, '{"success":true,"data":{"name":"Ąžuolas","total":10.50}}', "/en/partners/cards/7")


def effects() -> int:
    return User.objects.count()


def effect(answer: Stored = ANSWER) -> Callable[[], Stored]:
    def run() -> Stored:
        User.objects.create(email=f"effect-{time.monotonic_ns()}@example.lt")
        return answer

    return run


def call(  # noqa: PLR0917
    run: Callable[[], Stored],
    key: str = "key-1",
    scope: str = "credential:1",
    method: str = "POST",
    path: str = "/en/partners/cards",
    body: bytes = b"{}",
    at: datetime = AT,
) -> tuple[Stored, bool]:
    digest = hashlib.sha256(body).digest()
    return remember(scope=scope, key=key, method=method, path=path, fingerprint=digest, at=at, run=run)


@pytest.mark.django_db
def test_a_repeat_gets_the_same_answer_and_has_no_effect() -> None:
    assert call(effect()) == (ANSWER, False)
    assert call(effect(Stored(200, "{}"))) == (ANSWER, True)
    assert call(effect(), key='"key-1"') == (ANSWER, True)
    assert effects() == 1
    record = IdempotencyRecord.objects.get()
    assert (record.created_at, record.expires_at) == (AT, AT + timedelta(hours=72))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "other", [{"method": "PUT"}, {"path": "/en/partners/customers"}, {"body": b'{"title":"Kava"}'}]
)
def test_a_key_of_another_request_is_refused(other: dict) -> None:
    call(effect())

    with pytest.raises(IdempotencyKeyReused) as refusal:
        call(effect(), **other)
    assert (refusal.value.status, effects()) == (422, 1)
    assert call(effect()) == (ANSWER, True)


@pytest.mark.django_db
def test_keys_of_different_callers_have_nothing_to_do_with_each_other() -> None:
    assert not call(effect(), scope="credential:1")[1]
    assert not call(effect(), scope="credential:2")[1]
    assert effects() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 429, 500, 503])
def test_a_refusal_that_is_answered_is_not_kept_and_leaves_nothing(status: int) -> None:
    refusal = Stored(status, '{"success":false}')

    assert call(effect(refusal)) == (refusal, False)
    assert (effects(), IdempotencyRecord.objects.count()) == (0, 0)
    assert call(effect()) == (ANSWER, False)


@pytest.mark.django_db
def test_a_refusal_that_is_raised_is_not_kept_and_leaves_nothing() -> None:
    def run() -> Stored:
        effect()()
        raise InsufficientPermissions

    with pytest.raises(InsufficientPermissions):
        call(run)
    assert (effects(), IdempotencyRecord.objects.count()) == (0, 0)
    assert call(effect()) == (ANSWER, False)


@pytest.mark.django_db
def test_after_72_hours_a_key_is_new_even_before_it_is_swept() -> None:
    call(effect())

    assert call(effect(), at=AT + timedelta(hours=71, minutes=59)) == (ANSWER, True)
    assert call(effect(), at=AT + timedelta(hours=72)) == (ANSWER, False)
    assert (effects(), IdempotencyRecord.objects.count()) == (2, 1)


@pytest.mark.django_db(transaction=True)
def test_a_connection_lost_before_the_commit_leaves_nothing_and_the_retry_works() -> None:
    def run() -> Stored:
        answer = effect()()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return answer

    with pytest.raises(OperationalError):
        call(run)
    connection.close()
    assert (effects(), IdempotencyRecord.objects.count()) == (0, 0)
    assert call(effect()) == (ANSWER, False)


class Duplicates:
    """The same request from several threads, each with a connection of its own."""

    def __init__(self) -> None:
        # In the order in which they were started.
        self.outcomes: list[tuple[Stored, bool] | Exception | None] = []
        self.first_is_inside = threading.Event()
        self.first_may_end = threading.Event()

    def held(self) -> Stored:
        answer = effect()()
        self.first_is_inside.set()
        assert self.first_may_end.wait(60)
        return answer

    def start(self, run: Callable[[], Stored]) -> threading.Thread:
        self.outcomes.append(None)
        thread = threading.Thread(target=self._work, args=(run, len(self.outcomes) - 1))
        thread.start()
        return thread

    def _work(self, run: Callable[[], Stored], turn: int) -> None:
        try:
            self.outcomes[turn] = call(run)
        except Exception as error:  # noqa: BLE001 - the test looks at it
            self.outcomes[turn] = error
        finally:
            connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_duplicate_in_flight_waits_and_gets_the_first_answer() -> None:
    race = Duplicates()
    first = race.start(race.held)
    assert race.first_is_inside.wait(60)
    second = race.start(effect())
    time.sleep(0.2)
    assert race.outcomes == [None, None]

    race.first_may_end.set()
    first.join()
    second.join()

    assert race.outcomes == [(ANSWER, False), (ANSWER, True)]
    assert effects() == 1


@pytest.mark.django_db(transaction=True)
def test_a_duplicate_takes_over_when_the_first_request_fails() -> None:
    race = Duplicates()

    def failing() -> Stored:
        race.held()
        raise RuntimeError("crashed after its effect")

    first = race.start(failing)
    assert race.first_is_inside.wait(60)
    second = race.start(effect())
    time.sleep(0.1)
    race.first_may_end.set()
    first.join()
    second.join()

    assert isinstance(race.outcomes[0], RuntimeError)
    assert race.outcomes[1] == (ANSWER, False)
    assert effects() == 1


@pytest.mark.django_db(transaction=True)
def test_a_duplicate_whose_patience_runs_out_is_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "PATIENCE_MS", 100)
    race = Duplicates()
    first = race.start(race.held)
    assert race.first_is_inside.wait(60)

    started = time.perf_counter()
    with pytest.raises(IdempotencyInFlight) as refusal:
        call(effect())
    assert 0.1 <= time.perf_counter() - started < 5
    assert (refusal.value.status, refusal.value.retry_after) == (409, 1)

    race.first_may_end.set()
    first.join()
    assert call(effect()) == (ANSWER, True)
    assert effects() == 1


@pytest.mark.django_db(transaction=True)
def test_eight_requests_at_once_have_one_effect() -> None:
    race = Duplicates()
    threads = [race.start(effect()) for _ in range(8)]
    for thread in threads:
        thread.join()

    assert sorted(replayed for _answer, replayed in race.outcomes) == [False] + [True] * 7  # type: ignore[misc]
    assert effects() == 1


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
        ('"8e03978e-40d5"', "8e03978e-40d5"),
        (r'"a\"b\\c"', r"a\"b\c".replace(r"\"", '"')),
        ('a"b', 'a"b'),
        (" padded ", "padded"),
        ("x" * 255, "x" * 255),
        (f'"{"x" * 255}"', "x" * 255),
    ],
)
def test_a_key_may_be_quoted_or_bare(header: str, key: str) -> None:
    assert parse_key(header) == key


@pytest.mark.parametrize(
    "header",
    ["", " ", '""', '"', '"open', '"a"b"', r'"a\x"', "x" * 256, "two words", "tab\tin", "\x00", "a\x7f", "ąžuolas"],
)
def test_any_other_key_is_refused(header: str) -> None:
    with pytest.raises(InvalidIdempotencyKey) as refusal:
        parse_key(header)
    assert refusal.value.status == 400


@pytest.mark.django_db
def test_what_has_expired_is_forgotten_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loyalty.services.retention.BATCH", 2)
    for number in range(5):
        call(effect(), key=f"old-{number}")
    call(effect(), key="young", at=AT + timedelta(hours=1))
    user = User.objects.all()[0]
    for days in (0, 5):
        LoginSession.objects.create(
            user=user,
            realm="admin",
            token_version=1,
            current=b"x" * 32,
            rotated_at=AT,
            created_at=AT,
            expires_at=AT + timedelta(days=days),
        )

    assert forget_expired(at=AT + timedelta(hours=72)) == 6
    assert list(IdempotencyRecord.objects.values_list("key", flat=True)) == ["young"]
    assert LoginSession.objects.count() == 1
    assert forget_expired_task.name == "loyalty.forget_expired"
