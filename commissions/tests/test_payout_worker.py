"""Payouts with the real parts: workers die by SIGKILL while money is asked for, brokers forget, and it moves once."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from subprocess import Popen
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.utils import timezone

from commissions.models import CommissionPeriod, Payout, PayoutSeries, Statement, StatementSeries
from commissions.services.payouts import issue_payout
from commissions.services.terms import set_terms
from commissions.tests.factories import RateFactory
from commissions.tests.months import Books
from commissions.tests.payables import payable, with_provider
from commissions.tests.payment_server import KEY, Hold, Provider, payment_server
from commissions.tests.test_races import wait_until_final
from loyalty.models import AuditEvent
from loyalty.services.audit import SYSTEM
from loyalty.tests.workers import Broker, kill, until

pytestmark = pytest.mark.django_db(transaction=True)
SEND, SWEEP = "commissions.send_payout", "commissions.send_waiting_payouts"
CLOSE, CLOSE_ONE = "commissions.close_months", "commissions.close_months_of_partner"
STRIPE = "commissions.providers.stripe.StripeProvider"


@pytest.fixture(autouse=True)
def _series(db: None) -> None:
    """Flushing takes the row that a migration made."""
    StatementSeries.objects.get_or_create(pk=1)


@pytest.fixture
def provider(settings: Any) -> Iterator[Provider]:
    with payment_server() as server:
        settings.PAYMENTS = {**settings.PAYMENTS, "PROVIDER": STRIPE, "API_URL": server.url, "API_KEY": KEY}
        yield server


@pytest.fixture
def broker() -> Iterator[Broker]:
    yield Broker()
    connections.close_all()


def working(broker: Broker, provider: Provider, concurrency: int = 1) -> "AbstractContextManager[Popen[bytes]]":
    """A worker that asks this provider."""
    place = {"PAYMENT_PROVIDER": STRIPE, "PAYMENT_API_URL": provider.url, "PAYMENT_API_KEY": KEY}
    return broker.worker("commissions", concurrency=concurrency, **place)


def ordered(amount: str = "-12.30") -> Payout:
    """Issued to the provider just now."""
    payout = payable(amount)
    with_provider(payout.partner)
    return issue_payout(actor=SYSTEM, payout=payout, method="provider", at=timezone.now())


def status(payout: Payout) -> str:
    payout.refresh_from_db()
    return payout.status


def end_of_lease() -> None:
    """As if the leases had run out."""
    Payout.objects.filter(next_at__isnull=False).update(next_at=timezone.now() - timedelta(seconds=1))


def is_waiting() -> bool:
    """Whether some process stands before a row that this test holds (the list of activities is not read anew here)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND locktype IN ('transactionid', 'tuple'))"
        )
        return bool(cursor.fetchone()[0])


def expect_paid_once(payout: Payout) -> None:
    """The money, the statement and the month, each once, and books that prove themselves."""
    assert status(payout) == "paid"
    assert (payout.next_at, payout.round) == (None, 1)
    asked = Statement.objects.get(pk=payout.statement_id)
    assert (asked.status, CommissionPeriod.objects.get(pk=asked.period_id).state) == ("settled", "settled")
    paid = AuditEvent.objects.filter(action="commission.payout_paid", target_id=str(payout.pk))
    assert paid.count() == 1


def test_a_worker_killed_before_its_order_arrived_and_the_order_comes_late_moves_money_once(
    provider: Provider, broker: Broker
) -> None:
    """The worst order of things: the dead worker's order reaches the provider after the one that followed it."""
    payout = ordered()
    hold = Hold(is_made=False)
    provider.faults = [hold]
    with working(broker, provider) as child:
        broker.send(SEND, payout_id=payout.pk)
        assert hold.begun.wait(60)
        kill(child)
    assert (status(payout), payout.attempts, payout.external_id, provider.made) == ("issued", 1, "", [])
    assert payout.next_at is not None, "its lease still runs"
    assert broker.put_back() == 1
    after = ordered()
    with working(broker, provider):
        broker.send(SWEEP)
        until(lambda: status(after) == "paid")
        assert (status(payout), payout.attempts) == ("issued", 1), "nobody touches it while the lease runs"
        end_of_lease()
        broker.send(SWEEP)
        until(lambda: status(payout) == "paid")
    hold.goes_on.set()
    until(lambda: provider.orders().count(payout.provider_key) == 2)
    assert [row["metadata"]["loyalty_key"] for row in provider.made].count(payout.provider_key) == 1
    assert payout.attempts == 2
    expect_paid_once(payout)


def test_a_worker_killed_while_the_provider_says_yes_finds_the_payment_and_asks_for_no_other(
    provider: Provider, broker: Broker
) -> None:
    payout = ordered()
    hold = Hold(is_made=True)
    provider.faults = [hold]
    with working(broker, provider) as child:
        broker.send(SEND, payout_id=payout.pk)
        assert hold.begun.wait(60)
        kill(child)
    hold.goes_on.set()
    assert (status(payout), payout.external_id, len(provider.made)) == ("issued", "", 1)
    provider.answered.clear()  # so long afterwards that the key is forgotten
    end_of_lease()
    with working(broker, provider):
        broker.send(SWEEP)
        until(lambda: status(payout) == "paid")
    assert (provider.orders(), len(provider.made)) == ([payout.provider_key], 1)
    expect_paid_once(payout)


