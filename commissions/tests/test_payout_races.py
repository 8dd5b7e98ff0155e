"""Two clicks, two workers, two files at the same moment: one payment. Committed for real."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from commissions.errors import CommissionSyncRunning, PayoutInProgress, PayoutWrongStatus
from commissions.models import CommissionPeriod, Payout, PayoutRun, PayoutRunItem, Statement, StatementSeries
from commissions.services import payout_sending
from commissions.services.payout_runs import NewRun, cancel_run, create_run, mark_run_paid
from commissions.services.payout_sending import deliver_payout
from commissions.services.payouts import issue_payout, mark_failed, mark_paid, retry_payout
from commissions.services.statements import issue_statement, settle_statement
from commissions.tests.months import NOW
from commissions.tests.payables import IBAN, payable, statement, with_bank, with_provider
from commissions.tests.payment_server import KEY, Provider, payment_server
from loyalty.errors import LoyaltyError
from loyalty.models import AuditEvent
from loyalty.services.audit import Actor
from loyalty.tests.together import claimed_amid, together

pytestmark = pytest.mark.django_db(transaction=True)
ADMIN = Actor("admin", 7)


@pytest.fixture(autouse=True)
def _series(db: None) -> None:
    """Flushing takes the row that a migration made."""
    StatementSeries.objects.get_or_create(pk=1)


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


@pytest.fixture
def account(settings: Any) -> None:
    settings.PAYMENTS = {**settings.PAYMENTS, "HOLDER": "Loyalty UAB", "IBAN": IBAN}


def trying(act: Any) -> Any:
    """The act, or the refusal that it met."""

    def run() -> Any:
        try:
            return act()
        except LoyaltyError as refusal:
            return refusal

    return run


def times(payout: Payout, what: str) -> int:
    return AuditEvent.objects.filter(action=f"commission.payout_{what}", target_id=str(payout.pk)).count()


def test_eight_workers_send_a_payout_once(provider: Provider) -> None:
    payout = payable("-12.30")
    with_provider(payout.partner)
    issue_payout(actor=ADMIN, payout=payout, method="provider", at=NOW)
    provider.faults = [0.3]
    results = together([partial(deliver_payout, payout_id=payout.pk, at=NOW)] * 8)
    assert sum(result is not None for result in results) == 1
    assert len(provider.made) == len(provider.calls) == 1
    payout.refresh_from_db()
    assert (payout.status, payout.attempts, times(payout, "paid")) == ("paid", 1, 1)


def test_a_slow_attempt_that_was_overtaken_pays_nothing_twice(provider: Provider) -> None:
    payout = payable("-12.30")
    with_provider(payout.partner)
    issue_payout(actor=ADMIN, payout=payout, method="provider", at=NOW)
    later = NOW.replace(hour=18)
    provider.faults = [1.0]
    together([partial(deliver_payout, payout_id=payout.pk, at=at) for at in (NOW, later)])
    assert len(provider.made) == 1
    payout.refresh_from_db()
    assert (payout.status, times(payout, "paid")) == ("paid", 1)


def test_a_worker_that_stood_still_does_not_take_the_next_ones_number_for_its_own(provider: Provider) -> None:
    payout = payable("-12.30")
    with_provider(payout.partner)
    issue_payout(actor=ADMIN, payout=payout, method="provider", at=NOW)
    claim = partial(payout_sending._claim, payout.pk)
    mine = claimed_amid(partial(claim, NOW), partial(claim, NOW + payout_sending.LEASE))
    assert mine.attempts == 1


def test_many_clicks_issue_fail_retry_and_pay_once_each() -> None:
    payout = payable("5.00")
    for act, what, status in (
        (partial(issue_payout, method="manual"), "issued", "issued"),
        (partial(mark_failed, reason="no money"), "failed", "failed"),
        (retry_payout, "retried", "issued"),
        (mark_paid, "paid", "paid"),
    ):
        click = trying(partial(act, actor=ADMIN, payout=payout, at=NOW))
        results = together([click] * 6)
        assert {type(result) for result in results} <= {Payout, CommissionSyncRunning}
        payout.refresh_from_db()
        assert (payout.status, times(payout, what)) == (status, 1), what
    assert Statement.objects.get(pk=payout.statement_id).status == "settled"


def test_paid_and_failed_at_once_end_as_one_of_them() -> None:
    for _round in range(4):
        payout = payable("5.00")
        issue_payout(actor=ADMIN, payout=payout, method="manual", at=NOW)
        acts = [
            partial(mark_paid),
            partial(mark_failed, reason="x"),
            partial(mark_paid),
            partial(mark_failed, reason="y"),
        ]
        together([trying(partial(act, actor=ADMIN, payout=payout, at=NOW)) for act in acts])
        payout.refresh_from_db()
        is_paid = payout.status == "paid"
        assert (times(payout, "paid") == 1) == is_paid
        assert (Statement.objects.get(pk=payout.statement_id).status == "settled") == is_paid
        assert (CommissionPeriod.objects.get(pk=payout.statement.period_id).state == "settled") == is_paid


def test_a_statement_issued_by_many_has_one_payout_and_numbers_have_no_gaps() -> None:
    drafts = []
    for _number in range(3):
        made = statement("0.00")
        drafts.append(made.partner)
    together([partial(payable, "-1.00", month="2026-05") for _number in range(6)])
    numbers = sorted(Payout.objects.values_list("number", flat=True))
    assert numbers == [f"PO-{number:06d}" for number in range(1, 7)]
    one = Payout.objects.first()
    results = together([trying(partial(issue_statement, actor=ADMIN, statement=one.statement, at=NOW))] * 4)
    assert {type(result) for result in results} == {Statement}
    assert Payout.objects.count() == 6


@pytest.mark.usefixtures("account")
def test_two_files_at_once_hold_each_payout_once() -> None:
    payouts = [payable("-1.00") for _number in range(3)]
    for payout in payouts:
        with_bank(payout.partner)
    everything = trying(partial(create_run, actor=ADMIN, data=NewRun(), at=NOW))
    results = together([everything] * 4)
    made = [result for result in results if isinstance(result, PayoutRun)]
    assert len(made) == 1
    assert {type(result) for result in results if result not in made} <= {PayoutInProgress, CommissionSyncRunning}
    assert PayoutRunItem.objects.count() == 3


@pytest.mark.usefixtures("account")
def test_a_file_cancelled_while_it_is_paid_is_one_of_both() -> None:
    payouts = [payable("-1.00") for _number in range(2)]
    for payout in payouts:
        with_bank(payout.partner)
    run = create_run(actor=ADMIN, data=NewRun(), at=NOW)
    results = together(
        [
            trying(partial(cancel_run, actor=ADMIN, run=run, reason="wrong", at=NOW)),
            trying(partial(mark_run_paid, actor=ADMIN, run=run, at=NOW)),
        ]
    )
    refusals = [result for result in results if not isinstance(result, PayoutRun)]
    assert [type(refusal) for refusal in refusals] in ([PayoutWrongStatus], [CommissionSyncRunning])
    run.refresh_from_db()
    statuses = {Payout.objects.get(pk=payout.pk).status for payout in payouts}
    assert (run.status, statuses) in (("live", {"paid"}), ("cancelled", {"issued"}))


@pytest.mark.usefixtures("account")
def test_settling_by_hand_races_the_file() -> None:
    payout = payable("-1.00")
    with_bank(payout.partner)
    results = together(
        [
            trying(partial(create_run, actor=ADMIN, data=NewRun([payout.pk]), at=NOW)),
            trying(partial(settle_statement, actor=ADMIN, statement=payout.statement, at=NOW)),
        ]
    )
    payout.refresh_from_db()
    in_file = PayoutRunItem.objects.filter(payout=payout, is_live=True).exists()
    assert (payout.status, in_file) in (("paid", False), ("issued", True)), results
