"""Random histories of yes, no, mails and SMS, with a model that knows who agrees at every moment (promise H4)."""

import itertools
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from smtplib import SMTPDataError, SMTPServerDisconnected
from typing import Any, ClassVar
from unittest.mock import patch

from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.test import Client
from hypothesis import strategies as st

from loyalty.contributions import Subject
from loyalty.errors import TemporarilyUnavailable, ValidationFailed
from loyalty.services.audit import SYSTEM
from messaging.choices import EmailStatus, SmsPurpose, SmsStatus
from messaging.errors import EmailConsentMissing, EmailNotFailed
from messaging.gateways.base import Notice, Outgoing
from messaging.models import EmailMessage, SmsAccount, SmsMessage
from messaging.selectors.emails import list_waiting_emails_across_partners
from messaging.services.consents import NO_PROOF, record_consents
from messaging.services.email_resending import resend_email
from messaging.services.emails import LEASE, deliver_email, queue_email
from messaging.services.erasure import erase
from messaging.services.partner_sms import Order, send_for_partner, set_consent
from messaging.services.sms_delivery import deliver_sms
from messaging.services.sms_notices import note_line
from messaging.services.unsubscribing import unsubscribe_url
from messaging.tests.sms_factories import SmsAccountFactory
from partners.models import Partner

BEGIN = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
_numbers = itertools.count()
# One for all: a new one reads every static file at its first call.
BROWSER = Client()
# Whether a value is a partner, a reader, a mail or a number of seconds, a step says by its arguments. Mostly the same
# partner and reader, or hardly anything would ever come of what is said.
WHO, WHOM, PICK, FLAG, HOURS = (0,) * 6 + (1,), (0,) * 6 + (1,), range(4), (False, True), (0, 0, 0, 1)
SECONDS, FAULTS = (0, 5, 15, 60, 400, 3600, 7200), ("451", "554", "away")
Plan = dict[str, tuple[int, tuple[Sequence[Any], ...]]]
# How often each step comes, and what its arguments are taken from.
EMAIL_PLAN: Plan = {
    "agree": (8, (WHO, WHOM)),
    "queue_news": (8, (WHO, WHOM, FLAG)),
    "deliver": (10, (PICK,)),
    "refuse": (2, (WHO, WHOM)),
    "click": (2, (WHO, WHOM, FLAG)),
    "agree_to_something_else": (1, (WHO, WHOM)),
    "queue_service": (1, (WHO, WHOM)),
    "die": (1, (PICK,)),
    "resend": (2, (PICK,)),
    "sweep": (2, (SECONDS,)),
    "break_server": (1, (FAULTS,)),
    "erase": (1, (WHOM,)),
}
SMS_PLAN: Plan = {
    "agree": (8, (WHO, WHOM)),
    "order": (8, (WHO, WHOM, HOURS)),
    "deliver": (10, (PICK,)),
    "refuse": (2, (WHO, WHOM)),
    "stop": (2, (WHO, WHOM)),
    "agree_to_something_else": (1, (WHO, WHOM)),
    "order_with_a_yes": (1, (WHO, WHOM, HOURS)),
    "wait": (2, (SECONDS,)),
    "erase": (1, (WHOM,)),
}


def histories(plan: Plan) -> Any:
    """Some are laid by Hypothesis, which looks for odd ones and shortens what fails; others drawn evenly by a seed."""
    names = [name for name, (often, _) in plan.items() for _ in range(often)]

    def with_arguments(name: str) -> Any:
        return st.tuples(st.just(name), *map(st.sampled_from, plan[name][1]))

    def drawn(seed: int) -> list[tuple[Any, ...]]:
        chance = random.Random(seed)
        return [(name, *map(chance.choice, plan[name][1])) for name in chance.choices(names, k=chance.randint(12, 30))]

    laid = st.lists(st.sampled_from(names).flatmap(with_arguments), min_size=12, max_size=30)
    return st.one_of(laid, st.integers(0, 2**63).map(drawn))


def unless_refused(service: Callable[..., Any], **arguments: Any) -> Any:
    """What the service made; None where it refused for want of a yes, or of a mail that failed."""
    try:
        return service(**arguments)
    except (EmailConsentMissing, EmailNotFailed):
        return None
    except ValidationFailed as refusal:
        if set(refusal.errors) == {"marketing_consent"}:
            return None
        raise


class Post(BaseEmailBackend):
    """A mail server that fails as it is told, and tells whom it got a mail for at the moment it gets it."""

    taken: ClassVar[Callable[[EmailMultiAlternatives], None]]
    faults: ClassVar[list[str]] = []

    def open(self) -> bool:
        return True

    def send_messages(self, email_messages: Sequence[EmailMultiAlternatives]) -> int:  # type: ignore[override]
        if self.faults:
            fault = self.faults.pop()
            raise SMTPServerDisconnected if fault == "away" else SMTPDataError(int(fault), b"no")
        for one in email_messages:
            type(self).taken(one)
        return len(email_messages)


