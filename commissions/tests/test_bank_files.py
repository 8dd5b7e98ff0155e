"""Bank files: right to the cent, in the bank's letters, the same at every download, each payout in one at most."""

import hashlib
import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sepaxml
import xmlschema
from django.db import IntegrityError, transaction

from commissions.errors import (
    BankDetailsMissing,
    BankFileNotPossible,
    PayoutInProgress,
    PayoutWrongStatus,
    PlatformAccountMissing,
)
from commissions.models import Payout, PayoutRun, PayoutRunItem, Statement
from commissions.rules.sepa import (
    SCHEMAS,
    BankFileFaultError,
    Heading,
    Payment,
    bank_letters,
    check_bank_file,
    write_bank_file,
)
from commissions.services.payout_runs import NewRun, cancel_run, create_run, download_run, mark_run_paid
from commissions.services.payouts import issue_payout, mark_failed, mark_paid, retry_payout
from commissions.tests.months import NOW
from commissions.tests.payables import IBAN, OTHER_IBAN, payable, with_bank
from loyalty.errors import ResourceNotFound, ValidationFailed
from loyalty.models import AuditEvent
from loyalty.services.audit import Actor
from partners.tests.factories import PartnerFactory

ADMIN = Actor("admin", 7)
HEADING = Heading("LOY1", "Lojalumo „Žvaigždė“ & Ko", IBAN, "", date(2026, 8, 11), NOW)
PAYMENTS = [
    Payment("PO-000001", 'UAB "Ąžuolas_ėglė"', OTHER_IBAN, "", Decimal("0.01"), "PO-000001 ST-000001 2026-06"),
    Payment("PO-000002", "Müller GmbH", OTHER_IBAN, "COBADEFF", Decimal("12345678.90"), "PO-000002 //x//"),
]


def bank_reads(text: str, schema: str) -> Any:
    """What a bank's own reader makes of it: the schema once more, by our own hand."""
    folder = Path(sepaxml.__file__).parent / "schemas"
    told: Any = xmlschema.XMLSchema(folder / f"{schema}.xsd").to_dict(text)
    return told["CstmrCdtTrfInitn"]


# --- The file


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Žalgirio žirgas & Ko", "Zalgirio zirgas + Ko"),
        ("UAB „Ąžuolas“", "UAB 'Azuolas'"),
        ("a_b@c*", "a-b(at)c."),
        ("//x//y/", "x/y"),
        ("<b>;=!", "b"),
        ("東京", "Dong Jing"),
        ("🙂", ""),
        ("x" * 80, "x" * 70),
    ],
)
def test_names_are_written_in_the_letters_of_banks(text: str, written: str) -> None:
    assert bank_letters(text, 70) == written
    assert re.fullmatch(r"[A-Za-z0-9/\-?:().,'+ ]*", bank_letters(text, 70))


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_file_says_what_is_to_be_paid_and_is_the_same_whenever_it_is_made(schema: str) -> None:
    heading = replace(HEADING, schema=schema)
    text = write_bank_file(heading, PAYMENTS)
    assert text == write_bank_file(heading, PAYMENTS)
    told = bank_reads(text, schema)
    assert (told["GrpHdr"]["MsgId"], told["GrpHdr"]["NbOfTxs"], told["GrpHdr"]["CtrlSum"]) == (
        *("LOY1", "2", Decimal("12345678.91")),
    )
    assert told["GrpHdr"]["CreDtTm"] == "2026-08-10T09:00:00"
    (block,) = told["PmtInf"]
    assert block["Dbtr"]["Nm"] == "Lojalumo 'Zvaigzde' + Ko"
    assert block["DbtrAcct"]["Id"]["IBAN"] == IBAN
    assert block["DbtrAgt"]["FinInstnId"]["Othr"]["Id"] == "NOTPROVIDED"
    assert "2026-08-11" in str(block["ReqdExctnDt"])
    assert [
        (one["PmtId"]["EndToEndId"], one["Amt"]["InstdAmt"]["$"], one["Cdtr"]["Nm"]) for one in block["CdtTrfTxInf"]
    ] == [
        ("PO-000001", Decimal("0.01"), "UAB 'Azuolas-egle'"),
        ("PO-000002", Decimal("12345678.90"), "Muller GmbH"),
    ]
    assert "COBADEFF" in text


