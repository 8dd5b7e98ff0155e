"""Tills at once: real threads on real connections. What must happen once happens once (promises A3, A5, A11, B3)."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from cards.models import IssuedCard
from customers.models import Customer
from ledger.models import PointsBalance, PointsEntry, PointsLot, Transaction
from ledger.services import sales
from ledger.services.adjustments import transfer_points
from ledger.services.expiry import expire_partner_points
from ledger.services.receipts import attach_receipt
from ledger.tests.factories import Answer, Till, assert_sound, balance_of, issued_card_of
from loyalty.errors import LoyaltyError
from loyalty.services.audit import SYSTEM
from partners.models import Plan

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS = 8


@pytest.fixture
def busy() -> Till:
    """A till whose plan allows hundreds of sales a minute."""
    plan = Plan.objects.create(code="busy", name="Busy", credential_per_minute=100_000, credential_per_hour=100_000)
    return Till(partner={"plan": plan})


def together(acts: list[Callable[[], Any]], workers: int = WORKERS) -> list[Any]:
    """The results of all acts, done by several threads that start at the same moment."""
    barrier = threading.Barrier(workers)

    def work(share: list[tuple[int, Callable[[], Any]]]) -> list[tuple[int, Any]]:
        try:
            barrier.wait(60)
            return [(number, act()) for number, act in share]
        finally:
            connections.close_all()

    numbered = list(enumerate(acts))
    with ThreadPoolExecutor(workers) as pool:
        found = [done for part in pool.map(work, [numbered[n::workers] for n in range(workers)]) for done in part]
    return [result for _number, result in sorted(found, key=lambda pair: pair[0])]


def deadlocks() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return cursor.fetchone()[0]


def test_a_hundred_redeems_of_ten_from_five_hundred_give_exactly_fifty(busy: Till) -> None:
    type(busy.card).objects.update(min_points_for_redemption=0, points_enabled=False)
    customer = busy.customer()
    for _ in range(10):
        busy.adjust(issued_card_of(customer), 50)
    acts = [lambda: busy.sale(user_id=customer.pk, order_total=1, points_redeemed=10) for _ in range(100)]
    answers = together(acts)
    outcomes = Counter((answer.status, answer.code) for answer in answers)
    assert outcomes == {(200, 200): 50, (400, "INSUFFICIENT_POINTS"): 50}
    assert balance_of(customer) == (0, 0)
    assert Transaction.objects.count() == 50
    # Every success was told another balance, down to nothing.
    assert sorted(answer.data["points_balance"] for answer in answers if answer.status == 200) == list(
        range(0, 500, 10)
    )
    assert_sound()


@pytest.mark.parametrize("who", ["known", "new", "nobody"])
def test_one_order_sent_by_eight_tills_at_once_is_one_sale(busy: Till, who: str) -> None:
    customer = busy.customer()
    names: dict[str, dict[str, Any]] = {
        "known": {"user_id": customer.pk},
        "new": {"user_email": "new@example.lt"},
        "nobody": {},
    }
    named = names[who]
    for order in range(3):
        body = {"order_id": f"ORDER {order}", "order_total": 10, **named}
        answers: list[Answer] = together([lambda body=body: busy.post(body)] * WORKERS)
        assert len({str(answer.ok()) for answer in answers}) == 1
        assert sum(answer.is_replay for answer in answers) == WORKERS - 1
    assert Transaction.objects.count() == 3
    assert_sound()


def test_one_key_for_eight_orders_at_once_sells_one(busy: Till) -> None:
    acts = [
        lambda n=n: busy.sale(f"ORDER {n}", order_total=10, headers={"Idempotency-Key": "k"}) for n in range(WORKERS)
    ]
    outcomes = Counter(answer.code for answer in together(acts))
    assert outcomes == {200: 1, "IDEMPOTENCY_KEY_REUSED": WORKERS - 1}
    assert Transaction.objects.count() == 1


def test_eight_tills_enrolling_one_address_at_once_make_one_customer_one_card_one_bonus(busy: Till) -> None:
    type(busy.card).objects.update(initial_bonus_points=50)
    for round_ in range(3):
        email = f"new{round_}@example.lt"
        answers = together([lambda email=email: busy.sale(user_email=email, order_total=10)] * WORKERS)
        assert {answer.ok()["user_id"] for answer in answers} == {Customer.objects.get(email=email).pk}
        customer = Customer.objects.get(email=email)
        assert IssuedCard.objects.filter(customer=customer).count() == 1
        assert balance_of(customer) == (50 + 10 * WORKERS, 0)
        assert PointsEntry.objects.filter(issued_card__customer=customer, kind="bonus").count() == 1
    assert_sound()


def test_fifty_purchases_each_refunded_twice_at_once_are_undone_once(busy: Till) -> None:
    customers = [busy.customer(100) for _ in range(5)]
    for number in range(50):
        busy.sale(f"O{number}", user_id=customers[number % 5].pk, order_total=10).ok()
    acts = [lambda number=number: busy.refund(f"O{number}") for number in range(50) for _ in range(2)]
    answers = together(acts)
    assert Counter(answer.is_replay for answer in answers if answer.ok()) == {False: 50, True: 50}
    assert Transaction.objects.filter(type="refund").count() == 50
    assert [balance_of(customer) for customer in customers] == [(100, 0)] * 5
    assert_sound()


def test_parts_refunded_at_once_never_exceed_the_sale(busy: Till) -> None:
    customer = busy.customer()
    busy.sale("A", user_id=customer.pk, order_total=100).ok()
    acts = [lambda n=n: busy.refund("A", order_total=30, refund_id=f"R{n}") for n in range(WORKERS)]
    outcomes = Counter(answer.code for answer in together(acts))
    assert outcomes == {200: 3, "REFUND_EXCEEDS_ORIGINAL": WORKERS - 3}
    assert balance_of(customer) == (10, 0)
    assert_sound()


def test_a_key_raced_by_two_refunds_of_two_orders_is_used_once(busy: Till) -> None:
    for number in range(WORKERS):
        busy.sale(f"O{number}", order_total=10).ok()
    acts = [lambda n=n: busy.refund(f"O{n}", headers={"Idempotency-Key": "k"}) for n in range(WORKERS)]
    outcomes = Counter(answer.code for answer in together(acts))
    assert outcomes == {200: 1, "IDEMPOTENCY_KEY_REUSED": WORKERS - 1}
    assert Transaction.objects.filter(type="refund").count() == 1


def test_transfers_there_and_back_never_deadlock(busy: Till) -> None:
    one, other = (issued_card_of(busy.customer(1000)) for _ in range(2))
    before = deadlocks()

    def move(source: IssuedCard, target: IssuedCard) -> None:
        transfer_points(
            actor=SYSTEM, partner=busy.partner, source=source, target=target, points=7, reason="x", at=timezone.now()
        )

    acts = [lambda pair=pair: move(*pair) for pair in [(one, other), (other, one)] * 20]
    together(acts)
    assert deadlocks() == before
    assert sorted(PointsBalance.objects.values_list("balance", flat=True)) == [1000, 1000]
    assert_sound()


def test_sales_refunds_transfers_and_the_nightly_run_go_on_together(busy: Till) -> None:
    type(busy.card).objects.update(points_expiration_days=30, min_points_for_redemption=0)
    customers = [busy.customer() for _ in range(3)]
    issued = [issued_card_of(customer) for customer in customers]
    for card in issued:
        for days in (29, 28, 5):
            busy.adjust(card, 200, at=timezone.now() - timedelta(days=days))
    for number in range(30):
        busy.sale(f"O{number}", user_id=customers[number % 3].pk, order_total=10).ok()
    # Half of what everybody holds is over from now on.
    lots = PointsLot.objects.filter(earned_at__lt=timezone.now() - timedelta(days=20))
    lots.update(expires_at=timezone.now() - timedelta(seconds=1))
    PointsBalance.objects.update(next_expiry_at=timezone.now() - timedelta(seconds=1))
    before = deadlocks()

    def moved(source: IssuedCard, target: IssuedCard) -> str:
        try:
            transfer_points(
                actor=SYSTEM,
                partner=busy.partner,
                source=source,
                target=target,
                points=5,
                reason="x",
                at=timezone.now(),
            )
        except LoyaltyError as error:
            return error.code
        return "moved"

    acts: list[Callable[[], Any]] = []
    for number in range(30):
        customer, card = customers[number % 3], issued[number % 3]
        acts += [
            lambda customer=customer: busy.sale(user_id=customer.pk, order_total=10, points_redeemed=10).status,
            lambda number=number: busy.refund(f"O{number}").status,
            lambda card=card, number=number: moved(card, issued[(number + 1) % 3]),
            lambda: expire_partner_points(partner=busy.partner, at=timezone.now()),
        ]
    outcomes = Counter(str(result) for result in together(acts))
    assert set(outcomes) <= {"200", "400", "moved", "INSUFFICIENT_POINTS", "0", "1", "2", "3"}
    expire_partner_points(partner=busy.partner, at=timezone.now())
    assert PointsEntry.objects.filter(kind="expire").count() == 6
    assert deadlocks() == before
    assert_sound()


def test_a_receipt_attached_while_it_is_refunded_is_one_or_the_other(busy: Till) -> None:
    customer = busy.customer()

    def attach(sale: Transaction) -> Any:
        try:
            attach_receipt(
                actor=SYSTEM, partner=busy.partner, transaction=sale, customer=customer, at=timezone.now(), reason="x"
            )
        except LoyaltyError as error:
            return error.code
        return "attached"

    for number in range(5):
        sale = Transaction.objects.get(pk=busy.sale(f"O{number}", order_total=10).ok()["transaction_id"])
        acts = [lambda sale=sale: attach(sale), lambda number=number: busy.refund(f"O{number}").code] * 2
        found = Counter(str(result) for result in together(acts, workers=4))
        assert set(found) <= {"attached", "RECEIPT_NOT_ATTACHABLE", "200", "IDEMPOTENCY_IN_FLIGHT"}
        assert found["attached"] <= 1
        busy.refund(f"O{number}").ok()
    assert balance_of(customer) == (0, 0)
    assert_sound()


# --- when the database goes away, or somebody holds the card


@contextmanager
def held(customer: Customer) -> Iterator[None]:
    """Somebody else has locked this customer's card."""
    ready, done = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("BEGIN")
                cursor.execute("SELECT 1 FROM ledger_pointsbalance WHERE customer_id = %s FOR UPDATE", [customer.pk])
                ready.set()
                done.wait(60)
                cursor.execute("ROLLBACK")
        finally:
            connections.close_all()

    thread = threading.Thread(target=hold)
    thread.start()
    ready.wait(60)
    try:
        yield
    finally:
        done.set()
        thread.join()