class Histories:
    """Two partners, two readers, and what each reader last said to each partner."""

    channel: ClassVar[str]

    def __init__(self, partners: Sequence[Partner]) -> None:
        self.partners = partners
        number = next(_numbers)
        self.addresses = [self.address(number, which) for which in (0, 1)]
        self.says: dict[tuple[int, str], bool] = {}
        self.at = BEGIN
        self.sent = 0
        self.held_back = 0

    def address(self, number: int, which: int) -> str:
        raise NotImplementedError

    def agrees(self, partner_id: int | None, address: str) -> bool:
        return partner_id is not None and self.says.get((partner_id, address), False)

    def run(self, steps: Sequence[tuple[Any, ...]]) -> None:
        for name, *arguments in steps:
            self.at += timedelta(seconds=1)
            getattr(self, name)(*arguments)

    def say(self, who: int, whom: int, answer: bool) -> None:
        self.says[self.partners[who].pk, self.addresses[whom]] = answer

    def agree_to_something_else(self, who: int, whom: int) -> None:
        """Another channel or purpose is no yes to this."""
        other = "sms" if self.channel == "email" else "email"
        given = {
            (other, "marketing", self.addresses[whom]): True,
            (self.channel, "service", self.addresses[whom]): True,
        }
        record_consents(partner=self.partners[who], given=given, source="till", at=self.at)

    def erase(self, whom: int) -> None:
        """The reader is forgotten by both partners: nothing was ever said."""
        address = self.addresses[whom]
        ids = [partner.pk for partner in self.partners]
        known = dict.fromkeys(ids, frozenset({address}))
        subject = Subject(None, dict.fromkeys(ids, ()), frozenset({address}), known)
        erase(subject, actor=SYSTEM, at=self.at)
        for pk in ids:
            self.says.pop((pk, address), None)


class EmailHistories(Histories):
    """By e-mail: asked by the partner's systems, ended by them, by a click or by erasure."""

    channel = "email"

    def __init__(self, partners: Sequence[Partner]) -> None:
        super().__init__(partners)
        self.mails: list[EmailMessage] = []
        Post.faults, Post.taken = [], self._taken

    def address(self, number: int, which: int) -> str:
        return f"reader{number}-{which}@klientai.test"

    def _taken(self, mail: EmailMultiAlternatives) -> None:
        found = EmailMessage.objects.get(message_id=mail.extra_headers["Message-ID"])
        [address] = mail.to
        if found.purpose == "marketing":
            assert self.agrees(found.partner_id, address), "marketing to somebody who does not agree"
            assert mail.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
            self.sent += 1
        else:
            assert "List-Unsubscribe" not in mail.extra_headers

    def agree(self, who: int, whom: int) -> None:
        self._record(who, whom, True)

    def refuse(self, who: int, whom: int) -> None:
        self._record(who, whom, False)

    def _record(self, who: int, whom: int, answer: bool) -> None:
        key = ("email", "marketing", self.addresses[whom])
        record_consents(partner=self.partners[who], given={key: answer}, source="partner_api", at=self.at)
        self.say(who, whom, answer)

    def click(self, who: int, whom: int, is_post: bool) -> None:
        """Looking at the page ends nothing; the click does."""
        url = unsubscribe_url(partner=self.partners[who], address=self.addresses[whom])
        path = "/" + url.split("/", 3)[3]
        with patch("messaging.pages.timezone") as clock:
            clock.now.return_value = self.at
            answer = BROWSER.post(path, {"List-Unsubscribe": "One-Click"}) if is_post else BROWSER.get(path)
        assert (answer.status_code, BROWSER.cookies) == (200, {})
        if is_post:
            self.say(who, whom, False)

    def queue_news(self, who: int, whom: int, is_shouted: bool) -> None:
        self._queue(who, whom, "marketing", is_shouted)

    def queue_service(self, who: int, whom: int) -> None:
        self._queue(who, whom, "service", False)

    def _queue(self, who: int, whom: int, purpose: str, is_shouted: bool) -> None:
        address = self.addresses[whom]
        may = purpose == "service" or self.agrees(self.partners[who].pk, address)
        mail = unless_refused(
            queue_email,
            partner=self.partners[who],
            to=f" {address.upper()} " if is_shouted else address,
            template="custom",
            values={"subject": "News", "message": "Coffee"},
            language="en",
            purpose=purpose,
            at=self.at,
        )
        assert (mail is not None) == may
        if mail is not None:
            self.mails.append(mail)

    def deliver(self, pick: int) -> None:
        if self.mails:
            self._deliver(self.mails[-1 - pick % len(self.mails)].pk)

    def _deliver(self, pk: int) -> None:
        before = EmailMessage.objects.get(pk=pk)
        is_due = before.status in {EmailStatus.QUEUED, EmailStatus.SENDING} and before.due_at <= self.at
        may = before.purpose == "service" or self.agrees(before.partner_id, before.to)
        will_fail = bool(Post.faults)
        sent = self.sent
        try:
            after = deliver_email(email_id=pk, at=self.at)
        except TemporarilyUnavailable:
            assert will_fail
            return
        assert (after is not None) == is_due
        if after is None:
            return
        if before.expires_at <= self.at or not may:
            assert (after.status, self.sent) == (EmailStatus.FAILED, sent)
            self.held_back += not may
        elif not will_fail:
            # What may go out does: a platform that sends nothing would keep every promise of this kind.
            assert after.status == EmailStatus.SENT
            assert self.sent == sent + (before.purpose == "marketing")

    def die(self, pick: int) -> None:
        """A sender took the mail and died; its lease ends."""
        if self.mails:
            waiting = EmailMessage.objects.filter(pk=self.mails[-1 - pick % len(self.mails)].pk, status="queued")
            waiting.update(status="sending", attempts=1, due_at=self.at + LEASE)

    def resend(self, pick: int) -> None:
        if not self.mails:
            return
        mail = EmailMessage.objects.get(pk=self.mails[-1 - pick % len(self.mails)].pk)
        may = mail.purpose == "service" or self.agrees(mail.partner_id, mail.to)
        can = mail.status == EmailStatus.FAILED and mail.to != ""
        again = unless_refused(resend_email, actor=SYSTEM, email=mail, reason="again", at=self.at)
        assert (again is not None) == (may and can)

    def sweep(self, seconds: int) -> None:
        self.at += timedelta(seconds=seconds)
        for pk in list_waiting_emails_across_partners(at=self.at):
            self._deliver(pk)

    def break_server(self, fault: str) -> None:
        Post.faults.append(fault)