def test_a_file_that_is_not_what_was_to_be_paid_is_caught() -> None:
    text = write_bank_file(HEADING, PAYMENTS)
    for wrong in (
        text.replace("12345678.90</InstdAmt>", "12345678.80</InstdAmt>"),
        text.replace("<CtrlSum>12345678.91", "<CtrlSum>12345678.90", 1),
        text.replace("<NbOfTxs>2", "<NbOfTxs>1", 1),
        text.replace(OTHER_IBAN, IBAN, 1),
        text.replace("LOY1</MsgId>", "LOY2</MsgId>"),
        text.replace("PO-000002<", "PO-000001<", 1),
        text.replace('Ccy="EUR"', 'Ccy="USD"', 1),
    ):
        assert wrong != text
        with pytest.raises(BankFileFaultError):
            check_bank_file(wrong, HEADING, PAYMENTS)


def test_what_no_file_can_say_is_refused() -> None:
    for wrong in ({"amount": Decimal("1.005")}, {"amount": Decimal(0)}, {"name": ""}, {"iban": "X"}, {"bic": "nope"}):
        with pytest.raises(BankFileFaultError):
            write_bank_file(HEADING, [replace(PAYMENTS[0], **wrong)])


# --- The run


@pytest.fixture
def account(settings: Any) -> None:
    settings.PAYMENTS = {**settings.PAYMENTS, "HOLDER": "Loyalty UAB", "IBAN": IBAN, "BIC": ""}


def ready(amount: str, **partner: Any) -> Payout:
    payout = payable(amount, PartnerFactory(**partner))
    with_bank(payout.partner, iban=OTHER_IBAN)
    return payout


def run(*payouts: Payout, **more: Any) -> PayoutRun:
    data = NewRun(payout_ids=[payout.pk for payout in payouts] or None, **more)
    return create_run(actor=ADMIN, data=data, at=NOW)


def status_of(*payouts: Payout) -> list[str]:
    return [Payout.objects.get(pk=payout.pk).status for payout in payouts]


@pytest.mark.django_db
@pytest.mark.usefixtures("account")
def test_drafts_are_issued_with_the_file_and_paid_with_it() -> None:
    payouts = [ready("-12.30"), ready("-0.70", name="Ąžuolas")]
    invoice = payable("5.00")
    made = run(execution_on=date(2026, 8, 12))
    assert (made.count, made.total, made.currency, made.status) == (2, Decimal("13.00"), "EUR", "live")
    assert made.checksum == hashlib.sha256(made.file.encode()).hexdigest()
    assert [(item.amount, item.iban) for item in PayoutRunItem.objects.order_by("pk")] == [
        *((Decimal("12.30"), OTHER_IBAN), (Decimal("0.70"), OTHER_IBAN)),
    ]
    assert status_of(*payouts, invoice) == ["issued", "issued", "draft"]
    taken = [download_run(actor=ADMIN, run=made, at=NOW + timedelta(hours=hours)) for hours in (1, 2)]
    assert [one.file for one in taken] == [made.file] * 2
    assert {one.downloaded_at for one in taken} == {NOW + timedelta(hours=1)}
    assert AuditEvent.objects.filter(action="commission.bank_file_downloaded").count() == 2
    mark_run_paid(actor=ADMIN, run=made, at=NOW)
    mark_run_paid(actor=ADMIN, run=made, at=NOW)
    assert status_of(*payouts, invoice) == ["paid", "paid", "draft"]
    assert set(Statement.objects.filter(pk__in=[one.statement_id for one in payouts]).values_list("status")) == {
        ("settled",)
    }
    assert {Payout.objects.get(pk=one.pk).reference for one in payouts} == {made.message_id}
    with pytest.raises(PayoutWrongStatus):
        cancel_run(actor=ADMIN, run=made, reason="too late", at=NOW)


