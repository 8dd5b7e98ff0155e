"""What persons send and are told of themselves."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework import serializers

from customers.choices import OtpPurpose
from customers.models import Customer, Person
from customers.rules.contact import normalized_phone

HOME = "LT"


class PhoneField(serializers.CharField):
    """A phone number as people write it; numbers without a country code are of the partner's country, or Lithuanian."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=40, **options)

    def to_internal_value(self, data: Any) -> str:
        brand = getattr(self.context.get("view"), "brand", None)
        number = normalized_phone(super().to_internal_value(data), HOME if brand is None else brand.country)
        if number is None:
            raise serializers.ValidationError(_("This is no phone number."))
        return number


class CodeForm(serializers.Serializer):
    phone = PhoneField(help_text="E.164")
    otp = serializers.CharField(max_length=12, help_text="The six digits of the SMS.")


class RequestCodeForm(serializers.Serializer):
    phone = PhoneField(help_text="E.164")
    type = serializers.ChoiceField(choices=OtpPurpose.choices, help_text="What the code is to be good for.")


class RegisterForm(CodeForm):
    name = serializers.CharField(max_length=255)
    email = serializers.EmailField(max_length=254, required=False, allow_null=True, allow_blank=True)


class ProfileForm(serializers.Serializer):
    name = serializers.CharField(max_length=255, required=False)
    email = serializers.EmailField(max_length=254, required=False, allow_null=True, allow_blank=True)
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False)


class EraseForm(serializers.Serializer):
    otp = serializers.CharField(max_length=12, required=False, allow_null=True)


class CodeSentAnswer(serializers.Serializer):
    phone = serializers.CharField()
    expires_at = serializers.DateTimeField()


class UserAnswer(serializers.Serializer):
    id = serializers.IntegerField(help_text="The person; to a partner, its customer.")
    phone = serializers.CharField(allow_null=True)
    email = serializers.CharField(allow_null=True)
    name = serializers.CharField()
    email_verified_at = serializers.DateTimeField(
        allow_null=True, help_text="When the link that was mailed to it was opened; null: not yet, and nobody uses it."
    )
    phone_verified_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class PersonTokensAnswer(serializers.Serializer):
    user = UserAnswer()
    access_token = serializers.CharField()
    token = serializers.CharField(help_text="The same as access_token.")
    refresh_token = serializers.CharField(help_text="Works once; the answer holds the next one.")
    token_type = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds.")


class OneselfAnswer(UserAnswer):
    role = serializers.CharField()
    language = serializers.CharField()
    updated_at = serializers.DateTimeField()


class StatisticsAnswer(serializers.Serializer):
    total_cards = serializers.IntegerField()
    total_points = serializers.IntegerField(help_text="Points that have not expired, of all cards.")
    total_coupons = serializers.IntegerField()
    active_coupons = serializers.IntegerField()
    completed_games = serializers.IntegerField()
    level = serializers.CharField(allow_null=True, help_text="At one partner; null over several.")


class ExportAnswer(serializers.Serializer):
    person = serializers.DictField()
    loyalty = serializers.DictField()
    messaging = serializers.DictField()
    customers = serializers.DictField()
    cards = serializers.DictField()
    ledger = serializers.DictField()
    games = serializers.DictField()


def present_user(person: Person, customer: Customer | None) -> dict[str, Any]:
    """A person of themselves; or a customer, as the partner that asks knows them."""
    if customer is None:
        contact = {"id": person.pk, "phone": person.phone, "email": person.email, "name": person.name}
        since, verified_at, read_at = person.created_at, person.phone_verified_at, person.email_verified_at
    else:
        contact = {"id": customer.pk, "phone": customer.phone, "email": customer.email, "name": customer.name}
        since = customer.joined_at
        verified_at = person.phone_verified_at if customer.phone == person.phone else None
        read_at = person.email_verified_at if customer.email == person.email else None
    return {**contact, "email_verified_at": read_at, "phone_verified_at": verified_at, "created_at": since}


def present_me(person: Person, customer: Customer | None) -> dict[str, Any]:
    """The same with what only the app needs."""
    newest = person if customer is None else customer
    more = {"role": "member", "language": newest.language, "updated_at": newest.updated_at}
    return {**present_user(person, customer), **more}
