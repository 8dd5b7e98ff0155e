"""Where a partner's money goes: checked, audited by field, shown in full only where it is needed."""

import json
from typing import Any

import pytest

from commissions.models import BankDetails
from commissions.rules.bank import LENGTHS, SEPA, iban_fault, is_bic, masked, spaced
from commissions.selectors.bank import get_platform_account
from commissions.tests.callers import address, admin_caller
from loyalty.models import AuditEvent
from partners.models import Partner
from partners.tests.factories import PartnerFactory

IBAN = "LT121000011101001000"
BODY = {"account_holder": " UAB  Kavinė ", "iban": "lt12 1000 0111 0100 1000", "bic": "habalt22"}


# Examples of the IBAN registry.
@pytest.mark.parametrize(
    "iban",
    [
        *("LT121000011101001000", "DE89370400440532013000", "GB29NWBK60161331926819", "NO9386011117947"),
        *(
            "FR1420041010050500013M02606",
            "MT84MALT011000012345MTLCAST001S",
            "LV80BANK0000435195001",
            "BE68539007547034",
        ),
    ],
)
def test_the_registrys_examples_are_right_and_any_other_digit_is_wrong(iban: str) -> None:
    assert iban_fault(iban) == ""
    assert len(iban) == LENGTHS[iban[:2]]
    for place in (2, 3, 8, len(iban) - 1):
        wrong = iban[:place] + ("1" if iban[place] != "1" else "7") + iban[place + 1 :]
        assert iban_fault(wrong) == "check", wrong


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        *[("", "shape"), ("LT", "shape"), ("1T121000011101001000", "shape"), ("LT12-000011101001000", "shape")],
        *[("ZZ121000011101001000", "country"), ("LT12100001110100100", "length"), ("LT131000011101001000", "check")],
        # The remainder fits, but nobody gives out 98 minus 97.
        ("LT001000011101001005", "check"),
    ],
)
def test_what_is_wrong_with_an_iban_is_told(text: str, fault: str) -> None:
    assert iban_fault(text) == fault


def test_bics_masks_and_countries() -> None:
    assert [is_bic(text) for text in ("HABALT22", "HABALT22XXX", "HABALT2", "HABALT22XX", "habalt22", "")] == [
        *(True, True, False, False, False, False)
    ]
    assert masked(IBAN) == "LT12 •••• 1000"
    assert spaced(IBAN) == "LT12 1000 0111 0100 1000"
    assert SEPA - set(LENGTHS) == set()


@pytest.mark.django_db
def test_an_account_is_entered_read_and_changed_with_an_audit_that_never_tells_it() -> None:
    admin, partner = admin_caller(), PartnerFactory()
    path = address(partner, "bank-details")
    empty = admin.get(path)["data"]
    assert (empty["partner_id"], empty["iban"], empty["updated_at"]) == (partner.pk, None, None)
    made = admin.put(path, BODY)["data"]
    assert (made["account_holder"], made["iban"], made["iban_masked"], made["bic"]) == (
        *("UAB Kavinė", IBAN, "LT12 •••• 1000", "HABALT22"),
    )
    assert admin.get(path)["data"] == made
    assert admin.put(path, BODY)["data"] == made
    changed = admin.put(path, {"account_holder": "UAB Kavinė", "iban": "DE89370400440532013000"})["data"]
    assert (changed["iban"], changed["bic"]) == ("DE89370400440532013000", None)
    events = list(AuditEvent.objects.filter(action="commission.bank_details_changed").order_by("pk"))
    assert [sorted(event.changes) for event in events] == [["account_holder", "bic", "iban"], ["bic", "iban"]]
    assert {event.partner_id for event in events} == {partner.pk}
    kept = json.dumps([event.changes for event in events])
    assert not any(text in kept for text in (IBAN, "Kavin", "HABALT22", "DE89"))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**BODY, "iban": "LT13 1000 0111 0100 1000"}, "iban"),
        ({**BODY, "iban": "LT12 1000"}, "iban"),
        ({**BODY, "bic": "HABA"}, "bic"),
        ({**BODY, "account_holder": "   "}, "account_holder"),
        ({"account_holder": "UAB"}, "iban"),
        ({**BODY, "sort_code": "1"}, "sort_code"),
    ],
)
def test_a_wrong_account_changes_nothing(body: dict[str, Any], field: str) -> None:
    partner: Partner = PartnerFactory()
    answer = admin_caller().put(address(partner, "bank-details"), body, 422)
    assert (answer["code"], list(answer["errors"])) == ("VALIDATION_ERROR", [field])
    assert BankDetails.objects.count() == 0
    assert not AuditEvent.objects.filter(action__startswith="commission.bank").exists()


@pytest.mark.django_db
def test_the_complaint_is_in_the_callers_language() -> None:
    path = address(PartnerFactory(), "bank-details", "lt")
    answer = admin_caller().put(path, {**BODY, "iban": "LT131000011101001000"}, 422)
    assert answer["errors"]["iban"] == ["Kontroliniai skaitmenys netinka: numeryje yra rašymo klaida."]


def test_the_platforms_own_account_counts_only_if_it_is_right(settings: Any) -> None:
    settings.PAYMENTS = {"HOLDER": "Loyalty UAB", "IBAN": "LT12 1000 0111 0100 1000", "BIC": ""}
    account = get_platform_account()
    assert account is not None
    assert (account.holder, account.iban, account.bic) == ("Loyalty UAB", IBAN, "")
    for wrong in ({"HOLDER": " "}, {"IBAN": "LT13"}, {"BIC": "X"}):
        settings.PAYMENTS = {"HOLDER": "Loyalty UAB", "IBAN": IBAN, "BIC": "", **wrong}
        assert get_platform_account() is None
