"""Payouts, invoices and bank files on the wire."""

from typing import Any

from rest_framework import serializers

from commissions.api.admin.serializers import MONEY
from commissions.api.fields import PlainDecimalField
from commissions.api.filters import MonthFilter
from commissions.choices import PayoutDirection, PayoutMethod, PayoutRunStatus, PayoutStatus
from commissions.models import Payout, PayoutRun, PayoutRunItem
from commissions.providers.sandbox import SandboxProvider
from commissions.rules.bank import masked
from commissions.rules.sepa import SCHEMAS
from loyalty.api.filters import ChoiceFilter, DayFilter, HouseFilterSet, IdFilter

SEEN = [choice for choice in PayoutStatus.choices if choice[0] != PayoutStatus.DRAFT]


class OrNothing(serializers.CharField):
    """An empty text is null."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_null=True, **options)

    def to_representation(self, value: Any) -> Any:
        return value or None


class PayoutAnswer(serializers.Serializer):
    """What a statement asks for: a `payout` to the partner, or an `invoice` to it."""

    id = serializers.IntegerField()
    number = serializers.CharField()
    direction = serializers.ChoiceField(choices=PayoutDirection.choices)
    status = serializers.ChoiceField(choices=PayoutStatus.choices)
    amount = PlainDecimalField(**MONEY)
    currency = serializers.CharField()
    period = serializers.CharField(source="statement.month")
    statement_id = serializers.IntegerField()
    statement_number = serializers.CharField(source="statement.shown_number")
    due_on = serializers.DateField()
    issued_at = serializers.DateTimeField(allow_null=True)
    paid_at = serializers.DateTimeField(allow_null=True)
    failed_at = serializers.DateTimeField(allow_null=True)
    reference = OrNothing(help_text="What the payment is called at the bank or at the provider.")


class AdminPayoutAnswer(PayoutAnswer):
    """The same with what moves the money."""

    partner_id = serializers.IntegerField()
    partner = serializers.CharField(source="partner.name")
    method = OrNothing(help_text="How the money moves: `bank_file`, `provider` or `manual`; null for a draft.")
    idempotency_key = serializers.UUIDField()
    provider = OrNothing()
    is_sandbox = serializers.SerializerMethodField(help_text="Whether no real money moves.")
    external_id = OrNothing(help_text="The provider's own id.")
    attempts = serializers.IntegerField()
    next_attempt_at = serializers.DateTimeField(source="next_at", allow_null=True)
    run_id = serializers.IntegerField(allow_null=True, help_text="The bank file that it stands in.")
    error = OrNothing()
    created_at = serializers.DateTimeField()

    def get_is_sandbox(self, row: Payout) -> bool:
        return row.provider == SandboxProvider.name


class PayoutFilters(HouseFilterSet):
    """Filters of a partner's own."""

    status = ChoiceFilter(field_name="status", choices=SEEN, help_text="Issued, paid or failed.")
    direction = ChoiceFilter(field_name="direction", choices=PayoutDirection, help_text="Payouts or invoices.")
    period = MonthFilter(field_name="statement__month", help_text="Of the statement of a month.")


class AdminPayoutFilters(PayoutFilters):
    """The same for those who see drafts and everybody's."""

    status = ChoiceFilter(field_name="status", choices=PayoutStatus, help_text="Draft, issued, paid or failed.")
    partner_id = IdFilter(field_name="partner_id", help_text="Of one partner.")
    method = ChoiceFilter(field_name="method", choices=PayoutMethod, help_text="How the money moves.")
    due_before = DayFilter(field_name="due_on", lookup_expr="lt", help_text="Due before this day.")


class RunFilters(HouseFilterSet):
    """Filters of bank files."""

    status = ChoiceFilter(field_name="status", choices=PayoutRunStatus, help_text="In force or cancelled.")


class NewPayoutForm(serializers.Serializer):
    statement_id = serializers.IntegerField(min_value=1, max_value=2**63 - 1)


class IssueForm(serializers.Serializer):
    method = serializers.ChoiceField(choices=PayoutMethod.choices)


class RetryForm(serializers.Serializer):
    method = serializers.ChoiceField(
        choices=PayoutMethod.choices, required=False, allow_null=True, help_text="None: the way it went before."
    )


class PaidForm(serializers.Serializer):
    reference = serializers.CharField(
        required=False, allow_blank=True, allow_null=True, max_length=140, help_text="What the bank calls the payment."
    )


class RunForm(serializers.Serializer):
    payout_ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        required=False,
        allow_null=True,
        min_length=1,
        max_length=1_000,
        help_text="None: every payout that is a draft or waits for a file, up to 1,000.",
    )
    execution_on = serializers.DateField(required=False, allow_null=True, help_text="Today at the earliest.")
    schema = serializers.ChoiceField(choices=SCHEMAS, required=False)


class RunAnswer(serializers.Serializer):
    """One bank file."""

    id = serializers.IntegerField()
    message_id = serializers.CharField()
    schema = serializers.CharField()
    status = serializers.ChoiceField(choices=PayoutRunStatus.choices)
    currency = serializers.CharField()
    execution_on = serializers.DateField()
    count = serializers.IntegerField()
    total = PlainDecimalField(**MONEY)
    checksum = serializers.CharField(help_text="SHA-256 of the file.")
    created_at = serializers.DateTimeField()
    downloaded_at = serializers.DateTimeField(allow_null=True, help_text="When it was first taken.")
    cancelled_at = serializers.DateTimeField(allow_null=True)
    reason = OrNothing()


class RunPaymentAnswer(serializers.Serializer):
    """One payment of it, as it was written there."""

    payout_id = serializers.IntegerField()
    number = serializers.CharField(source="payout.number")
    partner_id = serializers.IntegerField(source="payout.partner_id")
    amount = PlainDecimalField(**MONEY)
    account_holder = serializers.CharField(source="holder")
    iban_masked = serializers.SerializerMethodField()
    status = serializers.CharField(source="payout.status")
    is_live = serializers.BooleanField(help_text="False where it failed or the file was cancelled.")

    def get_iban_masked(self, row: PayoutRunItem) -> str:
        return masked(row.iban)


class RunDetailAnswer(RunAnswer):
    payments = RunPaymentAnswer(many=True)


def present_run(run: PayoutRun, items: list[PayoutRunItem]) -> dict[str, Any]:
    """A bank file with its payments."""
    run.payments = items  # type: ignore[attr-defined]
    return dict(RunDetailAnswer(run).data)
