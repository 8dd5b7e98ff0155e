"""What a statement asks for, from its draft to being paid, with a real HTTP provider on the other side."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from commissions.errors import (
    PaymentProviderMissing,
    PaymentProviderUnavailable,
    PayoutInProgress,
    PayoutWrongStatus,
    ProviderAccountMissing,
    StatementNotPayable,
)
from commissions.models import CommissionPeriod, Payout, Statement
from commissions.providers.base import Order
from commissions.providers.stripe import StripeProvider, minor_units
from commissions.selectors.payouts import list_waiting_across_partners
from commissions.services.payout_sending import LEASE, LOOK_AGAIN, STUBBORN, deliver_payout
from commissions.services.payouts import create_payout, issue_payout, mark_failed, mark_paid, retry_payout
from commissions.services.periods import lock_period
from commissions.services.statements import issue_statement, settle_statement
from commissions.tests.months import NOW, examples
from commissions.tests.payables import payable, statement, with_bank, with_provider
from commissions.tests.payment_server import KEY, Provider, payment_server
from loyalty.errors import ValidationFailed
from loyalty.models import AuditEvent
from loyalty.services.audit import SYSTEM, Actor
from partners.tests.factories import PartnerFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("feed_sees_all")]
ADMIN = Actor("admin", 7)


@pytest.fixture
def provider(settings: Any) -> Iterator[Provider]:
    with payment_server() as server:
        settings.PAYMENTS = {
            **settings.PAYMENTS,
            "PROVIDER": "commissions.providers.stripe.StripeProvider",
            "API_URL": server.url,
            "API_KEY": KEY,
        }
        yield server


def who(payout: Payout, **more: Any) -> dict[str, Any]:
    return {"actor": ADMIN, "payout": payout, "at": NOW, **more}


def deliver(payout: Payout, at: Any = NOW) -> Payout:
    deliver_payout(payout_id=payout.pk, at=at)
    payout.refresh_from_db()
    return payout


def sent(payout: Payout, name: str = "1") -> Payout:
    """Issued to the provider."""
    with_provider(payout.partner, name)
    return issue_payout(**who(payout, method="provider"))


def money_of(payout: Payout) -> tuple[str, str, str]:
    """Where the payout, its statement and its month stand."""
    payout.refresh_from_db()
    asked = Statement.objects.get(pk=payout.statement_id)
    return payout.status, asked.status, CommissionPeriod.objects.get(pk=asked.period_id).state


# --- Made with the statement


def test_a_month_that_is_closed_and_issued_has_its_invoice_to_the_cent() -> None:
    books = examples()
    books.accrue()
    lock_period(actor=ADMIN, partner=books.partner, month="2026-06", at=NOW)
    drafted = Statement.objects.get(partner=books.partner)
    assert not Payout.objects.exists()
    issue_statement(actor=ADMIN, statement=drafted, at=NOW)
    made = Payout.objects.get()
    assert (made.direction, made.amount, made.currency, made.status, made.method) == (
        *("invoice", Decimal("15.64"), "EUR", "draft", ""),
    )
    assert (made.number, made.statement_id, str(made.due_on)) == ("IN-000001", drafted.pk, "2026-08-24")
    assert create_payout(actor=ADMIN, statement=drafted, at=NOW) == made
    assert AuditEvent.objects.filter(action="commission.payout_created").count() == 1


def test_who_owes_whom_is_the_sign_of_the_statement_and_each_series_has_no_gaps() -> None:
    made = [payable(amount) for amount in ("-12.30", "5.00", "-0.01", "7.00")]
    assert [(one.direction, str(one.amount.normalize()), one.number) for one in made] == [
        ("payout", "12.3", "PO-000001"),
        ("invoice", "5", "IN-000001"),
        ("payout", "0.01", "PO-000002"),
        ("invoice", "7", "IN-000002"),
    ]


def test_a_statement_that_asks_for_nothing_has_none() -> None:
    nothing = statement("0.00")
    assert nothing.status == "settled"
    assert not Payout.objects.exists()
    with pytest.raises(StatementNotPayable):
        create_payout(actor=ADMIN, statement=nothing, at=NOW)


# --- By hand


def test_by_hand_from_draft_to_paid_settles_the_statement_and_its_month() -> None:
    payout = payable("5.00")
    with pytest.raises(PayoutWrongStatus):
        mark_paid(**who(payout))
    issue_payout(**who(payout, method="manual"))
    assert money_of(payout) == ("issued", "issued", "locked")
    mark_paid(**who(payout, reference=" Bank 42 "))
    assert money_of(payout) == ("paid", "settled", "settled")
    assert (payout.reference, payout.paid_by) == ("Bank 42", "admin:7")
    audited = list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))
    mark_paid(**who(payout))
    assert list(AuditEvent.objects.order_by("pk").values_list("action", flat=True)) == audited
    assert [name for name in audited if "payout" in name] == [
        *("commission.payout_created", "commission.payout_issued", "commission.payout_paid"),
    ]
    for act in (
        lambda: mark_failed(**who(payout, reason="x")),
        lambda: retry_payout(**who(payout)),
        lambda: issue_payout(**who(payout, method="manual")),
    ):
        with pytest.raises(PayoutWrongStatus):
            act()


def test_what_failed_is_issued_again_the_same_way_or_another() -> None:
    payout = payable("-5.00")
    issue_payout(**who(payout, method="manual"))
    with pytest.raises(ValidationFailed):
        mark_failed(**who(payout, reason="  "))
    mark_failed(**who(payout, reason="The bank sent it back"))
    assert money_of(payout) == ("failed", "issued", "locked")
    assert payout.error == "The bank sent it back"
    assert mark_failed(**who(payout, reason="again")).error == "The bank sent it back"
    with pytest.raises(PayoutWrongStatus):
        mark_paid(**who(payout)) if payout.status == "draft" else issue_payout(**who(payout, method="manual"))
    retry_payout(**who(payout, method="bank_file"))
    payout.refresh_from_db()
    assert (payout.status, payout.method, payout.error, payout.failed_at) == ("issued", "bank_file", "", None)
    assert retry_payout(**who(payout)).method == "bank_file"


def test_a_bank_file_never_charges() -> None:
    with pytest.raises(ValidationFailed) as refused:
        issue_payout(**who(payable("5.00"), method="bank_file"))
    assert list(refused.value.errors) == ["method"]


def test_a_statement_settled_by_hand_takes_its_draft_with_it() -> None:
    payout = payable("5.00")
    settle_statement(actor=ADMIN, statement=payout.statement, reason="cash", at=NOW)
    assert money_of(payout) == ("paid", "settled", "settled")
    assert payout.method == "manual"


# --- By the provider


def test_a_payout_is_a_transfer_with_a_key_of_its_own(provider: Provider) -> None:
    payout = sent(payable("-12.30"))
    assert list_waiting_across_partners(at=NOW) == [payout.pk]
    deliver(payout)
    assert money_of(payout) == ("paid", "settled", "settled")
    assert (payout.external_id, payout.reference, payout.provider) == (
        *("tr_1MiN3gLkdIwHu7ixNCZvFdgA", "tr_1MiN3gLkdIwHu7ixNCZvFdgA", "stripe"),
    )
    ((method, path, form, headers),) = provider.calls
    assert (method, path, form["amount"], form["currency"], form["destination"]) == (
        *("POST", "/v1/transfers", "1230", "eur", "acct_1"),
    )
    assert headers["idempotency-key"] == f"{payout.idempotency_key}-1" == form["metadata[loyalty_key]"]
    assert headers["authorization"] == f"Bearer {KEY}"
    assert deliver_payout(payout_id=payout.pk, at=NOW) is None
    assert len(provider.calls) == 1


def test_an_invoice_is_charged_and_looked_at_until_it_is_collected(provider: Provider) -> None:
    payout = deliver(sent(payable("15.64")))
    assert money_of(payout) == ("issued", "issued", "locked")
    assert (payout.external_id, payout.next_at) == ("pi_3MtwBwLkdIwHu7ix28a3tqPa", NOW + LOOK_AGAIN)
    assert deliver_payout(payout_id=payout.pk, at=NOW) is None
    deliver(payout, NOW + LOOK_AGAIN)
    assert money_of(payout) == ("paid", "settled", "settled")
    assert [call[:2] for call in provider.calls] == [
        ("POST", "/v1/payment_intents"),
        ("GET", "/v1/payment_intents/pi_3MtwBwLkdIwHu7ix28a3tqPa"),
    ]


@pytest.mark.parametrize(
    ("amount", "name", "reason"),
    [
        ("-12.30", "closed", "stripe: account_invalid"),
        ("-12.30", "poor", "stripe: balance_insufficient"),
        ("5.00", "declined", "stripe: insufficient_funds"),
    ],
)
def test_a_refusal_is_final_and_the_next_try_is_another_payment(
    provider: Provider, amount: str, name: str, reason: str
) -> None:
    payout = deliver(sent(payable(amount), name))
    assert money_of(payout) == ("failed", "issued", "locked")
    assert (payout.error, payout.round) == (reason, 2)
    retry_payout(**who(payout))
    deliver(payout)
    first, second = (headers["idempotency-key"] for method, *_call, headers in provider.calls if method == "POST")
    assert (first, second) == (f"{payout.idempotency_key}-1", f"{payout.idempotency_key}-2")


@pytest.mark.parametrize(
    "fault",
    [(500, {}), (503, "busy"), (429, {}), (409, {}), (424, {}), (401, {}), (302, {}), (200, "<html>"), "hang up"],
)
def test_whatever_is_not_an_answer_is_asked_again_later(provider: Provider, fault: Any) -> None:
    payout = sent(payable("-12.30"))
    provider.faults = [fault]
    with pytest.raises(PaymentProviderUnavailable):
        deliver_payout(payout_id=payout.pk, at=NOW)
    payout.refresh_from_db()
    assert (payout.status, payout.attempts, payout.error) == ("issued", 1, "PAYMENT_PROVIDER_UNAVAILABLE")
    assert payout.next_at == NOW + timedelta(minutes=1)
    deliver(payout, payout.next_at)
    assert payout.status == "paid"
    assert len(provider.made) == 1


def test_an_answer_that_was_lost_is_found_and_moves_money_once(provider: Provider) -> None:
    payout = sent(payable("-12.30"))
    provider.faults = ["late"]
    with pytest.raises(PaymentProviderUnavailable):
        deliver_payout(payout_id=payout.pk, at=NOW)
    assert len(provider.made) == 1
    # A week later the provider has forgotten the key, and knows the payment all the same.
    provider.answered.clear()
    deliver(payout, NOW + timedelta(days=7))
    assert payout.status == "paid"
    assert len(provider.made) == 1


def test_a_worker_that_dies_leaves_a_lease_and_nothing_twice(provider: Provider, monkeypatch: Any) -> None:
    payout = sent(payable("-12.30"))

    class Killed(BaseException):
        pass

    def die(*_args: Any, **_options: Any) -> None:
        raise Killed

    for step in ("_take", "_finish"):
        with monkeypatch.context() as patched:
            patched.setattr(f"commissions.services.payout_sending.{step}", die)
            with pytest.raises(Killed):
                deliver_payout(payout_id=payout.pk, at=NOW if step == "_take" else NOW + LEASE)
        assert money_of(payout) == ("issued", "issued", "locked")
    assert deliver_payout(payout_id=payout.pk, at=NOW + LEASE) is None
    provider.calls.clear()
    # Its name is known by now: it is only looked at. The recording has no such address, so a person is asked.
    deliver(payout, NOW + 2 * LEASE)
    assert [call[0] for call in provider.calls] == ["GET"]
    assert len(provider.made) == 1
    assert (payout.status, payout.next_at, payout.error) == ("issued", None, "stripe: resource_missing")
    mark_paid(**who(payout, reference="seen at the provider"))
    assert money_of(payout) == ("paid", "settled", "settled")


def test_another_amount_than_ordered_stops_everything_for_a_person(provider: Provider) -> None:
    payout = deliver(sent(payable("-12.30"), "odd"))
    assert (payout.status, payout.next_at, payout.external_id) == ("issued", None, "tr_odd")
    assert "amount" in payout.error
    mark_failed(**who(payout, reason="taken back at the provider"))
    assert payout.round == 1


def test_nobody_decides_by_hand_what_the_provider_has(provider: Provider) -> None:
    payout = sent(payable("-12.30"))
    for act in (
        lambda: mark_paid(**who(payout)),
        lambda: mark_failed(**who(payout, reason="x")),
        lambda: settle_statement(actor=ADMIN, statement=payout.statement, at=NOW),
    ):
        with pytest.raises(PayoutInProgress), transaction.atomic():
            act()
    assert money_of(payout) == ("issued", "issued", "locked")


def test_a_provider_that_never_answers_ends_at_a_person(provider: Provider) -> None:
    payout, at = sent(payable("-12.30")), NOW
    for _attempt in range(40):
        if payout.next_at is None:
            break
        provider.faults = [(500, {})]
        with pytest.raises(PaymentProviderUnavailable):
            deliver_payout(payout_id=payout.pk, at=at)
        payout.refresh_from_db()
        at = payout.next_at or at
    assert payout.next_at is None
    assert STUBBORN < at - NOW < 2 * STUBBORN
    mark_failed(**who(payout, reason="the provider is gone"))
    # Nobody refused it, so it stays the same payment to the provider, which is looked for before it is sent again.
    provider.calls.clear()
    retry_payout(**who(payout))
    deliver(payout)
    assert (payout.round, payout.status) == (1, "paid")
    assert [call[0] for call in provider.calls] == ["GET", "POST"]


def test_one_that_a_person_gave_up_is_found_where_it_had_arrived_after_all(provider: Provider) -> None:
    payout = sent(payable("-12.30"))
    provider.faults = ["late"]
    with pytest.raises(PaymentProviderUnavailable):
        deliver_payout(payout_id=payout.pk, at=NOW)
    provider.faults = [(500, {})]
    late = NOW + STUBBORN + LEASE
    with pytest.raises(PaymentProviderUnavailable):
        deliver_payout(payout_id=payout.pk, at=late)
    mark_failed(**who(payout, reason="no answer"))
    provider.answered.clear()
    retry_payout(**who(payout, at=late))
    deliver(payout, late)
    assert payout.status == "paid"
    assert len(provider.made) == 1


def test_a_provider_must_be_there_and_know_the_partner(settings: Any, provider: Provider) -> None:
    payout = payable("-12.30")
    with pytest.raises(ProviderAccountMissing):
        issue_payout(**who(payout, method="provider"))
    with_bank(payout.partner)
    with pytest.raises(ProviderAccountMissing):
        issue_payout(**who(payout, method="provider"))
    sent(payout)
    # Another provider than the one that was asked knows nothing of it.
    settings.PAYMENTS = {**settings.PAYMENTS, "PROVIDER": "commissions.providers.sandbox.SandboxProvider"}
    deliver(payout)
    assert (payout.status, payout.next_at) == ("issued", None)
    assert "not set up" in payout.error
    settings.PAYMENTS = {**settings.PAYMENTS, "PROVIDER": ""}
    other = payable("-1.00")
    with_provider(other.partner)
    with pytest.raises(PaymentProviderMissing):
        issue_payout(**who(other, method="provider"))
    assert provider.calls == []


def test_the_key_never_goes_over_an_open_line(settings: Any) -> None:
    order = Order("k", "payout", "PO-1", "acct_1", Decimal("12.30"), "EUR", "x", NOW.date())
    settings.PAYMENTS = {**settings.PAYMENTS, "API_KEY": KEY}
    for url in ("http://payments.example", "ftp://127.0.0.1", "payments.example"):
        settings.PAYMENTS["API_URL"] = url
        with pytest.raises(PaymentProviderUnavailable):
            StripeProvider().send(order)


def test_minor_units_are_those_of_the_currency() -> None:
    def units(amount: str, currency: str) -> int:
        return minor_units(Order("k", "payout", "PO-1", "a", Decimal(amount), currency, "x", NOW.date()))

    assert [units("12.3400", "EUR"), units("500", "JPY"), units("1.234", "KWD")] == [1234, 500, 1234]
    with pytest.raises(ValueError, match="EUR"):
        units("1.005", "EUR")


def test_the_sandbox_says_that_it_is_one(settings: Any) -> None:
    settings.PAYMENTS = {**settings.PAYMENTS, "PROVIDER": "commissions.providers.sandbox.SandboxProvider"}
    payout = deliver(sent(payable("-12.30")))
    assert payout.status == "paid"
    assert payout.provider == "sandbox"
    assert payout.external_id.startswith("sandbox_")


# --- What the database itself refuses


def test_what_a_payout_says_never_changes_and_none_is_deleted() -> None:
    payout = payable("-12.30")
    for change in ({"amount": 1}, {"number": "X"}, {"direction": "invoice"}, {"partner": PartnerFactory()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Payout.objects.filter(pk=payout.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        Payout.objects.filter(pk=payout.pk).delete()
    issue_payout(**who(payout, method="manual"))
    mark_paid(**who(payout))
    with pytest.raises(IntegrityError), transaction.atomic():
        Payout.objects.filter(pk=payout.pk).update(status="issued", paid_at=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Payout.objects.create(
            **{field.name: getattr(payout, field.name) for field in Payout._meta.fields if field.name != "id"}
            | {"number": "PO-9", "idempotency_key": "11111111-2222-4333-8444-555555555555"}
        )
    assert SYSTEM.kind == "system"
