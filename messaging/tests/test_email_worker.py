"""With the real parts: a worker, a broker and a mail server; killed in the middle, wiped, and refused."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as live
from django.db import connections
from django.utils import timezone

from loyalty.tests.workers import Broker, kill, until
from messaging.models import EmailMessage
from messaging.services.emails import LEASE, queue_email
from messaging.tests.mail_servers import MailServer, mail_server

pytestmark = pytest.mark.django_db(transaction=True)
QUEUE = "messaging"
SEND, SWEEP = "messaging.send_email", "messaging.send_waiting_emails"


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    with mail_server(settings) as running:
        yield running


@pytest.fixture
def broker() -> Iterator[Broker]:
    yield Broker()
    connections.close_all()


def queue(number: int = 0) -> EmailMessage:
    words = {"subject": f"Sutartis {number}", "message": "Sveiki"}
    to = f"ona{number}@kavosnamai.test"
    return queue_email(partner=None, to=to, template="custom", values=words, language="lt", at=timezone.now())


def mail_url() -> str:
    return f"smtp://{live.EMAIL_HOST}:{live.EMAIL_PORT}"


def status(email: EmailMessage) -> str:
    email.refresh_from_db()
    return email.status


def end_of_lease(email: EmailMessage) -> None:
    """As if its lease had run out."""
    EmailMessage.objects.filter(pk=email.pk).update(due_at=timezone.now() - timedelta(seconds=1))


def test_a_worker_sends_what_is_queued_and_a_wiped_broker_loses_nothing(server: MailServer, broker: Broker) -> None:
    emails = [queue(number) for number in range(10)]
    for email in emails[:5]:
        broker.send(SEND, email_id=email.pk)
    broker.wipe()
    with broker.worker(QUEUE, EMAIL_URL=mail_url()):
        for _ in range(2):  # two schedulers
            broker.send(SWEEP)
        until(lambda: EmailMessage.objects.filter(status="sent").count() == len(emails))
    assert sorted(to for _sender, (to,) in server.envelopes) == sorted(email.to for email in emails)


def test_a_server_that_fails_twice_is_asked_a_third_time_by_the_worker(server: MailServer, broker: Broker) -> None:
    server.answers = ["451 greylisted", "452 no room"]
    email = queue()
    with broker.worker(QUEUE, EMAIL_URL=mail_url()):
        for tries in (1, 2):
            broker.send(SEND, email_id=email.pk)
            until(lambda tries=tries: server.tries == tries and status(email) == "queued")
            assert email.due_at > timezone.now(), "not before its pause is over"
            assert email.attempts == tries
            end_of_lease(email)
        broker.send(SWEEP)
        until(lambda: status(email) == "sent")
    assert [mail["Message-ID"] for mail in server.mails] == [email.message_id]


def test_a_worker_killed_before_the_server_had_the_mail_loses_nothing_and_it_arrives_once(
    server: MailServer, broker: Broker
) -> None:
    server.may_begin.clear()
    email = queue()
    with broker.worker(QUEUE, EMAIL_URL=mail_url()) as child:
        broker.send(SEND, email_id=email.pk)
        until(lambda: server.begun == 1)
        kill(child)
    server.may_begin.set()
    assert status(email) == "sending"
    assert email.due_at <= timezone.now() + LEASE
    broker.put_back()
    with broker.worker(QUEUE, EMAIL_URL=mail_url()):
        broker.send(SWEEP)  # its lease still runs: nobody touches it
        broker.send(SEND, email_id=email.pk)
        after = queue(1)
        broker.send(SEND, email_id=after.pk)
        until(lambda: status(after) == "sent")
        assert (status(email), email.attempts) == ("sending", 1)
        end_of_lease(email)
        broker.send(SWEEP)
        until(lambda: status(email) == "sent")
    assert sorted(mail["Message-ID"] for mail in server.mails) == sorted([email.message_id, after.message_id])


def test_a_worker_killed_while_the_server_says_yes_sends_again_under_the_same_message_id(
    server: MailServer, broker: Broker
) -> None:
    """SMTP has no idempotency key: a yes that nobody heard is asked for again, and mailboxes know a mail by its id."""
    server.takes_first = True
    server.may_answer.clear()
    email = queue()
    with broker.worker(QUEUE, EMAIL_URL=mail_url()) as child:
        broker.send(SEND, email_id=email.pk)
        until(lambda: server.tries == 1)
        kill(child)
    server.may_answer.set()
    assert (status(email), len(server.mails)) == ("sending", 1)
    end_of_lease(email)
    with broker.worker(QUEUE, EMAIL_URL=mail_url()):
        broker.send(SWEEP)
        until(lambda: status(email) == "sent")
    assert {mail["Message-ID"] for mail in server.mails} == {email.message_id}
    assert (len(server.mails), email.attempts) == (2, 2)


def states() -> list[tuple[str, int]]:
    return list(EmailMessage.objects.order_by("pk").values_list("status", "attempts"))


def ids_of(server: MailServer) -> list[str]:
    return sorted(str(mail["Message-ID"]) for mail in server.mails)


def test_a_task_comes_back_by_itself_when_the_mail_is_due_and_not_before(server: MailServer, broker: Broker) -> None:
    server.answers = ["451 try again later", "421 too busy"]
    email = queue()
    with broker.worker(QUEUE, application="messaging.tests.quick_mail", EMAIL_URL=mail_url()):
        broker.send(SEND, email_id=email.pk)
        # Nothing sweeps here. A task that came too early would find nothing to do, and would not come again.
        until(lambda: states() == [("sent", 3)])
    assert (server.tries, ids_of(server)) == (3, [email.message_id])
    email.refresh_from_db()
    assert email.sent_at is not None
    assert email.sent_at - email.queued_at >= timedelta(seconds=3)


def test_two_workers_and_every_task_three_times_send_each_mail_once(server: MailServer, broker: Broker) -> None:
    emails = [queue(number) for number in range(30)]
    for _ in range(3):
        for email in emails:
            broker.send(SEND, email_id=email.pk)
    two = {"concurrency": 2, "EMAIL_URL": mail_url()}
    with broker.worker(QUEUE, **two), broker.worker(QUEUE, **two):
        until(lambda: not broker.client.llen(QUEUE) and not broker.client.hlen("unacked"))
    assert states() == [("sent", 1)] * 30
    assert ids_of(server) == sorted(email.message_id for email in emails)


@pytest.mark.slow
def test_workers_killed_again_and_again_and_a_broker_wiped_lose_no_mail(server: MailServer, broker: Broker) -> None:
    emails = [queue(number) for number in range(60)]
    server.takes_first, server.pause = True, 0.05
    deaths = 0
    while any(state != "sent" for state, _ in states()):
        before = len(server.mails)
        with broker.worker(QUEUE, EMAIL_URL=mail_url()) as worker:
            broker.send(SWEEP)
            until(lambda before=before: len(server.mails) > before + 9 or {state for state, _ in states()} == {"sent"})
            if {state for state, _ in states()} != {"sent"}:
                kill(worker)
                deaths += 1
        broker.wipe()
        for left in EmailMessage.objects.filter(status="sending"):
            end_of_lease(left)
    assert deaths >= 3
    assert set(ids_of(server)) == {email.message_id for email in emails}
    # Who was killed talked about one mail: no more can have come twice than there were deaths.
    assert len(server.mails) - len(emails) <= deaths