@pytest.mark.django_db
@pytest.mark.usefixtures("account")
def test_a_payout_is_live_in_one_file_and_free_again_when_that_is_cancelled() -> None:
    payout = ready("-12.30")
    first = run(payout)
    with pytest.raises(PayoutInProgress):
        run(payout)
    with pytest.raises(BankFileNotPossible):
        run()
    with pytest.raises(IntegrityError), transaction.atomic():
        PayoutRunItem.objects.create(run=first, payout=payout, amount=1, holder="x", iban="y")
    with pytest.raises(ValidationFailed):
        cancel_run(actor=ADMIN, run=first, reason=" ", at=NOW)
    cancel_run(actor=ADMIN, run=first, reason="wrong day", at=NOW)
    with pytest.raises(PayoutWrongStatus):
        download_run(actor=ADMIN, run=first, at=NOW)
    with pytest.raises(PayoutWrongStatus):
        mark_run_paid(actor=ADMIN, run=first, at=NOW)
    second = run()
    assert second.message_id != first.message_id
    assert cancel_run(actor=ADMIN, run=first, reason="again", at=NOW).reason == "wrong day"
    assert list(PayoutRunItem.objects.order_by("pk").values_list("run_id", "is_live")) == [
        *((first.pk, False), (second.pk, True)),
    ]
    with pytest.raises(IntegrityError), transaction.atomic():
        PayoutRun.objects.filter(pk=second.pk).update(file="other")


@pytest.mark.django_db
@pytest.mark.usefixtures("account")
def test_one_that_the_bank_sends_back_goes_into_another_file() -> None:
    good, bad = ready("-12.30"), ready("-1.00")
    first = run()
    mark_failed(actor=ADMIN, payout=bad, reason="account closed", at=NOW)
    mark_run_paid(actor=ADMIN, run=first, at=NOW)
    assert status_of(good, bad) == ["paid", "failed"]
    retry_payout(actor=ADMIN, payout=bad, at=NOW)
    second = run()
    assert (second.count, second.total) == (1, Decimal("1.00"))
    mark_paid(actor=ADMIN, payout=bad, at=NOW)
    assert status_of(bad) == ["paid"]


@pytest.mark.django_db
def test_what_cannot_stand_in_a_file_is_refused_with_a_reason_and_nothing_is_made(settings: Any) -> None:
    good = ready("-12.30")
    settings.PAYMENTS = {**settings.PAYMENTS, "IBAN": ""}
    with pytest.raises(PlatformAccountMissing):
        run(good)
    settings.PAYMENTS = {**settings.PAYMENTS, "HOLDER": "Loyalty UAB", "IBAN": IBAN}
    dollars, stranger = ready("-5.00", currency="USD"), payable("-1.00", PartnerFactory(name="Nobody knows"))
    with pytest.raises(BankDetailsMissing) as missing:
        run(good, stranger)
    assert "Nobody knows" in missing.value.message
    far = ready("-1.00", name="Far away")
    with_bank(far.partner, iban="BR1800360305000010009795493C1")
    smile = ready("-1.00")
    with_bank(smile.partner, iban=IBAN, account_holder="🙂")
    invoice = payable("5.00")
    by_hand = ready("-2.00")
    issue_payout(actor=ADMIN, payout=by_hand, method="manual", at=NOW)
    for payout, text in ((dollars, "USD"), (far, "Far away"), (smile, "letters"), (invoice, "invoice")):
        with pytest.raises(BankFileNotPossible) as refused:
            run(good, payout)
        assert text in refused.value.message
    with pytest.raises(PayoutWrongStatus):
        run(by_hand)
    with pytest.raises(ResourceNotFound):
        create_run(actor=ADMIN, data=NewRun(payout_ids=[good.pk, 10**12]), at=NOW)
    for day in (NOW.date() - timedelta(days=1), NOW.date() + timedelta(days=61)):
        with pytest.raises(ValidationFailed):
            run(good, execution_on=day)
    assert not PayoutRun.objects.exists()
    assert status_of(good, dollars, far) == ["draft"] * 3
