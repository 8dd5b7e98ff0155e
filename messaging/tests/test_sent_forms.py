"""A form of the back office that is sent twice does once what it asks for."""

import re
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from redis.exceptions import ConnectionError as RedisAwayError

from loyalty.models import User
from loyalty.tests.factories import AdminFactory
from loyalty.tests.together import together
from messaging.models import SmsAccount, SmsTopUp
from messaging.tests.sms_factories import SmsAccountFactory


@pytest.fixture
def user(db: None) -> User:
    return AdminFactory()


@pytest.fixture
def account(user: User) -> SmsAccount:
    return SmsAccountFactory(balance=0)


def send(user: User, account: SmsAccount, key: str, amount: str = "5") -> Any:
    client = Client()
    client.force_login(user)
    form = {"amount": amount, "reference": "", "reason": "Paid", "form_key": key}
    return client.post(place(account), form, follow=True)


def place(account: SmsAccount) -> str:
    return reverse("admin:messaging_smsaccount_add_money", args=[account.pk])


def balance(account: SmsAccount) -> Decimal:
    account.refresh_from_db()
    return account.balance


def test_each_page_has_a_key_of_its_own_and_keeps_it_when_it_is_refused(user: User, account: SmsAccount) -> None:
    client = Client()
    client.force_login(user)
    keys = {re.search(r'name="form_key" value="([^"]+)"', client.get(place(account)).content.decode())[1] for _ in "12"}  # type: ignore[index]
    assert len(keys) == 2
    key = keys.pop()
    assert f'value="{key}"' in send(user, account, key, "-7").content.decode()
    # What was refused may be mended and sent again.
    send(user, account, key)
    assert balance(account) == 5


def test_the_same_form_counts_once_and_another_one_again(user: User, account: SmsAccount) -> None:
    key = str(uuid4())
    send(user, account, key)
    assert "sent twice" in send(user, account, key).content.decode()
    assert (balance(account), SmsTopUp.objects.count()) == (5, 1)
    send(AdminFactory(), account, key)  # another person's form
    send(user, account, str(uuid4()))
    assert (balance(account), SmsTopUp.objects.count()) == (15, 3)


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_count_once(user: User, account: SmsAccount) -> None:
    key = str(uuid4())
    assert {answer.status_code for answer in together([lambda: send(user, account, key)] * 8)} == {200}
    assert (balance(account), SmsTopUp.objects.count()) == (5, 1)


def test_what_is_no_key_and_a_redis_that_is_away_hinder_nobody(
    user: User, account: SmsAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(user, account, "'; --")

    def away(*_args: Any, **_options: Any) -> None:
        raise RedisAwayError

    monkeypatch.setattr(cache, "add", away)
    monkeypatch.setattr(cache, "delete", away)
    send(user, account, str(uuid4()))
    send(user, account, str(uuid4()), "-700")
    assert balance(account) == 10