class Phones:
    """A gateway that tells whom it got a message for at the moment it gets it."""

    taken: ClassVar[Callable[[Outgoing], None]]

    def send(self, message: Outgoing) -> str:
        type(self).taken(message)
        return ""


class SmsHistories(Histories):
    """By SMS: asked and ended by the partner's systems, ended by STOP or erasure."""

    channel = "sms"

    def __init__(self, accounts: Sequence[SmsAccount]) -> None:
        super().__init__([account.partner for account in accounts])
        self.accounts = accounts
        self.messages: list[SmsMessage] = []
        Phones.taken = self._taken

    def address(self, number: int, which: int) -> str:
        return f"+3706{number * 2 + which:07}"

    def _taken(self, outgoing: Outgoing) -> None:
        message = SmsMessage.objects.get(pk=int(outgoing.reference.removeprefix("sms-")))
        if message.purpose == SmsPurpose.MARKETING:
            assert self.agrees(message.partner_id, outgoing.phone), "an advertisement to somebody who does not agree"
            self.sent += 1

    def agree(self, who: int, whom: int) -> None:
        self._record(who, whom, True)

    def refuse(self, who: int, whom: int) -> None:
        self._record(who, whom, False)

    def _record(self, who: int, whom: int, answer: bool) -> None:
        shared = {"source": "api", "proof": NO_PROOF, "at": self.at}
        set_consent(partner=self.partners[who], phone=self.addresses[whom], is_given=answer, **shared)
        self.say(who, whom, answer)

    def stop(self, who: int, whom: int) -> None:
        note_line(account=self.accounts[who], notice=Notice(phone=self.addresses[whom], text="STOP"), at=self.at)
        self.say(who, whom, False)

    def order(self, who: int, whom: int, hours: int) -> None:
        """An advertisement, at once or later."""
        self._order(who, whom, False, hours)

    def order_with_a_yes(self, who: int, whom: int, hours: int) -> None:
        """The reader's yes comes with the order."""
        self._order(who, whom, True, hours)

    def _order(self, who: int, whom: int, is_asked: bool, hours: int) -> None:
        later = self.at + timedelta(hours=hours) if hours else None
        order = Order(
            source="Coffee",
            destination=self.addresses[whom],
            text="Half the price",
            purpose=SmsPurpose.MARKETING,
            scheduled=later,
            is_consent_given=is_asked,
        )
        if is_asked:
            self.say(who, whom, True)
        may = self.agrees(self.partners[who].pk, self.addresses[whom])
        ordered = unless_refused(send_for_partner, partner=self.partners[who], order=order, at=self.at)
        assert (ordered is not None) == may
        if ordered is not None:
            self.messages.append(ordered.message)

    def deliver(self, pick: int) -> None:
        if not self.messages:
            return
        before = SmsMessage.objects.get(pk=self.messages[-1 - pick % len(self.messages)].pk)
        is_due = before.status == SmsStatus.QUEUED and before.due_at <= self.at < before.expires_at
        may, sent = self.agrees(before.partner_id, before.phone), self.sent
        deliver_sms(sms_message_id=before.pk, at=self.at)
        assert self.sent == sent + (is_due and may)
        self.held_back += is_due and not may

    def wait(self, seconds: int) -> None:
        self.at += timedelta(seconds=seconds)


def accounts_for(count: int = 2) -> list[SmsAccount]:
    """Partners with money enough for every history."""
    return [SmsAccountFactory(kind="platform", balance=10**6) for _ in range(count)]