def test_a_sale_waits_for_the_card_and_gives_up_with_409_and_retry_after(busy: Till) -> None:
    customer = busy.customer()
    body = {"order_id": "A", "user_id": customer.pk, "order_total": 10}
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '200ms'")
    try:
        with held(customer):
            answer = busy.post(body).refused(409, "IDEMPOTENCY_IN_FLIGHT")
            assert answer.headers["Retry-After"] == "1"
            answer = busy.sale("B", user_id=customer.pk, order_total=10, points=1)
            answer.refused(409, "IDEMPOTENCY_IN_FLIGHT")
            assert not Transaction.objects.exists()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")
    assert (busy.post(body).ok()["points_balance"], Transaction.objects.count()) == (10, 1)


def backends(fragment: str) -> list[int]:
    """Processes of the database that run a statement like this, other than ours."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
               AND state = 'active' AND wait_event_type = 'Lock' AND query LIKE %s""",
            [f"%{fragment}%"],
        )
        return [pid for (pid,) in cursor.fetchall()]


@pytest.mark.parametrize("who", ["known", "new"])
def test_a_connection_that_dies_within_a_sale_leaves_nothing_and_the_retry_gives_one_effect(
    busy: Till, who: str
) -> None:
    """The sale is killed while it waits for the card: after its claim, before its commit."""
    customer = busy.customer()
    named = {"user_id": customer.pk} if who == "known" else {"user_email": "new@example.lt"}
    body = {"order_id": "A", "order_total": 10, **named}
    answers: list[Answer] = []

    def sell() -> None:
        try:
            answers.append(busy.post(body))
        finally:
            connections.close_all()

    blocker = held(customer) if who == "known" else held_address("new@example.lt", busy)
    with blocker:
        thread = threading.Thread(target=sell)
        thread.start()
        for _ in range(200):
            if pids := backends(""):
                break
            time.sleep(0.01)
        with connection.cursor() as cursor:
            for pid in pids:
                cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
        thread.join(10)
    assert answers[0].status == 503, answers
    assert answers[0].headers["Retry-After"]
    assert not Transaction.objects.exists()
    first = busy.post(body)
    assert (first.ok()["points_balance"], first.is_replay) == (10, False)
    assert busy.post(body).is_replay
    assert Transaction.objects.count() == 1
    assert_sound()


@contextmanager
def held_address(email: str, till: Till) -> Iterator[None]:
    """Somebody else is just about to enrol this address, and then does not."""
    ready, done = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("BEGIN")
                Customer.objects.create(partner=till.partner, email=email, joined_at=timezone.now())
                ready.set()
                done.wait(60)
                cursor.execute("ROLLBACK")
        finally:
            connections.close_all()

    thread = threading.Thread(target=hold)
    thread.start()
    ready.wait(60)
    try:
        yield
    finally:
        done.set()
        thread.join()


def test_an_answer_that_was_lost_is_found_again(busy: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process dies between commit and answer: the till's retry gets the first result."""
    customer = busy.customer()
    body = {"order_id": "A", "user_id": customer.pk, "order_total": 10}
    record = sales.record_sale

    def dies(**arguments: Any) -> Any:
        record(**arguments)
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr("ledger.api.shop.sales.record_sale", dies)
        busy.post(body).refused(500, "INTERNAL_ERROR")
    answer = busy.post(body)
    assert (answer.ok()["points_balance"], answer.is_replay) == (10, True)
    assert_sound()
