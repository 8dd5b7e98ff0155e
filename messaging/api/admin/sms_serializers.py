"""What platform staff send and get about SMS accounts."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from loyalty.outbound.allowance import configured_allowance
from loyalty.outbound.connecting import refuse_closed
from loyalty.outbound.targets import OutboundRefusedError, read_host, read_target
from messaging.api.sms_fields import AmountField, plain
from messaging.choices import SmsAccountKind, SmsBilling
from messaging.models import SmsAccount, SmsTopUp
from messaging.rules.sms import is_sender
from messaging.rules.sms_prices import OTHER, wrong_prices
from messaging.services.sms_links import inbound_url_of
from partners.rules.profile import CURRENCIES

MOST = Decimal(1_000_000)


class SmsAccountForm(serializers.Serializer):
    """All fields of an account that can be written."""

    account_name = serializers.CharField(max_length=100)
    contact_name = serializers.CharField(max_length=100)
    contact_email = serializers.EmailField(max_length=254)
    contact_phone = serializers.CharField(max_length=32, required=False, allow_blank=True)
    company_name = serializers.CharField(max_length=200, required=False, allow_blank=True)
    customer_id = serializers.CharField(max_length=100, required=False, allow_blank=True)
    account_id = serializers.CharField(max_length=100, required=False, allow_blank=True)
    kind = serializers.ChoiceField(
        SmsAccountKind.choices,
        required=False,
        help_text="Without it an account whose host, user name and password are known becomes SMPP.",
    )
    base_url = serializers.CharField(max_length=500, required=False, allow_blank=True)
    host = serializers.CharField(max_length=253, required=False, allow_blank=True)
    port = serializers.IntegerField(min_value=1, max_value=65_535, required=False)
    is_tls = serializers.BooleanField(required=False)
    username = serializers.CharField(max_length=200, required=False, allow_blank=True)
    password = serializers.CharField(
        max_length=500, required=False, allow_blank=True, write_only=True, help_text="Blank keeps the old one."
    )
    connection_timeout = serializers.IntegerField(min_value=1, max_value=60, required=False, help_text="Seconds.")
    bind_timeout = serializers.IntegerField(min_value=1, max_value=60, required=False, help_text="Seconds.")
    senders = serializers.ListField(
        child=serializers.CharField(max_length=11), max_length=50, required=False, help_text="Approved names."
    )
    currency = serializers.ChoiceField(sorted(CURRENCIES), required=False)
    prices = serializers.DictField(
        child=AmountField(min_value=0, max_value=1000),
        required=False,
        help_text="Per part, by country code; `other` for the rest.",
    )
    billing = serializers.ChoiceField(SmsBilling.choices, required=False)
    credit_limit = AmountField(min_value=0, max_value=MOST, required=False, help_text="Of a postpaid account.")

    def validate_base_url(self, value: str) -> str:
        if value:
            try:
                target = refuse_closed(read_target(value, allowance=configured_allowance()))
            except OutboundRefusedError as error:
                raise serializers.ValidationError(_("Must be an https address on the open internet.")) from error
            if (not target.is_tls and not target.is_allowed) or "?" in value or "#" in value:
                raise serializers.ValidationError(_("Must be an https address on the open internet."))
        return value

    def validate_host(self, value: str) -> str:
        if value:
            try:
                read_host(value, 2775, allowance=configured_allowance())
            except OutboundRefusedError as error:
                raise serializers.ValidationError(_("Must be the name or the address of a host.")) from error
        return value

    def validate_senders(self, value: list[str]) -> list[str]:
        if wrong := [name for name in value if not is_sender(name)]:
            text = _("No sender: {name}. At most 11 letters, digits and spaces.")
            raise serializers.ValidationError(text.format(name=wrong[0]))
        return list(dict.fromkeys(value))

    def validate_prices(self, value: dict[str, Decimal]) -> dict[str, str]:
        prices = {country: str(plain(price)) for country, price in value.items()}
        if wrong := wrong_prices(prices):
            if wrong == [OTHER]:
                raise serializers.ValidationError(_("Name a price for 'other' too."))
            raise serializers.ValidationError(_("No country: {name}.").format(name=wrong[0][:20]))
        return prices


class SmsNewAccountForm(SmsAccountForm):
    auto_activate = serializers.BooleanField(required=False, help_text="Takes the place of the active account.")


class SmsChangedAccountForm(SmsAccountForm):
    is_active = serializers.BooleanField(required=False)


class SmsFiguresAnswer(serializers.Serializer):
    messages = serializers.IntegerField()
    sent = serializers.IntegerField()
    delivered = serializers.IntegerField()
    failed = serializers.IntegerField(help_text="Undeliverable and expired ones too.")
    parts = serializers.IntegerField()
    cost = AmountField(help_text="Without what was given back.")


class SmsAccountAnswer(serializers.ModelSerializer):
    """An account; its password is never shown."""

    prices = serializers.SerializerMethodField()
    credit_limit = AmountField()
    balance = AmountField()
    has_password = serializers.BooleanField()
    inbound_url = serializers.SerializerMethodField(
        help_text="Where its HTTP provider hands on what people write back: STOP takes a consent back. Secret."
    )
    usage = SmsFiguresAnswer(help_text="This month, on the partner's clock.")

    class Meta:
        model = SmsAccount
        fields = (
            *("id", "partner_id", "account_name", "contact_name", "contact_email", "contact_phone", "company_name"),
            *("customer_id", "account_id", "kind", "base_url", "host", "port", "is_tls", "username", "has_password"),
            *("connection_timeout", "bind_timeout", "senders", "currency", "prices", "billing", "credit_limit"),
            *("balance", "is_active", "tested_at", "test_result", "inbound_url", "usage", "created_at", "updated_at"),
        )

    def get_inbound_url(self, row: SmsAccount) -> str:
        return inbound_url_of(row)

    def get_prices(self, row: SmsAccount) -> dict[str, Decimal]:
        return {country: Decimal(price) for country, price in row.prices.items()}


def present_account(account: SmsAccount, usage: dict[str, Any]) -> dict[str, Any]:
    """An account as it is answered."""
    account.usage = usage  # type: ignore[attr-defined]
    return dict(SmsAccountAnswer(account).data)


class NoForm(serializers.Serializer):
    """A body without fields."""


class SmsTriedAnswer(serializers.Serializer):
    success = serializers.BooleanField(source="is_working")
    result = serializers.CharField(help_text="`ok`, or a short word for what failed.")
    tested_at = serializers.DateTimeField(source="account.tested_at")
    kind = serializers.CharField(source="account.kind")


class SmsTopUpForm(serializers.Serializer):
    amount = AmountField(min_value=-MOST, max_value=MOST, help_text="Negative takes money back.")
    reference = serializers.CharField(max_length=100, required=False, allow_blank=True, help_text="Counts once.")
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True)

    def validate_amount(self, value: Decimal) -> Decimal:
        if not value:
            raise serializers.ValidationError(_("Must not be zero."))
        return value


class SmsTopUpAnswer(serializers.ModelSerializer):
    amount = AmountField()
    balance = AmountField(source="balance_after")

    class Meta:
        model = SmsTopUp
        fields = ("id", "account_id", "amount", "currency", "reference", "reason", "balance", "at")


class DayFigures(SmsFiguresAnswer):
    day = serializers.DateField()


class CountryFigures(SmsFiguresAnswer):
    country = serializers.CharField(help_text="ISO 3166; empty: of no country.")


class PurposeFigures(SmsFiguresAnswer):
    purpose = serializers.CharField()


class TemplateFigures(SmsFiguresAnswer):
    template = serializers.CharField(help_text="Empty: none.")


class AccountFigures(SmsFiguresAnswer):
    account_id = serializers.IntegerField(allow_null=True, help_text="Null: the platform's own connection.")


class SmsUsageAnswer(serializers.Serializer):
    date_from = serializers.DateField(source="since")
    date_to = serializers.DateField(source="until")
    currency = serializers.CharField()
    totals = SmsFiguresAnswer()
    by_day = DayFigures(many=True)
    by_country = CountryFigures(many=True)
    by_purpose = PurposeFigures(many=True)
    by_template = TemplateFigures(many=True)
    by_account = AccountFigures(many=True)
