"""Statements that ask for something, and what becomes of it, for tests."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from commissions.models import BankDetails, CommissionPeriod, Payout, Statement
from commissions.services.bank import NewBankDetails, set_bank_details
from commissions.services.statements import issue_statement
from commissions.tests.months import NOW
from loyalty.services.audit import SYSTEM
from partners.models import Partner
from partners.tests.factories import PartnerFactory

IBAN = "LT121000011101001000"
OTHER_IBAN = "DE89370400440532013000"


def statement(amount: str, partner: Partner | None = None, month: str = "2026-06", at: datetime = NOW) -> Statement:
    """An issued statement of a month that came to this much: above 0 the partner owes it."""
    partner = partner or PartnerFactory()
    value = Decimal(amount)
    period = CommissionPeriod.objects.create(
        partner=partner,
        month=month,
        currency=partner.currency,
        state="locked",
        total=value,
        locked_at=at,
        checksum="0" * 64,
    )
    part = {"accruals" if value > 0 else "reversals": value}
    draft = Statement.objects.create(
        partner=partner,
        period=period,
        month=month,
        currency=partner.currency,
        version=1,
        total=value,
        settled=value,
        pays_out=True,
        drafted_at=at,
        **part,
    )
    return issue_statement(actor=SYSTEM, statement=draft, at=at)


def payable(amount: str = "-12.30", partner: Partner | None = None, **more: Any) -> Payout:
    """The draft that an issued statement has made."""
    return Payout.objects.get(statement=statement(amount, partner, **more))


def with_bank(partner: Partner, **values: str) -> BankDetails:
    """A partner whose account is known, at the bank and at the provider."""
    data = {"account_holder": f"{partner.name} UAB"[:70], "iban": IBAN, **values}
    return set_bank_details(actor=SYSTEM, partner=partner, data=NewBankDetails(**data), at=NOW)


def with_provider(partner: Partner, name: str = "1") -> BankDetails:
    """Known to the payment provider by these names."""
    return with_bank(partner, provider_account=f"acct_{name}", provider_customer=f"cus_{name}")