def is_at_rest(payout: Payout) -> bool:
    """Whether an attempt is over: it writes down when to look again last of all."""
    before = payout.next_at
    time.sleep(1)
    payout.refresh_from_db()
    return payout.next_at == before


def test_a_worker_killed_before_it_has_written_the_answer_down_looks_the_payment_up_by_its_name(
    provider: Provider, broker: Broker
) -> None:
    payout = ordered("15.64")
    with working(broker, provider) as child:
        broker.send(SEND, payout_id=payout.pk)
        until(lambda: status(payout) == "issued" and payout.external_id)
        until(lambda: is_at_rest(payout))
        end_of_lease()
        with transaction.atomic():
            CommissionPeriod.objects.select_for_update().get(pk=payout.statement.period_id)
            broker.send(SWEEP)
            until(is_waiting)
            kill(child)
    assert (status(payout), payout.attempts) == ("issued", 2)
    assert not AuditEvent.objects.filter(action="commission.payout_paid").exists()
    end_of_lease()
    with working(broker, provider):
        broker.send(SWEEP)
        until(lambda: status(payout) == "paid")
    assert (provider.orders(), len(provider.made)) == ([payout.provider_key], 1)
    expect_paid_once(payout)


def test_two_schedulers_and_two_workers_after_a_wiped_broker_ask_for_each_payout_once(
    provider: Provider, broker: Broker
) -> None:
    payouts = [ordered() for _number in range(12)]
    for payout in payouts:
        broker.send(SEND, payout_id=payout.pk)
    broker.wipe()
    with working(broker, provider, 2), working(broker, provider, 2):
        for _ in range(2):
            broker.send(SWEEP)
        until(lambda: Payout.objects.filter(status="paid").count() == len(payouts))
        for payout in payouts:  # a task that comes twice
            broker.send(SEND, payout_id=payout.pk)
        after = ordered()
        broker.send(SEND, payout_id=after.pk)
        until(lambda: status(after) == "paid")
    for payout in payouts:
        expect_paid_once(payout)
    keys = [payout.provider_key for payout in (*payouts, after)]
    assert sorted(provider.orders()) == sorted(keys)
    assert len(provider.made) == len(set(keys)) == 13


def closing_partner() -> Books:
    """A partner whose last month is due to be closed, by the machine's own clock."""
    books = Books()
    here = timezone.now().astimezone(ZoneInfo(books.partner.time_zone))
    then = here.replace(day=1, hour=12) - timedelta(days=12)
    RateFactory(partner=books.partner, percent=Decimal(4))
    said = {"close_policy": "automatic", "close_after_days": 0}
    since = then - timedelta(days=3)
    set_terms(actor=SYSTEM, partner=books.partner, said=said, valid_from=f"{then:%Y-%m}", at=since)
    books.sell("N", "100.00", f"{then.astimezone(ZoneInfo('UTC')):%Y-%m-%dT%H:%M}")
    return books


def made_of(books: Books) -> list[tuple[str, str, str, str]]:
    """Number, direction, amount and status of what the partner's statements ask for."""
    rows = Payout.objects.filter(partner=books.partner).order_by("pk")
    return [(row.number, row.direction, f"{row.amount:.2f}", row.status) for row in rows]


def test_a_worker_killed_while_it_makes_a_payout_leaves_none_and_the_next_makes_one(
    provider: Provider, broker: Broker
) -> None:
    books = closing_partner()
    wait_until_final()
    PayoutSeries.objects.create(direction="invoice")
    broker.send(CLOSE_ONE, partner_id=books.partner.pk)
    with working(broker, provider) as child, transaction.atomic():
        PayoutSeries.objects.select_for_update().get(direction="invoice")
        until(is_waiting)
        kill(child)
    until(lambda: not is_waiting())
    draft = Statement.objects.get(partner=books.partner)
    assert (draft.status, draft.number, made_of(books)) == ("draft", None, [])
    assert (StatementSeries.objects.get().last, PayoutSeries.objects.get().last) == (0, 0)
    assert not AuditEvent.objects.filter(action="commission.payout_created").exists()
    assert broker.put_back() == 1
    with working(broker, provider):
        until(lambda: made_of(books))
    assert made_of(books) == [("IN-000001", "invoice", "4.00", "draft")]
    call_command("verify_commissions", stdout=StringIO())


def test_two_schedulers_make_one_payout_of_each_month_even_when_the_broker_forgets(
    provider: Provider, broker: Broker
) -> None:
    every = [closing_partner() for _number in range(4)]
    wait_until_final()
    broker.send(CLOSE)
    broker.wipe()
    with working(broker, provider, 2), working(broker, provider, 2):
        for _ in range(2):
            broker.send(CLOSE)
        until(lambda: Payout.objects.count() == len(every))
        broker.send(CLOSE)
        last = closing_partner()
        wait_until_final()
        broker.send(CLOSE)
        until(lambda: made_of(last))
    assert [[row[1:] for row in made_of(books)] for books in every] == [[("invoice", "4.00", "draft")]] * 4
    numbers = sorted(Payout.objects.values_list("number", flat=True))
    assert numbers == [f"IN-{number:06d}" for number in range(1, 6)]
    given = Statement.objects.exclude(number=None).order_by("number")
    assert list(given.values_list("number", flat=True)) == [1, 2, 3, 4, 5]
    call_command("verify_commissions", stdout=StringIO())
